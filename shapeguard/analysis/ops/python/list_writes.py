"""Writing into lists and buffers: slices and entries, and what is left of the one id that they were full of."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shapeguard.analysis.facts import arith, row_lengths
from shapeguard.analysis.facts.join import union
from shapeguard.analysis.facts.shapes import Axis, Dim, Same, fresh
from shapeguard.analysis.facts.values import NONE, Const, Fill, Mask, Num, Origin, Seq, SliceV, Tensor, Value, uid
from shapeguard.analysis.ops.python.containers import all_constants, constant_of, fill_id, may_be_id, name_of, range_of
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.members import as_seq, dereferenced, elem_of, joined, least, listlike, make, most


def slice_written(ctx: Ctx, seq: Seq, cut: SliceV, new: Value) -> Seq:
    """The list after `xs[lo:hi] = new`."""
    lo, hi, by = (ctx.get(v) for v in (cut.lo, cut.hi, cut.step))
    taken = listlike(ctx, new) or as_seq(ctx, new)
    if by != NONE:
        return _vague(ctx, seq, taken, seq.length)
    first, last = _bound(lo, Dim()), _bound(hi, seq.length)
    if first == Dim() and last is not None and last.same(seq.length) is Same.YES:
        return replace(taken, kind="list", names=(), sizes=None)  # nothing is left of what stood there
    exact = _exactly(ctx, seq, lo, hi, taken)
    if exact is not None:
        return exact
    ahead = first is not None and first.const is not None and first.const >= 0  # what stands before it is as long in every row
    stays = _length(seq, first, last, taken)
    behind = ahead and hi != NONE and (last is None or last.const is None)
    before = hi == NONE and not ahead and lo != NONE
    written = _vague(ctx, seq, taken, stays)
    old, put = dereferenced(ctx, elem_of(ctx, seq)), dereferenced(ctx, elem_of(ctx, taken))
    if (behind or before) and constant_of(old) and constant_of(put) and seq.run and taken.run:
        return _marked(ctx, written, old, put, "within" if behind else "beyond")
    if not may_be_id(old) or not may_be_id(put):
        return written
    left = _left(ctx, seq, old, behind)
    if (behind or before) and left is not None and not taken.run and not all_constants(taken):
        return _padded(ctx, written, left, "after" if behind else "before", taken, first)
    if before and taken.run and constant_of(put) and not seq.run:
        return _padded(ctx, written, put, "after", seq, Dim())
    return written


def _left(ctx: Ctx, seq: Seq, old: Value, behind: bool) -> Value | None:
    """The one id that is left of a list, at its end (`behind`) or its beginning."""
    if seq.run:
        return old if constant_of(old) else None
    last = [dereferenced(ctx, v) for v in (seq.items or ())[-2:]]  # `row[0] = BOS` came before
    return last[0] if behind and len(last) == 2 and last[0] == last[1] and constant_of(last[0]) else None


def _bound(value: Value, missing: Dim) -> Dim | None:
    return missing if value == NONE else value.dim if isinstance(value, Num) else None


def _exactly(ctx: Ctx, seq: Seq, lo: Value, hi: Value, taken: Seq) -> Seq | None:
    """Where every member is known."""
    if seq.items is None or taken.items is None or any(v != NONE and arith.number(v) is None for v in (lo, hi)):
        return None
    items = list(seq.items)
    items[arith.number(lo) : arith.number(hi)] = taken.items
    return replace(make(ctx, "list", tuple(items)), fills=union(seq.fills, taken.fills), unpadded=seq.unpadded)


def _length(seq: Seq, first: Dim | None, last: Dim | None, taken: Seq) -> Dim:
    """As long as before, where what is written may be as long as the place that it is written to."""
    if first is None or last is None:
        return seq.length  # a row that is cut to its length, and no longer
    size = -first if last == seq.length and _from_the_end(first) else last - first
    return seq.length if size.same(taken.length) is not Same.NO else fresh("n", seq.length.role)


def _from_the_end(dim: Dim) -> bool:
    """Whether a bound counts from the end: `-n`."""
    return bool(dim.terms) and all(c < 0 for _, c in dim.terms)


def _vague(ctx: Ctx, seq: Seq, taken: Seq, length: Dim) -> Seq:
    """Either what stood there or what was written."""
    old, put = dereferenced(ctx, elem_of(ctx, seq)), dereferenced(ctx, elem_of(ctx, taken))
    elem = old if old == put else arith.any_id() if isinstance(old, Num) and isinstance(put, Num) else joined(ctx, (old, put))
    fills = union(seq.fills, taken.fills)
    return Seq(
        seq.kind, None, elem, length, fills=fills, swaps=union(seq.swaps, taken.swaps), unpadded=False,
        low=least(range_of(seq, old)[0], range_of(taken, put)[0]), high=most(range_of(seq, old)[1], range_of(taken, put)[1]),
        real=union(seq.real if not seq.run else (), taken.real), holds=union(seq.holds, taken.holds), step=seq.step or taken.step,
    )  # fmt: skip


def _padded(ctx: Ctx, written: Seq, pad: Value, where: str, ids: Seq, first: Dim | None) -> Seq:
    """Ids beside what is left of a list that was full of one id."""
    step = ctx.step("list padding", f"ids are written into a list full of {name_of(pad)}", ids.step)
    origin = None if ids.origin is None or first is None else replace(ids.origin, start=ids.origin.start - first)
    found = union(written.fills, (Fill(fill_id(pad), step, where),))
    elem = arith.any_id("id", *arith.bounds(ids.elem.dim)) if isinstance(ids.elem, Num) else arith.any_id()
    ends = ids.ends if where == "after" else ()
    return replace(written, elem=elem, fills=found, unpadded=False, origin=origin or Origin(uid()), ends=ends, step=step)


def _marked(ctx: Ctx, written: Seq, old: Value, put: Value, where: Literal["within", "beyond"]) -> Seq:
    """`row = [0] * size`, then `row[:n] = [1] * n`: a mask of what lies within the length."""
    if {arith.number(old), arith.number(put)} != {0, 1}:
        return written
    ones = arith.number(put) == 1
    step = ctx.step("list mask", f"{name_of(put)} marks the positions {where} each length")
    kept: Literal["real", "pad"] = "real" if ones == (where == "within") else "pad"
    return replace(written, mask=Mask("lengths", kept, uid=uid(), step=step), unpadded=True, fills=(), step=step)


def entry_written(ctx: Ctx, before: Value, after: Value, at: Value, new: Value) -> Value:
    """What is left of the one id that a list or tensor was full of, after a loop over fewer positions wrote its entries one by one."""
    place, value = ctx.get(at), ctx.get(new)
    if not isinstance(place, Num) or place.dim.const is not None or not _drawn(ctx, value):
        return after
    low, count = arith.bounds(place.dim)
    if isinstance(before, Seq) and isinstance(after, Seq) and before.run:
        pad, size = dereferenced(ctx, elem_of(ctx, before)), before.length
        pad_id = fill_id(pad) if constant_of(pad) else None
    elif isinstance(before, Tensor) and isinstance(after, Tensor) and before.value is not None and before.shape.rank == 1:
        axis = before.shape.axes[0]
        pad_id, size = before.value, axis.size if isinstance(axis, Axis) and axis.size is not None else fresh("n")
    else:
        return after
    # only a buffer of a size that is written down, or of the longest row's, is longer than some: other sizes may well be the rows' own
    if pad_id is None or low is None or low.const is None or count is None or count.const is not None:
        return after
    if size.const is None and not (row_lengths.is_largest(size) and count.same(size) is not Same.YES):
        return after
    step = ctx.step("list padding", f"ids are written one by one into {size} entries that were {pad_id}", before.step)
    fill = Fill(pad_id, step)
    if isinstance(after, Seq):
        return replace(after, elem=arith.any_id(), fills=union(after.fills, (fill,)), unpadded=False, origin=Origin(uid()), step=step)
    return replace(after, fills=union(after.fills, (fill,)), unpadded=False, scale="ids", value=None, step=step)


def cell_written(ctx: Ctx, before: Tensor, after: Tensor, at: tuple[Value, ...], new: Value) -> Tensor:
    """What is left of the one id that a tensor was full of after `out[i, j] = id` for each id of each row, of which some are shorter."""
    places = [ctx.get(i) for i in at]
    if before.value is None or len(places) != 2 or before.shape.rank != 2 or not _drawn(ctx, ctx.get(new)):
        return after
    found = [_shorter(a, p.dim) for a, p in zip(before.shape.axes, places, strict=True) if isinstance(a, Axis) and isinstance(p, Num)]
    sure = "yes" in found
    counts = [arith.bounds(p.dim)[1] for p in places if isinstance(p, Num)]
    lengths = next((s for c in counts if c is not None and (s := row_lengths.noted(c))), None)
    if len(found) != 2 or not (sure or "perhaps" in found):
        return after
    words = f"ids are written one by one into rows that were {before.value}, and longer than some"
    step = ctx.step("list padding", words, before.step, shape=before.shape, sure=sure)
    fills = union(after.fills, (Fill(before.value, step, lengths=lengths),))
    return replace(after, fills=fills, unpadded=False, scale="ids", value=None, origin=Origin(uid()), step=step)


def _shorter(axis: Axis, place: Dim) -> Literal["yes", "perhaps", "no"]:
    """Whether the places that a loop goes to are fewer than an axis has, in some rows."""
    low, count = arith.bounds(place)
    if place.const is not None or low is None or low.const is None or count is None or count.const is not None or axis.size is None:
        return "no"
    if count.same(axis.size) is Same.YES:
        return "no"
    if axis.size.const is not None or row_lengths.is_largest(axis.size):
        return "yes"
    return "perhaps" if row_lengths.noted(count) else "no"


def _drawn(ctx: Ctx, value: Value) -> bool:
    """Whether it is an id that differs from entry to entry, and no mark that was written out."""
    if isinstance(value, Num):
        return not constant_of(value)
    return not isinstance(value, Const) and may_be_id(value)
