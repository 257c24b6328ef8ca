"""Tensors expanded, tiled and repeated."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Same, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import UNKNOWN, Args, Num, Seq, Tensor, Value
from shapeguard.analysis.ops.common import (
    integer,
    is_none,
    keeps_norm,
    listed,
    made,
    number,
    read,
    spread,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, call, method
from shapeguard.analysis.ops.tensors.axes import UNIT, is_one, locate, may_be_one, with_axis_replaced
from shapeguard.analysis.ops.tensors.views import lost


@method("expand", "broadcast_to")
@call("torch.broadcast_to", "numpy.broadcast_to")
def expand(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "array")
    if x is None:
        return UNKNOWN
    return _expanded(ctx, x, spread(ctx, args, 1, "size", "sizes", "shape"), "expand")


def _expanded(ctx: Ctx, x: Tensor, wanted: list[Value] | None, op: str) -> Tensor:
    if wanted is None:
        return lost(ctx, x, op)
    axes: list[Axis | Pack] = []
    for back, w in enumerate(reversed(wanted), 1):
        x, place = locate(ctx, x, -back) if x.shape.pack is not None and number(w) == Dim.of(-1) else (x, _from_right(x, back))
        old = x.shape.axes[place] if place is not None else None
        d = number(w)
        if d is not None and d.const == -1:
            axes.append(old if isinstance(old, Axis) else axis(fresh("n")))
        elif isinstance(old, Axis) and not is_one(old) and (d is None or old.size is None or old.size.same(d) is not Same.NO):
            # expand leaves an axis that is not 1 as it is: a size that differs by name must be equal, or the axis was 1
            same = d is None or old.size == d or (old.size is not None and old.size.const is not None)
            axes.append(old if same or d is None else axis(d))
        else:
            axes.append(axis(d if d is not None else fresh("n")))
    shape = Shape(tuple(reversed(axes)))
    if shape.axes == x.shape.axes:
        return x
    grown = len(shape.axes) > len(x.shape.axes) or any(
        is_one(a) and not is_one(b) for a, b in zip(reversed(x.shape.axes), reversed(shape.axes), strict=False)
    )
    sure = x.shape.pack is None and grown and x.contiguous is not None and not all(map(is_one, shape.axes))
    really = sure and any(
        not is_one(b) and (i >= len(x.shape.axes) or is_one(x.shape.axes[-1 - i])) for i, b in enumerate(reversed(shape.axes))
    )
    pairs = zip(reversed(x.shape.axes), reversed(shape.axes), strict=False)
    pairs = zip(reversed(x.shape.axes), reversed(shape.axes), strict=False)
    unsure = any(isinstance(a, Axis) and may_be_one(a) and a != b for a, b in pairs)
    same = not grown and not unsure and x.contiguous is True and x.shape.pack is None
    return made(ctx, op, x, shape, contiguous=False if really else True if same else None, breaks=(), norm=keeps_norm(x.norm, shape))


def _from_right(x: Tensor, back: int) -> int | None:
    place = len(x.shape.axes) - back
    if place < 0 or (x.shape.pack is not None and place <= x.shape.axes.index(x.shape.pack)):
        return None
    return place


@method("expand_as")
def expand_as(ctx: Ctx, args: Args) -> Value:
    x, other = tensor(ctx, args), tensor(ctx, args, 1, "other")
    if x is None or other is None:
        return UNKNOWN
    if other.shape.dims is None:
        return made(ctx, "expand_as", x, other.shape, contiguous=None, breaks=())
    wanted: list[Value] = [Num(a.size if a.size is not None else fresh("n")) for a in other.shape.dims]
    y = _expanded(ctx, x, wanted, "expand_as")
    if y.shape.dims is None or len(y.shape.dims) != len(other.shape.dims):
        return y
    pairs = zip(y.shape.dims, other.shape.dims, strict=True)
    return replace(y, shape=Shape(tuple(b if a.same_size(b) is Same.YES and len(b.parts) > len(a.parts) else a for a, b in pairs)))


@method("repeat")
def repeat(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    if x.array and args.given(1, "repeats") is not None:
        return repeat_interleave(ctx, args)
    return _tiled(ctx, x, spread(ctx, args, 1, "repeats"), "repeat")


@method("tile")
@call("torch.tile", "numpy.tile")
def tile(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "A")
    return UNKNOWN if x is None else _tiled(ctx, x, spread(ctx, args, 1, "dims", "reps"), "tile")


def _tiled(ctx: Ctx, x: Tensor, times: list[Value] | None, op: str) -> Tensor:
    if times is None:
        return lost(ctx, x, op)
    old = list(x.shape.axes)
    if x.shape.pack is not None:
        x, _ = locate(ctx, x, -1) if op == "tile" else (x, None)
        from shapeguard.analysis.ops.tensors.axes import exactly

        if op == "repeat" and x.shape.min_rank > len(times):
            return lost(ctx, x, op)
        return _vague_tile(ctx, x, times, op) if x.shape.min_rank != len(times) else _tiled(ctx, exactly(ctx, x, len(times)), times, op)
    counts = [number(t) for t in times]
    while len(old) < len(counts):
        old.insert(0, UNIT)
    while len(counts) < len(old):
        counts.insert(0, Dim.of(1))
    axes: list[Axis | Pack] = []
    for a, n in zip(old, counts, strict=True):
        assert isinstance(a, Axis)
        if n is not None and n.const == 1:
            axes.append(a)
        elif is_one(a):
            axes.append(axis(n if n is not None else fresh("n")))
        elif n is None:
            axes.append(axis(fresh("n")))
        else:
            axes.append(Axis((n, *a.parts), a.mixed))
    shape = Shape(tuple(axes))
    return made(ctx, op, x, shape, contiguous=True, breaks=(), norm=keeps_norm(x.norm, shape))


def _vague_tile(ctx: Ctx, x: Tensor, times: list[Value], op: str) -> Tensor:
    axes = tuple(axis(fresh("n")) for _ in times) if op == "repeat" else (fresh_pack("x"),)
    return made(ctx, op, x, Shape(axes), contiguous=True, breaks=(), norm=None)


@method("repeat_interleave")
@call("torch.repeat_interleave", "numpy.repeat")
def repeat_interleave(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, times, dim = read(ctx, args, "input", "repeats", "dim|axis")
    if x is None:
        return UNKNOWN
    n = number(times) if not isinstance(times, Tensor) or times.shape.rank == 0 else None
    many = [number(t) for t in listed(ctx, times) or [UNKNOWN]] if isinstance(times, Seq) else [n]
    if len(many) == 1:
        n = many[0]
    if is_none(dim):
        whole = Axis(tuple(p for p in x.shape.parts() if p != Dim.of(1)) or (Dim.of(1),))
        new = Axis((*whole.parts, n)) if n is not None else axis(fresh("n"))
        return made(ctx, "repeat_interleave", x, Shape((new,)), contiguous=True, breaks=(), norm=None)
    at = integer(dim)
    x, place = locate(ctx, x, at) if at is not None else (x, None)
    if place is None:
        return lost(ctx, x, "repeat_interleave")
    a = x.shape.axes[place]
    assert isinstance(a, Axis)
    known = n is not None and len(many) == 1
    new = a if known and n == Dim.of(1) else Axis((*a.parts, n), a.mixed) if known and n is not None else axis(fresh("n"))
    if known and n is not None and is_one(a):
        new = axis(n)
    shape = with_axis_replaced(x.shape, place, new)
    return made(ctx, "repeat_interleave", x, shape, contiguous=True, breaks=(), norm=keeps_norm(x.norm, shape))
