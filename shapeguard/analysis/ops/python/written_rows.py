"""Rows of ids that are written out in the source: what pads them, or that nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shapeguard.analysis.facts.join import union
from shapeguard.analysis.facts.token_names import plain_ids, plain_words
from shapeguard.analysis.facts.values import Const, Dim, Fill, Num, Ref, Seq, Value
from shapeguard.analysis.ops.table import Ctx


def written_out(ctx: Ctx, seq: Seq, constants: Sequence[bool]) -> Seq:
    """A list as it is written out; `constants` says which of its items are numbers or strings in the source.

    `[4, 7, 2]` holds no padding. Rows side by side are padded where one id stands only at their ends, more often in one than in another.
    """
    if not seq.items or seq.kind == "set":
        return seq
    if all(constants):
        return replace(seq, unpadded=_plain(seq))
    rows = [_ids(ctx, item) for item in seq.items]
    known = [row for row in rows if row is not None]
    if len(known) < 2 or len(known) != len(rows) or len({len(row) for row in known}) != 1:
        return seq
    pad = padded_with(known)
    return seq if pad is None else _padded(ctx, seq, pad)


def _plain(seq: Seq) -> bool:
    numbers = [i.dim.const for i in seq.items or () if isinstance(i, Num) and i.dim.const is not None]
    words = [i.value for i in seq.items or () if isinstance(i, Const) and isinstance(i.value, str)]
    if len(numbers) == len(seq.items or ()):
        return plain_ids(numbers)
    return len(words) == len(seq.items or ()) and plain_words(words)


def _ids(ctx: Ctx, item: Value) -> list[int] | None:
    row = ctx.get(item)
    if not isinstance(row, Seq) or row.kind == "set" or not row.items or row.fills:
        return None
    numbers = [i.dim.const for i in row.items if isinstance(i, Num)]
    found = [n for n in numbers if n is not None]
    return found if len(found) == len(row.items) else None


def padded_with(rows: Sequence[Sequence[int]]) -> int | None:
    """The id that rows of one length are filled up with; None where none is seen to be.

    It stands at the ends of rows and nowhere else, more often in one than in another, and what it fills up ends alike in all rows,
    or it is 0 or below and stands in two numbers or more: `[[1, 5, 2], [1, 2, 0]]` ends in 2, and is padded with 0.

    >>> padded_with([[1, 5, 2], [1, 2, 0]]), padded_with([[7, 8, 9], [7, 0, 0], [7, 8, 0]]), padded_with([[1, 2, 0], [3, 4, 5]])
    (0, 0, None)
    """
    for pad in dict.fromkeys(row[-1] for row in rows):
        runs = [_run(row, pad) for row in rows]
        if len(set(runs)) < 2 or any(pad in row[: len(row) - run] for row, run in zip(rows, runs, strict=True)):
            continue
        if any(run == len(row) for row, run in zip(rows, runs, strict=True)):
            continue
        ends = {row[-1 - run] for row, run in zip(rows, runs, strict=True)}
        if len(ends) == 1 or (pad <= 0 and len({run for run in runs if run}) > 1):
            return pad
    return None


def _run(row: Sequence[int], pad: int) -> int:
    return next((i for i, n in enumerate(reversed(row)) if n != pad), len(row))


def _padded(ctx: Ctx, seq: Seq, pad: int) -> Seq:
    """The rows with the padding that is seen in them; nothing proves that it is meant as such."""
    text = f"{pad} stands only at the ends of the rows, as padding does"
    fill = Fill(Dim.of(pad), ctx.step("list padding", text, sure=False))
    items: list[Value] = []
    for item in seq.items or ():
        row = ctx.get(item)
        assert isinstance(row, Seq)
        marked = replace(row, fills=union(row.fills, (fill,)), unpadded=False)
        if isinstance(item, Ref):
            ctx.set(item, marked)
        items.append(item if isinstance(item, Ref) else marked)
    return replace(seq, items=tuple(items))
