"""What is still true of a tensor after entries were cut off or picked: origins, padding, masks, losses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from shapeguard.analysis.facts.kinship import of_other_ids
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape
from shapeguard.analysis.facts.values import (
    After,
    Mask,
    Num,
    Origin,
    SliceV,
    Step,
    Tensor,
    Value,
    uid,
)
from shapeguard.analysis.ops.common import after, is_none, keeps_norm, noted, number
from shapeguard.analysis.ops.tensors.cuts import WIDE, row_source, time_place


@dataclass(slots=True)
class Walk:
    """An index being followed along the axes of a tensor."""

    x: Tensor
    step_parents: list[Step | None]
    axes: list[Axis | Pack] = field(default_factory=list)
    starts: dict[int, Dim | None] = field(default_factory=dict)  # old place -> where a cut begins
    dropped: set[int] = field(default_factory=set)
    advanced: list[Tensor] = field(default_factory=list)
    spot: int | None = None  # where in `axes` the advanced indices' axes go
    split: bool = False  # advanced indices with a slice between them
    masks: list[tuple[Mask | None, Tensor]] = field(default_factory=list)
    int_mask: bool = False
    words: list[str] = field(default_factory=list)
    solid: bool = False  # an axis that is not 1 stands before
    contiguous: bool | None = True
    breaks: list[int] = field(default_factory=list)  # places in `axes`
    gap: bool = False  # memory was skipped since the last kept axis
    sure: bool = False  # an axis that is certainly there, and certainly not 1, stands before
    at: int = 0
    sliced: list[int] = field(default_factory=list)
    cuts: dict[int, Dim | None] = field(default_factory=dict)  # old place -> the size that a slice left of it
    trimmed: list[int] = field(default_factory=list)  # cut by a few entries at one end: `1:`, `:-1`
    picked: list[tuple[int, Dim | None]] = field(default_factory=list)


def padding_after(x: Tensor, shape: Shape, found: list[Value]) -> dict[str, Any]:
    """What a cut leaves of the padding: `y[i, :n]` of one row may keep none of that which the rows were padded with."""
    if _window(x, found):
        return {"unpadded": True}
    cut = found[-1] if found else None
    if len(found) == 2 and len(x.shape.axes) == 2 and isinstance(found[0], SliceV) and isinstance(cut, Num) and x.fills:
        far = {-1: "before", 0: "after"}.get(cut.dim.const if cut.dim.const is not None else 1)
        return {"fills": (), "unpadded": True} if all(f.where == far for f in x.fills) else {}  # the end that is never padded
    row = len(shape.axes) == 1 or (len(found) == 1 and len(shape.axes) == 2 and shape.axes[1] is shape.pack)  # of (T, *x)
    if not row or not x.fills or not isinstance(cut, SliceV) or is_none(cut.hi):
        return {}
    last = number(cut.hi)
    if last is not None and last.const is not None and last.const < 0:
        return {}
    left = tuple(f for f in x.fills if f.where == "before" or f.step.shape is None or f.step.shape.min_rank < 2)
    return {} if left == x.fills else {"fills": left, "unpadded": False}


def _window(x: Tensor, found: list[Value]) -> bool:
    """Whether it is a window of fixed width that moves over one long row of ids: nothing is padded there."""
    if len(x.shape.axes) != 1 or len(found) != 1 or x.fills or not isinstance(found[0], SliceV):
        return False
    first, last = number(found[0].lo), number(found[0].hi)
    return first is not None and last is not None and bool(first.symbols) and (last - first).const is not None


def shifts_flat(walk: Walk) -> bool:
    """Cut at an end along an axis into which several were flattened; not where rows of the batch keep an axis of their own before it."""
    for place in walk.trimmed:
        a = walk.x.shape.axes[place]
        if any(isinstance(before, Axis) and before.role == "batch" for before in walk.x.shape.axes[:place]):
            continue
        if isinstance(a, Axis) and not a.mixed and (len(a.parts) > 1 or any(isinstance(p, Pack) for p in a.parts)):
            return not _whole_rows(walk, place, a)
    return False


def _whole_rows(walk: Walk, place: int, a: Axis) -> bool:
    """Whether a cut leaves out whole rows of what was flattened: `logits[:-B]` of T.B is a step of time."""
    row = Dim.of(1)
    for p in a.parts[1:]:
        if not isinstance(p, Dim):
            return False
        row = row * p
    left, start = walk.cuts.get(place), walk.starts[place]
    if start is None or left is None or a.size is None or row == Dim.of(1):
        return False
    ends = (start, a.size - left - start)
    return all(e == Dim() or e == row or (e.const is not None and row.const is not None and e.const % row.const == 0) for e in ends)


def content(x: Tensor, walk: Walk, picks: bool) -> dict[str, Any]:
    """Origins and their like after a cut."""
    if x.origin is None and not x.fed and x.mask is None and x.count is None:
        return {}
    out: dict[str, Any] = {"count": None} if x.count is not None else {}
    start = None if picks else _start(x, walk)

    def moved(o: Origin) -> Origin | None:
        if start is None:
            return None
        source = o.source
        for place, at in walk.picked:
            source = row_source(source, place, at) if at is not None else uid()
        return Origin(source, o.start + start)

    if x.origin is not None:
        out["origin"] = moved(x.origin)
    if x.fed:
        out["fed"] = tuple(m for f in x.fed if (m := moved(f)) is not None)
    if x.mask is not None and (picks or walk.sliced or walk.picked):
        of = x.mask.of or Origin(x.mask.uid or uid())
        out["mask"] = replace(x.mask, of=moved(of) or Origin(uid()))
    return out


def _start(x: Tensor, walk: Walk) -> Dim | None:
    """By how much a cut moves the first position of time; None when that cannot be told."""
    place = time_place(x)
    if place is not None:
        return walk.starts.get(place, Dim()) if place not in walk.dropped else Dim()
    last = len(x.shape.axes) - 1
    cut = [p for p in walk.sliced if getattr(x.shape.axes[p], "role", "") not in ("batch", "class")]
    cut = [p for p in cut if not (p == last and last > 0 and (x.fed or x.scale in WIDE))]
    if not cut or len(cut) > 1:
        return None if cut else Dim()
    a, start = x.shape.axes[cut[0]], walk.starts[cut[0]]
    if start is None or not isinstance(a, Axis):
        return None
    alone = last == 1 and isinstance(x.shape.axes[last], Pack)  # as far as is known: one row, or time first
    if start != Dim() and cut[0] < last and not a.role and start.const is not None and not alone:
        return None  # rows of a batch, or steps of time
    return None if start != Dim() and len(a.parts) > 1 and _whole_rows(walk, cut[0], a) else start


def selected(x: Tensor, shape: Shape, mask: Mask | None, step: Step) -> Tensor:
    """Only the entries or rows that a mask keeps."""
    if mask is not None and of_other_ids(mask, x):
        mask = replace(mask, others=True)
    y = losses_selected(x, mask, step)
    notes = (*noted(y, "rows-filtered", step, mask),)
    return replace(
        y, shape=shape, step=step, notes=notes, origin=None, fed=(), norm=keeps_norm(x.norm, shape), contiguous=True, breaks=(), count=None
    )


def losses_selected(x: Tensor, mask: Mask | None, step: Step) -> Tensor:
    """The losses of a tensor of which a mask kept some entries."""
    if mask is None and not x.losses:
        return x
    return after(x, After("select", mask=mask, step=step))
