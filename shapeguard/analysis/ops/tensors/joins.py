"""Tensors put together and padded: cat, stack, F.pad, pad_sequence, packed sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.shapes import ONE, Axis, Dim, Pack, Same, Shape, axis, fresh
from shapeguard.analysis.facts.values import (
    Args,
    End,
    Fill,
    Num,
    Origin,
    Seq,
    Step,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.ops.common import (
    agree,
    as_tensor,
    integer,
    items,
    joint_origin,
    keeps_norm,
    merged,
    of_samples,
    read,
    steps,
    union,
)
from shapeguard.analysis.ops.table import Ctx, Op, call
from shapeguard.analysis.ops.tensors.axes import UNIT, exactly, locate, position, vague
from shapeguard.analysis.ops.tensors.cuts import time_place
from shapeguard.analysis.ops.tensors.from_lists import from_value
from shapeguard.analysis.ops.tensors.views import unsqueezed


def parts_of(ctx: Ctx, value: Value | None) -> tuple[list[Tensor], Dim | None] | None:
    """The tensors of a list: each of them and None, or one that stands for all of them and how many there are."""
    if value is None:
        return None
    known = items(ctx, value)
    if known is not None:
        found = [_part(ctx, v) for v in (value.items if isinstance(value, Seq) and value.items is not None else known)]
        return ([f for f in found if f is not None], None) if found and all(f is not None for f in found) else None
    if isinstance(value, Seq):
        one = _part(ctx, value.elem)
        return ([one], value.length) if one is not None else None
    if isinstance(value, Tensor):  # its rows
        from shapeguard.analysis.ops.tensors.indexing import index

        first = value.shape.at(0)
        row = index(ctx, value, (Num(fresh("i")),))
        size = first.size if first is not None else None
        return ([row], size if size is not None else fresh("n")) if isinstance(row, Tensor) else None
    return None


def _part(ctx: Ctx, value: Value) -> Tensor | None:
    facts = ctx.get(value)
    if isinstance(facts, Seq):
        return from_value(ctx, facts)
    return as_tensor(ctx, value) if isinstance(facts, (Tensor, Num, Unknown)) else None


def _sum(sizes: Sequence[Dim | None]) -> Dim | None:
    out = Dim()
    for d in sizes:
        if d is None:
            return None
        out = out + d
    return out


def _cat(axis_name: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        value, dim = read(ctx, args, "tensors|arrays|seq", axis_name)
        found = parts_of(ctx, value)
        at = 0 if dim is None else integer(dim)
        if found is None or not found[0] or at is None:
            return _vague_cat(ctx, "cat", found, at)
        return joined(ctx, found[0], found[1], at)

    return run


call("torch.cat", "torch.concat", "torch.concatenate")(_cat("dim|axis"))
call("numpy.concatenate")(_cat("axis"))


def _vague_cat(ctx: Ctx, op: str, found: tuple[list[Tensor], Dim | None] | None, at: int | None) -> Tensor:
    """Where it is not known along which axis, or of which sizes: what stands in front may have moved the positions."""
    y = _vague_join(ctx, op, found)
    beside = at is not None and (at == -1 or at >= 2)  # features side by side: each position has seen them all
    return replace(y, origin=None, fed=y.fed if beside else ())


def _vague_join(ctx: Ctx, op: str, found: tuple[list[Tensor], Dim | None] | None) -> Tensor:
    if found is None or not found[0]:
        return Tensor(vague(Shape(())), contiguous=True)
    shape = vague(found[0][0].shape)
    return merged(found[0], shape=shape, step=ctx.step(op, f"{op} -> shape not known", *steps(*found[0]), shape=shape))


def joined(ctx: Ctx, parts: list[Tensor], times: Dim | None, at: int) -> Tensor:
    """cat along an axis; `times` where one part stands for so many."""
    rank = next((p.shape.rank for p in parts if p.shape.rank is not None), None)
    if rank is not None:
        parts = [exactly(ctx, p, rank) for p in parts]
    found = [locate(ctx, p, at) for p in parts]
    parts = [p for p, _ in found]
    places = [position(p.shape, at) for p in parts]
    place = places[0]
    ranks = {len(p.shape.axes) for p in parts}
    if place is None or any(p != place for p in places) or len(ranks) != 1:
        return _vague_cat(ctx, "cat", (parts, times), at)
    sizes = [a.size if isinstance(a := p.shape.axes[place], Axis) else None for p in parts]
    axes: list[Axis | Pack] = []
    for i, a in enumerate(parts[0].shape.axes):
        axes.append(_cat_axis(a, [p.shape.axes[i] for p in parts[1:]]) if i != place else a)
    if times is not None:
        # lists of tensors that differ in this very size cannot be told from lists of equal ones
        own = sizes[0] if sizes[0] is not None and sizes[0].const is not None else None
        axes[place] = axis(own * times if own is not None else fresh("n", role_of(parts[0].shape.axes[place])))
    else:
        total = _sum(sizes)
        # alone it is itself; several of the same part, or several parts, have no parts in order
        axes[place] = parts[0].shape.axes[place] if len(parts) == 1 else axis(total if total is not None else fresh("n"))
    shape = Shape(tuple(axes))
    step = ctx.step("cat", f"cat along axis {at} -> {shape}", *steps(*parts), shape=shape)
    norm = agree((p.norm for p in parts), None)
    y = merged(parts, shape=shape, step=step, contiguous=True if all(p.contiguous for p in parts) else None, norm=keeps_norm(norm, shape))
    if norm is not None and norm == parts[0].shape.axes[place]:
        y = replace(y, norm=None)
    y = replace(y, **_cat_origin(parts, place, times), ends=_cat_ends(y, parts, sizes, step) if times is None else y.ends)
    return _filled_up(ctx, y, parts, place) if times is None and len(parts) == 2 else y


def _filled_up(ctx: Ctx, y: Tensor, parts: list[Tensor], place: int) -> Tensor:
    """`cat([ids, full((size - len(ids),), PAD)])`: what makes rows equally long is padding."""
    for row, rest, where in ((parts[0], parts[1], "after"), (parts[1], parts[0], "before")):
        a, b = row.shape.axes[place], rest.shape.axes[place]
        if rest.value is None or row.value is not None or not (isinstance(a, Axis) and isinstance(b, Axis) and a.size and b.size):
            continue
        if row.scale in ("", "ids") and row.dtype in ("", "int64", "int32") and b.size.symbols and a.size.symbols & b.size.symbols:
            if not a.size.symbols & (a.size + b.size).symbols:
                step = ctx.step("cat", f"cat fills up with {rest.value} -> {y.shape}", *steps(y), shape=y.shape)
                return replace(y, fills=union((row.fills, (Fill(rest.value, step, where),))), unpadded=False, step=step)
    return y


def role_of(a: Axis | Pack) -> str:
    """The role of an axis; "" for a pack."""
    return a.role if isinstance(a, Axis) else ""


def _cat_axis(a: Axis | Pack, others: Sequence[Axis | Pack]) -> Axis | Pack:
    out = a
    for b in others:
        if isinstance(out, Axis) and isinstance(b, Axis):
            known = out.size is not None and out.size.const is not None
            if (out.same_size(b) is Same.MAYBE and not known and b.size is not None and b.size.const is not None) or (
                isinstance(out, Axis) and out.mixed and not b.mixed and out.same_size(b) is Same.YES
            ):
                out = b
    return out


def _cat_ends(y: Tensor, parts: list[Tensor], sizes: Sequence[Dim | None], step: Step) -> tuple[End, ...]:
    """`cat([ids, tensor([eos_id])])`: an id of that role in the last place ends the rows."""
    last = parts[-1].value
    ended = len(parts) > 1 and sizes[-1] == ONE and last is not None and last.role == "eos" and parts[-2].value is None
    return (End(last, step),) if ended and last is not None else y.ends


def _cat_origin(parts: list[Tensor], place: int, times: Dim | None) -> dict[str, Any]:
    """`cat([bos, y[:, :-1]], 1)` is y one later: the positions before it are new."""
    if times is not None or len(parts) == 1:
        time = time_place(parts[0])
        return {} if times is None or (time is not None and time != place) else {"origin": None, "fed": ()}
    if any(p.fed for p in parts):
        return _cat_fed(parts, place)
    before = Dim()
    for i, p in enumerate(parts):
        a = p.shape.axes[place]
        size = a.size if isinstance(a, Axis) else None
        if p.origin is not None and size is not None and (size.const is None or size.const > 1):
            rest = parts[i + 1 :]
            short = all(
                isinstance(b := q.shape.axes[place], Axis) and b.size is not None and b.size.const == 1 for q in (*parts[:i], *rest)
            )
            time = time_place(p)
            along = time == place or (time is None and p.shape.pack is None and len(p.shape.axes) == 2 and place == 1)
            if short and along:
                return {"origin": Origin(p.origin.source, p.origin.start - before), "fed": ()}
            return {"origin": None, "fed": ()} if along or time is None else {}
        if size is None:
            return {"origin": None, "fed": ()}
        before = before + size
    return {}


def _cat_fed(parts: list[Tensor], place: int) -> dict[str, Any]:
    """`cat([start, emb(y[:, :-1])], 1)`: what stands before the activations of y moves them by as many positions."""
    made = [i for i, p in enumerate(parts) if p.fed]
    time = time_place(parts[made[0]])
    if time is not None and place > time:
        return {"origin": None}  # side by side: each position has seen them all
    own = parts[made[0]].fed
    if time != place or len(made) != 1:
        # several after each other, or perhaps several batches: their positions are the same where the ids are
        return {"origin": None, "fed": own if all(parts[i].fed == own for i in made) and time != place else ()}
    before = _sum([a.size if isinstance(a := p.shape.axes[place], Axis) else None for p in parts[: made[0]]])
    return {"origin": None, "fed": () if before is None else tuple(Origin(f.source, f.start - before) for f in own)}


@call("torch.stack")
def stack(ctx: Ctx, args: Args) -> Value:
    value, dim = read(ctx, args, "tensors", "dim|axis")
    return _stacked(ctx, value, dim)


@call("numpy.stack")
def numpy_stack(ctx: Ctx, args: Args) -> Value:
    value, dim = read(ctx, args, "arrays", "axis")
    y = _stacked(ctx, value, dim)
    return replace(y, array=True) if isinstance(y, Tensor) else y


def _stacked(ctx: Ctx, value: Value | None, dim: Value | None) -> Value:
    found = parts_of(ctx, value)
    at = 0 if dim is None else integer(dim)
    if found is None or not found[0] or at is None:
        return _vague_join(ctx, "stack", found)
    parts, times = found
    count = times if times is not None else Dim.of(len(parts))
    first = parts[0]
    for p in parts[1:]:
        axes = p.shape.axes
        if first.shape.pack is not None and p.shape.pack is None:
            first = p
        elif len(axes) == len(first.shape.axes):
            first = replace(first, shape=Shape(tuple(_cat_axis(a, [b]) for a, b in zip(first.shape.axes, axes, strict=True))))
    whole = unsqueezed(ctx, first, at, axis(count) if count != Dim.of(1) else UNIT)
    shape = whole.shape
    step = ctx.step("stack", f"stack -> {shape}", *steps(*parts), shape=shape)
    norm = agree((p.norm for p in parts), None)
    origin = joint_origin(parts) if any(p.origin is not None for p in parts) else None
    y = merged(parts, shape=shape, step=step, norm=keeps_norm(norm, shape), origin=origin)
    return replace(y, notes=of_samples(y.notes))


def _thick(op: str, rank: int, at: int) -> Op:
    """hstack and vstack."""

    def run(ctx: Ctx, args: Args) -> Value:
        found = parts_of(ctx, read(ctx, args, "tensors|tup")[0])
        if found is None or not found[0] or any(p.shape.rank is None for p in found[0]):
            return _vague_cat(ctx, op, found, at)
        parts = [_grown(ctx, p, rank) for p in found[0]]
        return joined(ctx, parts, found[1], 0 if op == "hstack" and len(parts[0].shape.axes) == 1 else at)

    return run


def _grown(ctx: Ctx, x: Tensor, rank: int) -> Tensor:
    while len(x.shape.axes) < rank:
        x = unsqueezed(ctx, x, 0)
    return x


call("torch.hstack", "numpy.hstack")(_thick("hstack", 1, 1))
call("torch.vstack", "numpy.vstack")(_thick("vstack", 2, 0))
