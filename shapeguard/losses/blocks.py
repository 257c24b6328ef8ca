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


@dataclass(frozen=True)
class Rows:
    """Which rows of (B, T, ...) are worked on, block after block, and which are left at 0."""

    blocks: tuple[Block, ...]
    gaps: tuple[Run, ...] | None  # None: too many to name

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

    def zeros_between(self, x: Tensor) -> Tensor:
        """An empty tensor of x's shape and dtype, contiguous, with 0 in all rows that no block holds."""
        if self.gaps is None:
            return torch.zeros(x.shape, dtype=x.dtype, device=x.device)
        out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        for gap in self.gaps:
            out[gap.b, gap.start : gap.stop] = 0
        return out


def all_rows(batch: int, length: int, most: int) -> Rows:
    """Blocks of at most `most` rows that hold every position: what counts is not looked at."""
    return Rows(tuple(_cut([Run(b, 0, length) for b in range(batch if length else 0)], most)), ())


def kept_rows(keep: Tensor, most: int, least: int) -> Rows:
    """Blocks of at most `most` of the rows where `keep` (B, T) is True; runs shorter than `least` are gathered."""
    batch, length = keep.shape
    if bool(keep.all()):
        return all_rows(batch, length, most)
    wide = length + 1  # a False after each row: no run goes on in the next one
    edged = torch.nn.functional.pad(keep.to(torch.int8), (0, 1)).flatten()
    edges = torch.diff(edged, prepend=edged.new_zeros(1)).nonzero().flatten().tolist()
    runs = [Run(i // wide, i % wide, j % wide) for i, j in zip(edges[::2], edges[1::2], strict=True)]
    long = [run for run in runs if run.stop - run.start >= least]
    if len(long) == len(runs):
        return Rows(tuple(_cut(long, most)), tuple(_between(runs, batch, length)))
    scattered = keep.clone()
    for run in long:
        scattered[run.b, run.start : run.stop] = False
    return Rows((*_cut(long, most), *torch.split(scattered.flatten().nonzero()[:, 0], most)), None)


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
