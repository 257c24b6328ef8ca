"""What slices and indices leave of an axis, which axis is time, and how many entries a mask keeps."""

from __future__ import annotations

from functools import lru_cache

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import Axis, Dim, axis, fresh
from shapeguard.analysis.facts.values import (
    Tensor,
    Value,
    uid,
)
from shapeguard.analysis.ops.common import integer, is_none, number
from shapeguard.analysis.ops.tensors.axes import divide


def time_place(x: Tensor) -> int | None:
    """Which place of `shape.axes` is the time axis of ids or activations; None when it cannot be told."""
    axes = x.shape.axes
    roles = [a.role if isinstance(a, Axis) else "" for a in axes]
    if "time" in roles:
        return roles.index("time") if roles.count("time") == 1 else None
    if x.shape.pack is not None:
        return None
    if x.fed or x.scale in WIDE:
        return 1 if len(axes) == 3 else None
    return {1: 0, 2: 1}.get(len(axes)) if roles[:1] == ["batch"] or len(axes) == 1 else None


WIDE = ("logits", "log_probs", "probs", "sigmoid", "embedding", "one_hot")  # the last axis is no time


def is_mask(f: Tensor) -> bool:
    """Whether an index selects by what is true in it, not by position."""
    return f.dtype == "bool" or (f.mask is not None and f.dtype == "")


def span(a: Axis, lo: Value, hi: Value, step: Value) -> tuple[Axis, Dim | None, bool]:
    """`lo:hi:step` of an axis: what is left, where it starts (None: not known), and whether it is all of it."""
    first = Dim() if is_none(lo) else number(lo)
    last = None if is_none(hi) else number(hi)
    by = 1 if is_none(step) else integer(step)
    s = a.size.sym if a.size is not None else None
    unknown = axis(fresh(s.name if s is not None else "n", a.role))
    if by == -1 and is_none(lo) and is_none(hi):
        return Axis(a.parts, a.mixed), None, False
    if by != 1:
        size, stop = (a.size.const if a.size is not None else None), (last.const if last is not None else None)
        if by and size is not None and first is not None and first.const is not None and (is_none(hi) or stop is not None):
            begin = None if is_none(lo) else first.const
            found = range(size)[slice(begin, stop, by)]
            return axis(max(0, -(-(found.stop - found.start) // by))), None, False  # len() refuses what is too long
        return unknown, None, False
    if a.size is None or first is None:
        whole = first == Dim() and is_none(hi)
        return (a, Dim(), True) if whole else (unknown, first if first is not None and _natural(first) else None, False)
    if not is_none(hi) and last is None:
        return unknown, first if _natural(first) else None, False
    left, start = _left(a.size, first, a.size if last is None else last, open_end=last is None, role=a.role)
    if left == a.size:
        return a, Dim(), True
    return unknown if left is None else piece_of(a, left, start), start, False


def piece_of(a: Axis, left: Dim, start: Dim | None) -> Axis:
    """What a cut leaves of an axis; of one into which several were flattened, whole inner axes or something that has no name."""
    if len(a.parts) < 2 or (left.sym is None and left.const is not None):
        return Axis((left,), a.mixed and left.const is None)
    for i in range(1, len(a.parts)):
        inner = Axis(a.parts[i:], a.mixed)
        if (inner.size == left and start is not None and divide(start, left) is not None) or (inner.size == left and start == Dim()):
            return inner
    return Axis((left,), left.sym is not None or a.mixed)


def _natural(at: Dim) -> bool:
    """Whether an index counts from the left (a symbol is taken to)."""
    return at.const is None or at.const >= 0


def _left(size: Dim, first: Dim, last: Dim, open_end: bool, role: str) -> tuple[Dim | None, Dim | None]:
    """How many entries `first:last` leaves of an axis (None: not known), and where they start.

    A symbolic size is taken to be long enough for the constants that a program cuts off, never to be longer than what it asks for.
    """
    if size.const is not None and first.const is not None and last.const is not None:
        found = range(size.const)[first.const : None if open_end else last.const]
        return Dim.of(max(0, found.stop - found.start)), Dim.of(found[0]) if found else None  # len() refuses what is too long
    if first.const is not None and first.const < 0:  # x[-k:]
        return (Dim.of(1), size - 1) if first.const == -1 and open_end else (None, None)
    end = last.const
    if not open_end and end is not None:
        if end < 0:
            last = size + last
        elif first.const is not None:
            few = end - first.const
            return Dim.of(1) if (first.const, last.const) == (0, 1) else Dim() if few <= 0 else None, first
        else:
            return None, first
    beyond = (last - size).const
    short = (size - first).const
    window = (last - first).const
    if not open_end and beyond is None and window is not None and window > 0:
        # the last window of an axis may be shorter: then its own size, the same for all windows of that width over that axis
        certain = arith.lies_within(first, last - first, size)
        return (
            last - first if certain else arith.symbol_for_key(("cut", size, role), last - first, "T" if role == "time" else "n", role)
        ), first
    if beyond is None or (first.const is None and (short is None or short < 0)):
        return None, first  # which is smaller cannot be told
    return (size if beyond > 0 else last) - first, first


@lru_cache(maxsize=4096)
def row_source(source: int, place: int, at: Dim) -> int:
    """The source of what one index takes out of ids: the same index of the same ids gives the same again."""
    return uid()


@lru_cache(maxsize=4096)
def _kept(key: object) -> Dim:
    return fresh("N")


def kept_count(mask: Tensor) -> Dim:
    """How many entries a mask keeps: the same number wherever the same mask is used."""
    m = mask.mask
    if m is None or (m.of is None and not m.uid):
        return fresh("N")
    named = m.of is not None and (m.kind != "id" or m.id is not None) and m.kind in ("id", "lengths", "attention")
    return _kept((m.kind, m.keeps, m.ids, m.of, mask.shape.numel or mask.shape, None if named else m.uid))
