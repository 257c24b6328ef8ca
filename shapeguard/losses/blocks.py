"""The positions that count, as blocks of rows that fit into a cache: cut out where they stand together, gathered where not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

Block: TypeAlias = "Run | Tensor"  # a Tensor: flat positions b * T + t, (n,)


@dataclass(frozen=True, slots=True)
class Run:
    """The positions [start, stop) of row b."""

    b: int
    start: int
    stop: int


_CACHE_BYTES = 2 << 20  # what fits into a core's cache
_RUN_BYTES = 128 << 10  # a shorter run costs more in calls than a copy does
_SHARE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Cut:
    """How rows are cut into blocks, in rows."""

    most: int  # of a block
    least: int  # a shorter run is gathered ...
    few: int = 0  # ... if there are more than these of them
    bridge: int = 0  # fewer masked rows than these, between two that count, are worked on too, and set to 0 afterwards


def cut_for(row_bytes: int, device: torch.device) -> Cut:
    """Blocks of 2 MiB for one thread, which finds them in its cache again; 16 MiB for each of several.

    Each operation on a block ends when its last thread does, and on a busy machine that one waits for its turn on a core, longer
    than the work takes. So there several threads get few and large blocks: what lies between two runs is computed with them, and
    runs that are shorter than a block are gathered, if there are more than two.
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    row_bytes = max(1, row_bytes)
    if threads == 1:
        return Cut(max(1, _CACHE_BYTES // row_bytes), max(1, _RUN_BYTES // row_bytes))
    most = max(1, threads * _SHARE_BYTES // row_bytes)
    return Cut(most, most, few=2, bridge=most)


@dataclass(frozen=True)
class Rows:
    """Which rows of (B, T, ...) are worked on, block after block, and which are left at 0."""

    blocks: tuple[Block, ...]
    gaps: tuple[Run, ...] | None  # None: too many to name
    bridged: Tensor | None = None  # flat positions of rows that are in a block, and do not count

    def take(self, x: Tensor, block: Block) -> Tensor:
        """The rows of a block, (n, ...): a view if they stand together."""
        if isinstance(block, Run):
            return x[block.b, block.start : block.stop]
        return x[block // x.shape[1], block % x.shape[1]]

    def put(self, x: Tensor, block: Block, rows: Tensor) -> None:
        """Write the rows of a block into x, which is contiguous."""
        if isinstance(block, Run):
            x[block.b, block.start : block.stop] = rows
        else:
            x.flatten(0, 1).index_copy_(0, block, rows.to(x.dtype))

    def clear(self, x: Tensor) -> None:
        """0 in the rows of x, which is contiguous, that are in a block and do not count."""
        if self.bridged is not None:
            x.flatten(0, 1).index_fill_(0, self.bridged, 0)

    def zeros_between(self, x: Tensor) -> Tensor:
        """An empty tensor of x's shape and dtype, contiguous, with 0 in all rows that no block holds."""
        if self.gaps is None:
            return torch.zeros(x.shape, dtype=x.dtype, device=x.device)
        out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        for gap in self.gaps:
            out[gap.b, gap.start : gap.stop] = 0
        return out


def all_rows(batch: int, length: int, cut: Cut) -> Rows:
    """Blocks that hold every position: what counts is not looked at."""
    return Rows(tuple(_cut([Run(b, 0, length) for b in range(batch if length else 0)], cut.most)), ())


def kept_rows(keep: Tensor, cut: Cut) -> Rows:
    """Blocks of the rows where `keep` (B, T) is True."""
    batch, length = keep.shape
    if bool(keep.all()):
        runs, bridged = [Run(b, 0, length) for b in range(batch if length else 0)], None
    else:
        runs, bridged = _runs(keep, cut.bridge)
    short = [run for run in runs if run.stop - run.start < cut.least]
    if len(short) <= cut.few:
        return Rows(tuple(_cut(runs, cut.most)), tuple(_between(runs, batch, length)), bridged)
    long = [run for run in runs if run.stop - run.start >= cut.least]
    scattered = keep.clone()
    for run in long:
        scattered[run.b, run.start : run.stop] = False
    return Rows((*_cut(long, cut.most), *torch.split(scattered.flatten().nonzero()[:, 0], cut.most)), None, bridged)


def _runs(keep: Tensor, bridge: int) -> tuple[list[Run], Tensor | None]:
    """Where `keep` is True without a gap, or with gaps of fewer than `bridge` rows, and the flat positions of these."""
    length = keep.shape[1]
    wide = length + 1  # a False after each row: no run goes on in the next one
    edged = torch.nn.functional.pad(keep.to(torch.int8), (0, 1)).flatten()
    edges = torch.diff(edged, prepend=edged.new_zeros(1)).nonzero().flatten().tolist()
    runs: list[Run] = []
    bridged = False
    for i, j in zip(edges[::2], edges[1::2], strict=True):
        run = Run(i // wide, i % wide, j % wide)
        if runs and runs[-1].b == run.b and run.start - runs[-1].stop < bridge:
            run, bridged = Run(run.b, runs.pop().start, run.stop), True
        runs.append(run)
    if not bridged:
        return runs, None
    inside = torch.zeros_like(keep)
    for run in runs:
        inside[run.b, run.start : run.stop] = True
    return runs, (inside & ~keep).flatten().nonzero()[:, 0]


def equal_parts(rows: int, most: int) -> Iterator[tuple[int, int]]:
    """[0, rows) in parts of at most `most`, of equal size instead of a last one that is a crumb."""
    parts = -(-rows // most)
    for i in range(parts):
        yield i * rows // parts, (i + 1) * rows // parts


def _cut(runs: list[Run], most: int) -> Iterator[Run]:
    for run in runs:
        for start, stop in equal_parts(run.stop - run.start, most):
            yield Run(run.b, run.start + start, run.start + stop)


def _between(runs: list[Run], batch: int, length: int) -> Iterator[Run]:
    ends = [0] * batch
    for run in runs:
        if run.start > ends[run.b]:
            yield Run(run.b, ends[run.b], run.start)
        ends[run.b] = run.stop
    for b, end in enumerate(ends):
        if end < length:
            yield Run(b, end, length)
