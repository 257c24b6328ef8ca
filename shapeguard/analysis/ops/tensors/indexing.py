"""Indexing: `x[...]` in all its forms, and what it cuts off or shifts."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import (
    Const,
    Mask,
    Note,
    Num,
    Seq,
    SliceV,
    Tensor,
    Unknown,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.common import integer, is_none, keeps_norm, noted, number, steps
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.axes import UNIT, at_least, broadcast, is_one
from shapeguard.analysis.ops.tensors.by_hand import picked_by_index
from shapeguard.analysis.ops.tensors.cuts import WIDE, is_mask, kept_count, span
from shapeguard.analysis.ops.tensors.picked import Walk, content, losses_selected, padding_after, selected, shifts_flat

# x[...]


def index(ctx: Ctx, x: Tensor, items: tuple[Value, ...], spelled: bool = True) -> Value:
    """`x[items]`; `spelled` where a program writes it so."""
    found = [ctx.get(i) for i in items]
    if len(found) == 1 and isinstance(found[0], Seq) and found[0].kind == "tuple" and found[0].items is not None:
        found = [ctx.get(i) for i in found[0].items]
    found = [_plain(ctx, f) for f in found]
    need = sum(_uses(f) for f in found)
    ellipses = [i for i, f in enumerate(found) if f == Const(...)]
    if any(isinstance(f, (Unknown, Seq)) or (isinstance(f, Tensor) and f.shape.pack is not None) for f in found):
        return picked_by_index(ctx, x, found, _foggy(ctx, x, found, ellipses))
    if (x.shape.pack is None and need > len(x.shape.axes)) or len(ellipses) > 1:
        return unknown_tensor("x", array=x.array)
    cut = ellipses[0] if ellipses else len(found)
    head, tail = found[:cut], found[cut + 1 :]
    front, back = sum(map(_uses, head)), sum(map(_uses, tail))
    if x.shape.pack is not None:
        if spelled and front == 2 and not back and x.scale in WIDE and all(isinstance(f, SliceV) for f in head) and _trimmed(ctx, head[1]):
            x = at_least(ctx, x, front + min(_behind(x.shape), 1))  # a plain slice cuts time or batch, not features
        x = at_least(ctx, x, front) if front else x
        x = at_least(ctx, x, front + back, left=False) if back else x
        place = x.shape.axes.index(x.shape.pack) if x.shape.pack is not None else 0
        if x.shape.pack is not None and (place < front or len(x.shape.axes) - 1 - place < back):
            return _foggy(ctx, x, found, ellipses)
    walk = Walk(x, [x.step])
    _run(ctx, walk, head)
    stop = len(x.shape.axes) - back
    while walk.at < stop:
        _keep(walk, x.shape.axes[walk.at])
    _run(ctx, walk, tail)
    return picked_by_index(ctx, x, found, _finish(ctx, walk, found))


def _trimmed(ctx: Ctx, f: Value) -> bool:
    """`1:` or `:-1`."""
    return isinstance(f, SliceV) and _trims(*(ctx.get(v) for v in (f.lo, f.hi, f.step)))


def _behind(shape: Shape) -> int:
    """How many axes stand behind the pack."""
    return len(shape.axes) - 1 - shape.axes.index(shape.pack) if shape.pack is not None else 0


def _plain(ctx: Ctx, f: Value) -> Value:
    """A list of integers or booleans as an index tensor."""
    if isinstance(f, Seq):
        inner = ctx.get(f.items[0]) if f.items else ctx.get(f.elem)
        if isinstance(inner, (Num, Tensor)) or (isinstance(inner, Const) and isinstance(inner.value, bool)):
            if not isinstance(inner, Tensor):
                return Tensor(Shape.of(f.length), dtype="bool" if isinstance(inner, Const) else "int64")
        return f
    if isinstance(f, Const) and isinstance(f.value, bool):
        return Unknown()
    return f


def _uses(f: Value) -> int:
    """How many axes an index uses up."""
    if f == Const(...) or is_none(f):
        return 0
    if isinstance(f, Tensor) and is_mask(f):
        return len(f.shape.axes)
    return 1


def _foggy(ctx: Ctx, x: Tensor, found: list[Value], ellipses: list[int]) -> Tensor:
    """An index that is not known: which entries, and how many axes, cannot be told."""
    masked = [f for f in found if isinstance(f, Tensor) and is_mask(f)]
    step = ctx.step("index", "an index picks entries; the shape is not known", *steps(x, *masked))
    shape = Shape((fresh_pack("x"),))
    if len(found) == 1 and masked:
        many = masked[0].shape.axes
        if x.shape.axes[: len(many)] == many:
            shape = Shape((axis(kept_count(masked[0])), *x.shape.axes[len(many) :]))
        return selected(x, shape, masked[0].mask, step)
    kept = losses_selected(x, None, step)
    contiguous = True if x.contiguous and found and all(isinstance(f, Tensor) for f in found) else None
    return replace(kept, shape=shape, origin=None, fed=(), norm=None, contiguous=contiguous, breaks=(), value=x.value, step=step)


def _run(ctx: Ctx, walk: Walk, found: list[Value]) -> None:
    for f in found:
        if is_none(f):
            walk.axes.append(UNIT)
        elif isinstance(f, SliceV):
            _slice(ctx, walk, f)
        elif isinstance(f, Tensor) and (f.shape.axes or is_mask(f)):
            _gather(walk, f)
        else:
            _pick(walk, f)


def _keep(walk: Walk, a: Axis | Pack) -> None:
    if not is_one(a):
        if (walk.gap and walk.solid) or walk.at - len(walk.x.shape.axes) in walk.x.breaks:
            walk.breaks.append(len(walk.axes))
        walk.solid, walk.gap = True, False
        walk.sure = walk.sure or isinstance(a, Axis)
    walk.axes.append(a)
    walk.at += 1


def _slice(ctx: Ctx, walk: Walk, f: SliceV) -> None:
    a = walk.x.shape.axes[walk.at]
    assert isinstance(a, Axis)
    lo, hi, by = (ctx.get(v) for v in (f.lo, f.hi, f.step))
    left, start, whole = span(a, lo, hi, by)
    if whole:
        _keep(walk, a)
        return
    empty = left.size is not None and left.size.const == 0
    guessed = empty or _made_here(a, left)  # it may be all of the axis, or a single entry
    _cut(walk, sure=not guessed)
    if not is_none(by) and integer(by) != 1 and walk.contiguous:
        walk.contiguous = None
    if not is_one(left):
        if walk.solid and not guessed:
            walk.breaks.append(len(walk.axes))
        walk.sure = walk.sure or not guessed
        walk.solid, walk.gap = True, False
    walk.starts[walk.at] = start
    walk.sliced.append(walk.at)
    walk.cuts[walk.at] = left.size
    if _trims(lo, hi, by):
        walk.trimmed.append(walk.at)
    walk.words.append(_span_words(lo, hi, a))
    walk.axes.append(left)
    walk.at += 1


def _trims(lo: Value, hi: Value, by: Value) -> bool:
    """Whether a slice leaves out a few entries at an end, rather than take a few."""
    first = 0 if is_none(lo) else integer(lo)
    last = 0 if is_none(hi) else integer(hi)
    return (
        (is_none(by) or integer(by) == 1)
        and first is not None
        and last is not None
        and 0 <= first <= 4
        and -4 <= last <= 0
        and first != last
    )


def _made_here(a: Axis, left: Axis) -> bool:
    return a.size is None or left.size is None or (left.size.const is None and not left.size.symbols <= a.size.symbols)


def _cut(walk: Walk, sure: bool = True) -> None:
    """Entries are left out along the present axis: what stands before it is no longer dense."""
    if walk.solid:
        walk.gap = True
        if walk.contiguous:
            walk.contiguous = False if sure and walk.sure else None


def _span_words(lo: Value, hi: Value, a: Axis) -> str:
    def show(v: Value) -> str:
        return "" if is_none(v) else str(d) if (d := number(v)) is not None else "..."

    return f"{show(lo)}:{show(hi)} of {a}"


def _pick(walk: Walk, f: Value) -> None:
    """One integer: the axis goes."""
    if not is_one(walk.x.shape.axes[walk.at]):
        _cut(walk)
    at = number(f)
    walk.picked.append((walk.at, at))
    walk.starts[walk.at] = at
    walk.dropped.add(walk.at)
    walk.words.append(f"{at if at is not None else 'i'} of {walk.x.shape.axes[walk.at]}")
    walk.at += 1


def _ones_and_zeros(f: Tensor, a: Axis | Pack) -> bool:
    """Whether integers are 0 or 1, as many as there are entries, so that they can only be meant as a mask."""
    size = a.size.const if isinstance(a, Axis) and a.size is not None else None
    binary = f.low == Dim() and f.high == Dim.of(2) and not f.shape.pack and f.dtype in ("int64", "int32", "uint8")
    return binary and size is not None and size > 2 and f.shape.axes == (a,)


def _gather(walk: Walk, f: Tensor) -> None:
    """A tensor of integers or booleans."""
    uses = _uses(f)
    if walk.spot is None:
        walk.spot = len(walk.axes)
    elif walk.spot != len(walk.axes):
        walk.split = True
    if is_mask(f):
        walk.masks.append((f.mask, f))
        walk.advanced.append(Tensor(Shape.of(kept_count(f)), dtype="int64"))
    else:
        walk.int_mask = walk.int_mask or (f.scale == "mask" and f.dtype in ("int64", "int32", "uint8"))
        walk.int_mask = walk.int_mask or _ones_and_zeros(f, walk.x.shape.axes[walk.at])
        walk.advanced.append(f)
    walk.step_parents.append(f.step)
    for place in range(walk.at, walk.at + uses):
        walk.starts[place] = None
        walk.dropped.add(place)
    walk.at += uses


def _finish(ctx: Ctx, walk: Walk, found: list[Value]) -> Tensor:
    """The tensor that an index gives, when all of its items were followed along the axes."""
    x = walk.x
    axes = list(walk.axes)
    picks = bool(walk.advanced)
    if picks:
        new = broadcast(*(a.shape for a in walk.advanced)).axes
        spot = 0 if walk.split or (x.array and _scalar_between(found)) else walk.spot or 0
        axes[spot:spot] = new
    shape = Shape(tuple(axes))
    if not walk.starts and not picks and all(f == Const(...) or isinstance(f, SliceV) for f in found):
        return x
    if not walk.starts and not picks:
        from shapeguard.analysis.ops.tensors.views import moved_breaks

        step = ctx.step("unsqueeze", f"None -> {shape}", x.step, shape=shape)
        return replace(x, shape=shape, step=step, breaks=moved_breaks(x, shape))

    words = f"takes {', '.join(walk.words)}"
    if walk.masks or picks:
        words = "selects by a mask" if walk.masks else "picks by indices"
    step = ctx.step("index", f"{words} -> {shape}", *walk.step_parents, shape=shape)
    if walk.masks:
        return selected(x, shape, walk.masks[0][0], step)
    y = losses_selected(x, None, step) if picks else x
    if x.losses and found and _up_to(found[-1]):
        y = losses_selected(y, Mask("lengths", "unknown", uid=uid(), step=step), step)

    notes = y.notes
    if walk.int_mask:
        notes = noted(y, "int-mask-index", step)
    for chosen in (a.note("rows-filtered") for a in walk.advanced):
        if chosen is not None and not any(n.kind == "rows-filtered" and n.mask == chosen.mask for n in notes):
            notes = (*notes, Note("rows-filtered", step, chosen.mask))
    if len(walk.advanced) > 1 and not any(a.note("rows-filtered") for a in walk.advanced):
        notes = (*notes, Note("half-rows", step))  # single entries, which of them is not known
    if len(walk.advanced) == 1 and len(found) == 1 and x.step is not None and x.step.kind == "eye":
        y, notes = replace(y, scale="one_hot"), (*notes, Note("one-hot", step))  # rows of the identity
    flat = shifts_flat(walk)
    if flat:
        guess = any(isinstance(p, Pack) for a in x.shape.axes if isinstance(a, Axis) for p in a.parts)
        noted_step = replace(step, sure=step.sure and not guess)  # a pack may stand for one axis only
        notes = (*notes, *noted(replace(y, notes=()), "shift-after-flatten", noted_step))

    contiguous = _stays_contiguous(walk, picks)
    breaks = () if picks or shape.pack is not None else tuple(sorted({b - len(axes) for b in walk.breaks if b}))
    if contiguous is True:
        breaks = ()
    return replace(
        y,
        shape=shape,
        step=step,
        notes=notes,
        contiguous=contiguous,
        breaks=breaks,
        norm=keeps_norm(x.norm, shape),
        **padding_after(x, shape, found),
        **content(x, walk, picks),
    )


def _stays_contiguous(walk: Walk, picks: bool) -> bool | None:
    """Whether what an index gives is dense; None where that is not known."""
    if not walk.x.contiguous:
        return None
    if picks:
        return None if walk.x.array else True
    return walk.contiguous


def _up_to(f: Value) -> bool:
    """`:n` with an n that is not written out: a row as long as it is."""
    end = number(f.hi) if isinstance(f, SliceV) and is_none(f.lo) and not is_none(f.hi) else Dim()
    return end is None or end.sym is not None


def _scalar_between(found: list[Value]) -> bool:
    """An integer beside tensor indices counts as one of them: `x[0, :, idx]` has a slice between two."""
    kinds = ["a" if isinstance(f, (Tensor, Num)) and not is_none(f) else "n" if is_none(f) else "s" for f in found]
    first, last = kinds.index("a") if "a" in kinds else 0, len(kinds) - 1 - kinds[::-1].index("a") if "a" in kinds else 0
    return "s" in kinds[first:last] or "n" in kinds[first:last]


def entry(ctx: Ctx, x: Tensor) -> Value:
    """What going over x gives: of a list of ids, "any of them" as a number."""
    y = row(ctx, x)
    if (
        isinstance(y, Tensor)
        and not y.shape.axes
        and len(x.shape.axes) == 1
        and x.scale == "ids"
        and x.origin is not None
        and y.value is None
    ):
        return replace(y, value=arith.entry_of(x.origin, x.low, x.high))
    return y


def row(ctx: Ctx, x: Tensor) -> Value:
    """A row of x, as iterating gives."""
    return index(ctx, x, (Num(fresh("i")),))


def write(ctx: Ctx, x: Tensor, items: tuple[Value, ...], value: Value) -> Tensor:
    """`x[items] = value`."""
    from shapeguard.analysis.ops.tensors.writes import written

    return written(ctx, x, items, value)
