"""Writing into a tensor: `x[...] = value`, and which padding or relabelling that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.kinship import of_other_ids
from shapeguard.analysis.facts.shapes import Axis, Dim, Same
from shapeguard.analysis.facts.values import Const, Fill, Mask, Num, Origin, Seq, SliceV, Step, Swap, Tensor, Uses, Value, uid
from shapeguard.analysis.ops.common import certain, highest, is_none, lowest, never_padded, number, steps, union
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.axes import is_one
from shapeguard.analysis.ops.tensors.blanked import fill_step, is_zero, made_of, partly, per_entry, written_over, zeroed
from shapeguard.analysis.ops.tensors.by_hand import zeroed_rows
from shapeguard.analysis.ops.tensors.covered import covered
from shapeguard.analysis.ops.tensors.cuts import is_mask, span
from shapeguard.analysis.ops.tensors.written_attention import hidden


def written(ctx: Ctx, x: Tensor, items: tuple[Value, ...], value: Value) -> Tensor:
    """x after `x[items] = value`."""
    x = replace(x, within=None) if x.within is not None else x
    found = [ctx.get(i) for i in items]
    if len(found) == 1 and isinstance(found[0], Seq) and found[0].kind == "tuple" and found[0].items is not None:
        found = [ctx.get(i) for i in found[0].items]
    new = ctx.get(value)
    if x.losses and not (isinstance(new, Tensor) and new.losses and not is_zero(new)):
        return written_over(ctx, x, found, new)
    masks = [f for f in found if isinstance(f, Tensor) and is_mask(f)]
    if masks and len(found) == 1 and x.losses and isinstance(new, Tensor) and new.losses and made_of(new.losses, x.losses):
        step = fill_step(ctx, x, *found)
        return replace(x, step=step, losses=partly(x.losses, new.losses, per_entry(masks[0]), step))
    if masks:
        x = replace(x, notes=hidden(x, masks[0]))
    scalar = certain(new) if not (isinstance(new, Tensor) and new.shape.axes) else None
    if masks and scalar is not None:
        return swapped(ctx, x, masks[0], scalar)
    if x.part is not None and scalar is None:
        x = replace(x, part=None)
    if masks:
        return _put(ctx, x, found, new, masks, scalar)
    return covered(ctx, x, found, new, scalar, _put(ctx, x, found, new, masks, scalar))


def _put(ctx: Ctx, x: Tensor, found: list[Value], new: Value, masks: list[Tensor], scalar: Dim | None) -> Tensor:
    step = ctx.step("write", f"written in place, still {x.shape}", *steps(x, new), shape=x.shape)
    if scalar is not None:
        return _constant(ctx, x, found, scalar, step)
    if isinstance(new, (Tensor, Seq)):
        return _copied(ctx, x, found, new, masks, step)
    if masks or not isinstance(new, Const):
        return replace(x, value=None, origin=None, mask=None, unpadded=False, step=step, high=None, low=None)
    return replace(x, value=None, step=step, norm=None)


def swapped(ctx: Ctx, x: Tensor, mask: Tensor, new: Dim) -> Tensor:
    """x with `new` wherever a mask is true."""
    m = mask.mask
    by = m.id if m is not None and m.kind == "id" and m.keeps == "id" and not m.also and not of_other_ids(m, x) else None
    what = f"where it is {by}" if by is not None else "where a mask says so"
    step = ctx.step("swap", f"becomes {new} {what}", *steps(x, mask), shape=x.shape)
    facts: dict[str, Any] = {"step": step, "value": None, "count": None, "norm": None, "within": None}
    facts["notes"] = zeroed(x, m, Num(new), step)
    facts["low"] = lowest([x.low, new]) if x.low is not None else None
    facts["high"] = _high(_below(x, m), new)
    if x.scale in ("ids", "", "mask") and x.dtype not in ("float", "double", "half"):
        facts["swaps"] = (*x.swaps, Swap(by, new, step, m))
        facts |= padded_by(x, mask, new, step)
        if x.scale == "mask":
            facts |= {"mask": None, "scale": "mask" if x.dtype == "bool" or new.const in (0, 1) else ""}
    return replace(x, **facts)


def padded_by(x: Tensor, where: Tensor, new: Dim, step: Step, mask: Mask | None = None) -> dict[str, Any]:
    """The padding of ids in which `new` was written where a mask is true: behind the lengths, or as an id that is no class.

    `mask` is what is kept there, where it is not what `where` keeps.
    """
    mask = mask or where.mask
    behind = mask is not None and mask.kind in ("lengths", "attention") and mask.keeps == "pad" and not x.fills
    if x.scale == "mask" or not (behind or no_class(new)) or (where.shape.axes and is_one(where.shape.axes[-1])):
        return {}
    if new == Dim() and x.scale != "ids" and not x.dtype:  # zeros may also be written into probabilities
        step = replace(step, sure=False, parents=(step,))
    return {"fills": union((x.fills, (Fill(new, step, "after" if behind else "unknown"),))), "unpadded": False}


def no_class(put: Dim) -> bool:
    """Whether an id is negative, and not the -100 that losses ignore as they come."""
    return put.const is not None and put.const < 0 and put.const != -100


def _below(x: Tensor, written: Mask | None) -> Tensor:
    """x without the ids above a bound, which are written over: `labels[labels >= V] = -100`."""
    if x.high is None or written is None or written.keeps != "from" or written.id is None or written.of is None or written.of != x.origin:
        return x
    gap = (x.high - written.id).const
    return replace(x, high=written.id) if gap is not None and gap > 0 else x


def _high(x: Tensor, new: Dim) -> Dim | None:
    """The bound of ids of which some became `new`; one that lies beyond them is no class, and stands among the swaps."""
    return None if x.high is None else x.high if _beyond(x, new) else highest([x.high, new + 1])


def _beyond(x: Tensor, new: Dim) -> bool:
    gap = (new - x.high).const if x.high is not None and x.scale == "ids" else None
    return gap is not None and gap >= 0


def _constant(ctx: Ctx, x: Tensor, found: list[Value], new: Dim, step: Step) -> Tensor:
    """`x[:, 0] = BOS`, `x[i, n:] = PAD`."""
    facts: dict[str, Any] = {"norm": None, "step": step, "value": x.value if x.value == new else None}
    facts["origin"] = _renewed(x) if x.value is None else x.origin
    if x.part is not None and x.part.kind == "one-hot" and not (found and isinstance(found[0], SliceV)):
        if new.const != 0:
            return replace(x, **facts, part=None, low=None, high=None, mask=None, scale="")
        off = next((n.mask for f in found if isinstance(f, Tensor) and (n := f.note("rows-filtered"))), None)
        return replace(x, **facts, notes=zeroed_rows(x, off, step))
    partial = _tail(x, found)
    places = next((n.mask for f in found if isinstance(f, Tensor) and (n := f.note("rows-filtered"))), None)
    if places is not None and x.scale in ("ids", ""):  # some of what a mask keeps, perhaps not all
        facts["swaps"] = (*x.swaps, Swap(None, new, step))
        return replace(x, **facts, low=None, high=_high(x, new), mask=None)
    if partial and x.value is None and x.scale in ("ids", ""):
        fill = Fill(new, ctx.step("write", f"writes {new} behind the real entries", x.step, shape=x.shape))
        # what stood behind the real entries is overwritten, save perhaps the first: a stop
        facts |= {"fills": union((tuple(f for f in x.fills if f.where != "after" or f.step.kind != "write"), (fill,))), "unpadded": False}
    elif no_class(new) and x.value is None and x.scale in ("ids", "") and x.dtype not in ("float", "double", "half"):
        facts |= {"fills": union((x.fills, (Fill(new, step, "unknown"),))), "unpadded": False}
    elif _beyond(x, new):
        facts["swaps"] = (*x.swaps, Swap(None, new, step))
    if _open_end(found) and not (new.const is not None and new.const < 0):
        facts["unpadded"] = False
    facts["low"] = lowest([x.low, new]) if x.low is not None else None
    facts["high"] = _high(x, new)
    facts["mask"] = None
    if x.scale == "mask":
        facts["scale"] = "mask" if x.dtype == "bool" or new.const in (0, 1) else ""
    return replace(x, **facts)


def _renewed(x: Tensor) -> Origin | None:
    """Ids of which some were overwritten are ids of their own."""
    return Origin(uid()) if x.scale == "ids" or (x.scale == "" and x.dtype == "int64") else None


def _tail(x: Tensor, found: list[Value]) -> bool:
    """`n:` with an n that is not a constant, or behind entries that were written in: the end of a row."""
    last = found[-1] if found else None
    if not isinstance(last, SliceV) or is_none(last.lo) or not is_none(last.hi):
        return False
    start = number(last.lo)
    return start is None or start.const is None or any(f.where == "after" and f.step.kind == "write" for f in x.fills)


def _open_end(found: list[Value]) -> bool:
    """`n:`, the end of a row from wherever on."""
    last = found[-1] if found else None
    return isinstance(last, SliceV) and not is_none(last.lo) and is_none(last.hi)


def _copied(ctx: Ctx, x: Tensor, found: list[Value], new: Tensor | Seq, masks: list[Tensor], step: Step) -> Tensor:
    """`out[i, :n] = seq`: what is not written keeps the value that out was made with."""
    fills = union((x.fills, new.fills))
    new = replace(new, origin=_placed(new.origin, found))
    partial = _partial(ctx, x, found)
    scale = new.scale if isinstance(new, Tensor) and x.value is not None else x.scale
    if x.value is not None and partial and not masks:
        words = f"rows are written into a tensor full of {x.value}"
        fills = union((fills, (Fill(x.value, ctx.step("write", words, *steps(x, new), shape=x.shape)),)))
    elif x.value is not None and partial is None and not masks and not fills:
        return replace(x, **_taken(x, new, scale), unpadded=False, step=step)
    written = (new,) if x.value is not None else (x, new)
    unpadded = not (fills or masks or partial is None) and never_padded(written)
    return replace(x, **_taken(x, new, scale), fills=fills, unpadded=unpadded, step=step)


def _placed(origin: Origin | None, found: list[Value]) -> Origin | None:
    """Where ids begin that were written behind others: `x[1:] = ids` starts one before them."""
    last = found[-1] if found else None
    if origin is None or not isinstance(last, SliceV) or is_none(last.lo):
        return origin
    start = number(last.lo)
    return None if start is None or start.const is None or start.const < 0 else Origin(origin.source, origin.start - start)


def _taken(x: Tensor, new: Tensor | Seq, scale: str) -> dict[str, Any]:
    """The facts of a tensor into which others were written: what it held, and what they bring."""
    if x.value is not None and x.origin is None:
        origin = new.origin
    else:
        origin = x.origin if x.origin == new.origin else _renewed(x)
    lows = [new.low] if x.value is None and not x.fills else [x.low if x.value is None else x.value, new.low]

    out: dict[str, Any] = {
        "value": None,
        "mask": None,
        "scale": scale,
        "swaps": union((x.swaps, new.swaps)),
        "origin": origin,
        "low": lowest(lows),
        "high": _joint_high(x, new),
        "norm": None,
        "count": None,
    }
    if isinstance(new, Tensor):
        out["fed"] = union((x.fed, new.fed))
        out["losses"] = Uses.together((x.losses, new.losses))
        out["notes"] = union((x.notes, new.notes))
    elif x.value is not None and not scale:
        out["scale"] = "ids"
    return out


def _joint_high(x: Tensor, new: Tensor | Seq) -> Dim | None:
    """The bound of what is written into x; a value that x is full of and that lies beyond all ids is padding, and no class."""
    if x.value is None or new.high is None:
        return highest([x.high, new.high]) if x.value is None else None
    gap = (x.value - new.high).const
    return new.high if gap is not None and gap >= 0 else highest([x.value + 1, new.high])


def _partial(ctx: Ctx, x: Tensor, found: list[Value]) -> bool | None:
    """Whether some of a row is left as it was; None when that cannot be told (`out[i, :L]` with L the whole width)."""
    dims = x.shape.axes
    verdict: bool | None = False
    for place, f in enumerate(found):
        if isinstance(f, SliceV):
            a = dims[place] if place < len(dims) else None
            if not isinstance(a, Axis):
                if not (is_none(f.lo) and is_none(f.hi)):
                    verdict = True
                continue
            lo, hi, by = (ctx.get(v) for v in (f.lo, f.hi, f.step))
            left, _, whole = span(a, lo, hi, by)
            if whole:
                continue
            last = number(hi) if not is_none(hi) else None
            size = a.size
            exact = is_none(lo) and last is not None and size is not None and last.same(size) is Same.YES
            if not exact and not is_one(left):
                return True
        elif not isinstance(f, (SliceV, Tensor)) and f == Const(...):
            return verdict
    return verdict
