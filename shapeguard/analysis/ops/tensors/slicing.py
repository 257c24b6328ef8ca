"""Slices of lists: lengths, windows, and where the ids of a slice begin in the list that they were cut from."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith, floors
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.values import NONE, Dim, Inst, Map, Num, Seq, SliceV, Value
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors import sizes
from shapeguard.analysis.ops.tensors.members import elem_of, joined


def slice_seq(ctx: Ctx, a: Seq, lo: Value | None, hi: Value | None, step: Value | None) -> Seq:
    """`a[lo:hi:step]`."""
    if a.sizes is not None and a.items is None:
        found = sizes.item(ctx, a, SliceV(lo or NONE, hi or NONE, step or NONE))
        if isinstance(found, Seq):
            return found
    first, last, by = (NONE if p is None else ctx.get(p) for p in (lo, hi, step))
    whole = by == NONE or (isinstance(by, Num) and by.dim.const == 1)
    low, high = _index(first), _index(last)
    if not whole:
        return _strided(a, first, last, by)
    start = Dim() if first == NONE else low
    stays = last == NONE
    known = (first == NONE or (low is not None and low.const is not None)) and (stays or (high is not None and high.const is not None))
    if a.items is not None and known:
        items = a.items[low.const if low is not None else None : high.const if high is not None else None]
        names = a.names if len(items) == len(a.items) else ()
        begin = start if start is None or (start.const or 0) >= 0 else a.length + start
        cut = replace(a, items=items, elem=joined(ctx, items), length=Dim.of(len(items)), names=names)
        return _moved(cut, a, begin, stays, window=False)
    length, window = _cut_length(a, first, last, low, high, _role_of_cut(ctx, a))
    if start is not None and start.const is not None and start.const < 0:
        start = None
    return _moved(replace(a, items=None, places=(), first=None, elem=elem_of(ctx, a), length=length, names=()), a, start, stays, window)


def _index(value: Value) -> Dim | None:
    return value.dim if isinstance(value, Num) else None


def _strided(a: Seq, lo: Value, hi: Value, step: Value) -> Seq:
    by = step.dim.const if isinstance(step, Num) else None
    plain_bounds = lo == NONE and hi == NONE
    if a.items is not None and by and plain_bounds:
        items = a.items[::by]
        return replace(a, items=items, length=Dim.of(len(items)), origin=None, ends=(), names=(), mask=None)
    length = a.length if by == -1 and plain_bounds else fresh("n", a.length.role)
    return replace(a, items=None, places=(), first=None, length=length, origin=None, ends=(), names=(), mask=None)


def _moved(cut: Seq, a: Seq, start: Dim | None, keeps_end: bool, window: bool) -> Seq:
    origin = None if start is None or a.origin is None else replace(a.origin, start=a.origin.start + start)
    unpadded = a.unpadded or (window and not a.fills)
    return replace(cut, origin=origin, ends=a.ends if keeps_end else (), unpadded=unpadded, sizes=None)


def _role_of_cut(ctx: Ctx, a: Seq) -> str:
    """What a cut from a list is long in: a batch of samples that hold lists of their own, anything else may be read as a text."""
    elem = ctx.get(elem_of(ctx, a))
    if a.length.role:
        return a.length.role
    if isinstance(elem, Seq) and elem.kind == "tuple":  # pairs of a word and its tag make a text, and of two strings either
        return "batch" if any(isinstance(ctx.get(part), (Seq, Map)) for part in elem.items or ()) else ""
    return "batch" if isinstance(elem, (Map, Inst)) else "time"


def _cut_length(a: Seq, first: Value, last: Value, low: Dim | None, high: Dim | None, role: str) -> tuple[Dim, bool]:
    """The length of a slice, and whether it is a window of fixed size that moves over the list."""
    unknown = fresh("T" if a.length.role == "time" else "n", a.length.role)
    begin = Dim() if first == NONE else low
    if high is None and last != NONE and (begin is None or begin.symbols):
        return floors.as_window_length(unknown), False  # `ids[i : i + size]`
    if begin is None or (last != NONE and high is None):
        return unknown, False
    total = a.length.const
    if last == NONE or (high is not None and high.const is not None and high.const < 0):
        end = a.length if high is None else a.length + high
        if begin.const is not None and begin.const < 0:
            if total is None and last == NONE:
                return unknown, False
            begin = begin + a.length
        size = end - begin
        if arith.stands_for_many(size) and not arith.stands_for_many(a.length):
            return unknown, False
        return (Dim.of(max(0, min(size.const, total))) if size.const is not None and total is not None else size), False
    assert high is not None
    size = high - begin
    if total is not None and begin.const is not None and high.const is not None and begin.const >= 0:
        return Dim.of(max(0, min(high.const, total) - begin.const)), False
    if size == a.length and begin == Dim():
        return a.length, False
    if arith.stands_for_many(size) or (size.const is not None and size.const < 0) or (begin.const is not None and begin.const < 0):
        return unknown, False
    one_width = size.const is not None or floors.divides_some(size) or floors.is_rounded_down(size, a.length)
    if one_width and arith.lies_within(begin, size, a.length):
        return size, bool(begin.symbols)
    # the last window of a list may be shorter: its own symbol, the same for all windows of that size over a list of that length
    return arith.symbol_for_key(("cut", a.length), size, {"batch": "B", "time": "T"}.get(role, "n"), role), bool(begin.symbols)
