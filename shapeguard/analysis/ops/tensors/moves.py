"""Tensor axes in another order: transpose, permute, movedim, T, flip and roll."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shapeguard.analysis.facts.shapes import Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import UNKNOWN, Args, Origin, Tensor, Value
from shapeguard.analysis.ops.common import integer, integers, is_none, made, number, read, spread, tensor
from shapeguard.analysis.ops.table import Ctx, attribute, call, method
from shapeguard.analysis.ops.tensors.axes import RANK, exactly, is_one, locate, position
from shapeguard.analysis.ops.tensors.views import lost


def permuted(ctx: Ctx, x: Tensor, order: Sequence[int], op: str, words: str = "") -> Tensor:
    """x with the entries of `shape.axes` in another order."""
    shape = Shape(tuple(x.shape.axes[i] for i in order))
    y = made(ctx, op, x, shape, words or f"{op} -> {shape}")
    solid = [i for i in order if not is_one(x.shape.axes[i])]
    if solid == sorted(solid):
        return replace(y, breaks=()) if x.breaks else y
    if x.contiguous is not True:
        return replace(y, contiguous=None, breaks=())
    places = [p for p, i in enumerate(order) if not is_one(x.shape.axes[i])]
    ranks = {old: n for n, old in enumerate(sorted(solid))}
    broken = tuple(
        places[n] - len(order) for n in range(1, len(solid)) if ranks[solid[n]] != ranks[solid[n - 1]] + 1 and _leads(shape, places[n])
    )
    return replace(y, contiguous=False, breaks=broken)


def _leads(shape: Shape, place: int) -> bool:
    """Whether a place counted from the right stays right when the pack becomes known."""
    return shape.pack is None or place > shape.axes.index(shape.pack)


@method("transpose", "swapaxes", "swapdims")
@call("torch.transpose", "torch.swapaxes", "torch.swapdims", "numpy.swapaxes")
def transpose(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, one, two = read(ctx, args, "input", "dim0|axis0|axis1", "dim1|axis1|axis2")
    if x is None:
        return UNKNOWN
    if x.array and (one is None or two is None or len(args.pos) > 3):
        return permute(ctx, args) if one is not None else _reversed(ctx, x, "transpose")
    a, b = integer(one), integer(two)
    if a is None or b is None:
        return lost(ctx, x, "transpose")
    return swapped(ctx, x, a, b)


def swapped(ctx: Ctx, x: Tensor, a: int, b: int) -> Tensor:
    """x with two axes exchanged."""
    for d in (a, b):
        x, _ = locate(ctx, x, d)
    p, q = position(x.shape, a), position(x.shape, b)
    if p is None or q is None:
        return _half(ctx, x, a, b, p, q)
    order = list(range(len(x.shape.axes)))
    order[p], order[q] = order[q], order[p]
    name = "transpose"
    shape = Shape(tuple(x.shape.axes[i] for i in order))
    return permuted(ctx, x, order, name, f"transpose({a}, {b}) -> {shape}")


def _half(ctx: Ctx, x: Tensor, a: int, b: int, p: int | None, q: int | None) -> Tensor:
    """What is left to say where one of the axes lies behind the pack, counted from the left."""
    if x.shape.pack is None or min(a, b) < 0 or max(a, b) > RANK:
        return lost(ctx, x, "transpose")
    axes = x.shape.axes
    cut = axes.index(x.shape.pack)
    source = [b if i == a else a if i == b else i for i in range(max(a, b) + 1)]
    head = tuple(axes[i] if i < cut else axis(fresh("n")) for i in source)
    shape = Shape((*head, fresh_pack("x")))
    return made(ctx, "transpose", x, shape, f"transpose({a}, {b}) -> {shape}", contiguous=None, breaks=())


@method("permute")
@call("torch.permute", "numpy.transpose")
def permute(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    if x is None:
        return UNKNOWN
    wanted = spread(ctx, args, 1, "dims", "axes")
    if wanted == [] and x.array:
        return _reversed(ctx, x, "transpose")
    dims = [integer(w) for w in wanted] if wanted is not None else [None]
    if any(d is None for d in dims):
        return _unordered(ctx, x, len(dims) if wanted else None)
    found = [d for d in dims if d is not None]
    x = exactly(ctx, x, len(found))
    rank = x.shape.rank
    order = [d % rank for d in found] if rank else []
    if rank is None or rank != len(found) or sorted(order) != list(range(rank)):
        return lost(ctx, x, "permute")
    shape = Shape(tuple(x.shape.axes[i] for i in order))
    return permuted(ctx, x, order, "permute", f"permute{tuple(found)} -> {shape}")


def _unordered(ctx: Ctx, x: Tensor, rank: int | None) -> Tensor:
    if rank is None:
        return lost(ctx, x, "permute")
    shape = Shape(tuple(axis(fresh("n")) for _ in range(rank)))
    return made(ctx, "permute", x, shape, norm=None, contiguous=None, breaks=())


@method("movedim", "moveaxis")
@call("torch.movedim", "torch.moveaxis", "numpy.moveaxis")
def movedim(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, source, to = read(ctx, args, "input", "source", "destination")
    if x is None:
        return UNKNOWN
    old, new = integers(ctx, source), integers(ctx, to)
    rank = x.shape.rank
    if old is None or new is None or len(old) != len(new) or rank is None or any(not -rank <= d < rank for d in (*old, *new)):
        return lost(ctx, x, "movedim")
    places: dict[int, int] = {n % rank: o % rank for o, n in zip(old, new, strict=True)}
    if len(places) != len(old):
        return lost(ctx, x, "movedim")
    rest = iter([i for i in range(rank) if i not in places.values()])
    return permuted(ctx, x, [places[i] if i in places else next(rest) for i in range(rank)], "movedim")


def _reversed(ctx: Ctx, x: Tensor, op: str) -> Tensor:
    return permuted(ctx, x, list(reversed(range(len(x.shape.axes)))), op)


@method("t")
@call("torch.t")
def t(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    if x.shape.pack is not None and x.shape.min_rank == 2:
        x = exactly(ctx, x, 2)
    return _reversed(ctx, x, "t") if x.shape.rank is not None and x.shape.rank <= 2 else lost(ctx, x, "t")


@attribute("T", "H")
def capital_t(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else _reversed(ctx, x, "T")


@attribute("mT", "mH")
def m_t(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else swapped(ctx, x, -2, -1)


@method("adjoint")
@call("torch.adjoint")
def adjoint(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else swapped(ctx, x, -2, -1)


@method("flip", "fliplr", "flipud")
@call("torch.flip", "torch.fliplr", "torch.flipud", "numpy.flip", "numpy.fliplr", "numpy.flipud")
def flip(ctx: Ctx, args: Args) -> Value:
    """The axes stay; what ids stand where does not."""
    x = tensor(ctx, args, 0, "input", "m")
    if x is None:
        return UNKNOWN
    step = ctx.step("flip", "flip reverses the order of the entries", x.step, shape=x.shape)
    fills = tuple(replace(f, where="unknown") for f in x.fills)
    contiguous = True if x.contiguous else None
    return replace(x, origin=None, fed=(), fills=fills, contiguous=contiguous, breaks=(), step=step)


@method("roll")
@call("torch.roll", "numpy.roll")
def roll(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, shifts, dims = read(ctx, args, "input", "shifts|shift", "dims|axis")
    if x is None:
        return UNKNOWN
    by, at = number(shifts), integers(ctx, dims)
    origin: Origin | None = None
    if x.origin is not None and by is not None:
        from shapeguard.analysis.ops.tensors.cuts import time_place

        where = time_place(x)
        rank = x.shape.rank
        flat = is_none(dims) and rank == 1
        if flat or (at is not None and len(at) == 1 and where is not None and rank is not None and at[0] % rank == where):
            origin = Origin(x.origin.source, x.origin.start - by)
        elif at is not None and len(at) == 1 and where is not None:
            origin = None
    step = ctx.step("roll", f"roll moves the entries by {by if by is not None else 'n'}", x.step, shape=x.shape)
    contiguous = True if x.contiguous else None
    return replace(x, origin=origin, fed=(), contiguous=contiguous, breaks=(), step=step)


@method("rot90")
@call("torch.rot90", "numpy.rot90")
def rot90(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "m")
    return UNKNOWN if x is None else replace(lost(ctx, x, "rot90"), origin=None, fed=())
