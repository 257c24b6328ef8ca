"""Buffers that several writes overwrite whole: nothing is left of what they were made with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack
from shapeguard.analysis.facts.values import Const, Fill, Num, Seq, SliceV, Step, Tensor, Value
from shapeguard.analysis.ops.common import highest, integer, is_none, lowest, never_padded, number, union
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.cuts import span


@dataclass(frozen=True, slots=True)
class Place:
    """Where along one axis a write goes: a stretch of it, or every nth entry."""

    axis: int
    lo: Dim
    hi: Dim
    every: int = 1


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a buffer's first content, along one axis, and what the writes so far have brought."""

    step: Step | None = field(compare=False)  # of the tensor that it is true of: whatever is made of it has another
    axis: int
    left: tuple[tuple[Dim, Dim], ...]
    every: int
    gone: frozenset[int]  # of every nth entry, where that is how it is written
    value: Dim
    fills: tuple[Fill, ...] = ()
    unpadded: bool = True
    low: Dim | None = None
    high: Dim | None = None


def covered(ctx: Ctx, before: Tensor, found: list[Value], new: Value, constant: Dim | None, after: Tensor) -> Tensor:
    """The tensor after a write, without what the writes have overwritten together."""
    rest = before.rest if isinstance(before.rest, Rest) and before.rest.step is before.step else None
    if rest is None and (before.value is None or constant is not None):
        return replace(after, rest=None)
    place = _place(ctx, before, found, None if rest is None else rest.axis)
    if place is None or (rest is not None and (constant == rest.value or place.every != rest.every)):
        return replace(after, rest=None if rest is None else replace(rest, step=after.step))
    if rest is None and before.value is not None:
        rest = Rest(None, place.axis, ((Dim(), _size(before, place.axis)),), place.every, frozenset(), before.value)
    assert rest is not None
    data = new if isinstance(new, (Tensor, Seq)) else None
    first = not rest.gone and rest.left == ((Dim(), _size(before, place.axis)),)
    low, high = (data.low, data.high) if data is not None else (constant, constant + 1 if constant is not None else None)
    rest = replace(
        rest,
        step=after.step,
        left=rest.left if place.every > 1 else _without(rest.left, place),
        gone=rest.gone | {place.lo.const or 0} if place.every > 1 else rest.gone,
        fills=union((rest.fills, data.fills if data is not None else ())),
        unpadded=rest.unpadded and (constant is not None if data is None else never_padded((data,))),
        low=low if first else lowest([rest.low, low]),
        high=high if first else highest([rest.high, high]),
    )
    if rest.left and len(rest.gone) < max(rest.every, 2):
        return replace(after, rest=rest)
    return replace(after, rest=None, fills=rest.fills, unpadded=rest.unpadded, low=rest.low, high=rest.high, value=None)


def _size(x: Tensor, place: int) -> Dim:
    a = x.shape.axes[place]
    assert isinstance(a, Axis) and a.size is not None
    return a.size


def _place(ctx: Ctx, x: Tensor, found: list[Value], wanted: int | None) -> Place | None:
    """The only axis along which a write leaves something out; rows that are picked by an index count as each of them."""
    axes = x.shape.axes
    if any(isinstance(a, Pack) for a in axes):
        return None
    if Const(...) in found:
        at = found.index(Const(...))
        found = [*found[:at], *[SliceV()] * (len(axes) - len(found) + 1), *found[at + 1 :]]
    if len(found) > len(axes):
        return None
    cuts: list[Place] = []
    picks: list[Place] = []
    for i, f in enumerate(found):
        a = axes[i]
        if not isinstance(a, Axis) or a.size is None or not isinstance(f, (SliceV, Num)):
            return None
        if isinstance(f, Num):
            at_ = _from_left(f.dim, a.size)
            picks.append(Place(i, at_, at_ + 1))
            continue
        lo, hi, by = (ctx.get(v) for v in (f.lo, f.hi, f.step))
        if span(a, lo, hi, by)[2]:
            continue
        cut = _stretch(i, a.size, lo, hi, by)
        if cut is None:
            return None
        cuts.append(cut)
    if cuts:
        return cuts[0] if len(cuts) == 1 else None
    if wanted is None:
        return picks[0] if len(picks) == 1 and picks[0].lo.const is not None and len(axes) == 1 else None
    return next((p for p in picks if p.axis == wanted), None) or Place(wanted, Dim(), _size(x, wanted))


def _stretch(place: int, size: Dim, lo: Value, hi: Value, by: Value) -> Place | None:
    first = Dim() if is_none(lo) else number(lo)
    last = size if is_none(hi) else number(hi)
    if first is None or last is None:
        return None
    first, last = _from_left(first, size), _from_left(last, size)
    every = 1 if is_none(by) else integer(by)
    if every is None or every < 1:
        return None
    if every > 1:
        return Place(place, first, last, every) if first.const is not None and first.const < every and is_none(hi) else None
    return Place(place, first, last)


def _from_left(at: Dim, size: Dim) -> Dim:
    return size + at if at.const is not None and at.const < 0 else at


def _without(left: tuple[tuple[Dim, Dim], ...], cut: Place) -> tuple[tuple[Dim, Dim], ...]:
    """The stretches without one more; what cannot be told stays."""
    found: list[tuple[Dim, Dim]] = []
    for lo, hi in left:
        before, behind = (cut.lo - hi).const, (lo - cut.hi).const
        if (before is not None and before >= 0) or (behind is not None and behind >= 0):
            found.append((lo, hi))
            continue
        ahead, after = (cut.lo - lo).const, (hi - cut.hi).const
        if ahead is None or ahead > 0:
            found.append((lo, cut.lo))
        if after is None or after > 0:
            found.append((cut.hi, hi))
    return tuple(found)
