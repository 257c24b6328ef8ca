"""Reading sizes: `x.shape`, `x.size(0)`, `B, T = x.shape`, `len(x)`, and what binds the packs of x on the way."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, BoundLib, Const, Count, Num, Seq, SliceV, Tensor, Value
from shapeguard.analysis.ops.common import as_tensor, integer, read
from shapeguard.analysis.ops.table import Ctx, attribute, call, method
from shapeguard.analysis.ops.tensors.axes import at_least, position


def sizes(shape: Shape, first: int = 0) -> Seq:
    """A shape as the tuple that Python sees."""
    if shape.dims is None:
        return Seq("tuple", None, UNKNOWN, fresh("rank"), sizes=shape)
    found = tuple(Num(_size(a)) for a in shape.dims[first:])
    return Seq("tuple", found, UNKNOWN, Dim.of(len(found)), sizes=shape)


def _size(a: Axis) -> Dim:
    return a.size if a.size is not None else fresh("n")


def item(ctx: Ctx, seq: Seq, index: Value) -> Value | None:
    """`x.shape[i]` and `x.shape[a:b]` where the rank is not known; None when `seq` is no such shape."""
    if seq.sizes is None or seq.items is not None:
        return None
    if isinstance(index, SliceV):
        last = None if index.hi == Const(None) else integer(ctx.get(index.hi))
        shape = seq.sizes if last is None or last <= 0 else at_least(ctx, Tensor(seq.sizes), last).shape
        return _cut(shape, replace(index, lo=ctx.get(index.lo), hi=ctx.get(index.hi)))
    at = integer(ctx.get(index))
    return _axis_size(ctx, Tensor(seq.sizes), at) if at is not None else Num(fresh("n"))


def _cut(shape: Shape, index: SliceV) -> Seq:
    """`x.shape[:-1]`: the axes without so many at the ends."""
    lo = 0 if index.lo == Const(None) else integer(index.lo)
    hi = 0 if index.hi == Const(None) else integer(index.hi)
    axes: tuple[Axis | Pack, ...] = shape.axes
    vague = Seq("tuple", None, UNKNOWN, fresh("rank"))
    if lo is None or hi is None or index.step != Const(None) or shape.pack is None:
        return vague
    cut = axes.index(shape.pack)
    if hi > 0 and lo >= 0 and hi <= cut:
        return sizes(Shape(axes[lo:hi]))
    if lo < 0 and -lo <= len(axes) - 1 - cut and hi <= 0:
        return sizes(Shape(axes[lo : hi or None]))
    if 0 <= lo <= cut and hi <= 0 and -hi <= len(axes) - 1 - cut:
        return replace(vague, sizes=Shape(axes[lo : hi or None]))
    return vague


def _axis_size(ctx: Ctx, x: Tensor, at: int) -> Value:
    x = at_least(ctx, x, at + 1 if at >= 0 else -at, at >= 0)
    if at == 0 and x.shape.axes[:1] == (x.shape.pack,) and len(x.shape.axes) == 2:
        # (*x, D): nobody asks for the first size where there is but the last axis
        x = at_least(ctx, x, x.shape.min_rank + 1)
    place = position(x.shape, at)
    a = x.shape.axes[place] if place is not None else None
    if isinstance(a, Axis):
        return Num(_size(a))
    return Num(_behind(x.shape, at)) if x.shape.pack is not None else UNKNOWN


@lru_cache(maxsize=1024)
def _behind(shape: Shape, at: int) -> Dim:
    """A size that lies behind a pack: the same whenever it is asked for."""
    return fresh("n")


@attribute("shape")
def shape_of(ctx: Ctx, args: Args) -> Value:
    x = as_tensor(ctx, args.pos[0])
    return sizes(x.shape) if x is not None else UNKNOWN


@attribute("size")
def size_attribute(ctx: Ctx, args: Args) -> Value:
    x = as_tensor(ctx, args.pos[0])
    if x is not None and x.array:
        return numel(ctx, args)
    return BoundLib(args.pos[0], "size")


@method("size")
@call("numpy.size")
def size(ctx: Ctx, args: Args) -> Value:
    x, dim = as_tensor(ctx, args.pos[0]) if args.pos else None, read(ctx, args, "input", "dim|axis")[1]
    if x is None:
        return UNKNOWN
    if dim is None or dim == Const(None):
        return numel(ctx, args) if x.array else sizes(x.shape)
    at = integer(dim)
    return _axis_size(ctx, x, at) if at is not None else Num(fresh("n"))


@call("numpy.shape")
def numpy_shape(ctx: Ctx, args: Args) -> Value:
    return shape_of(ctx, args) if args.pos else UNKNOWN


@attribute("ndim")
@method("dim", "ndimension")
@call("numpy.ndim")
def rank(ctx: Ctx, args: Args) -> Value:
    x = as_tensor(ctx, args.pos[0]) if args.pos else None
    if x is None or x.shape.rank is None:
        return Num(fresh("rank"))
    return Num(Dim.of(x.shape.rank))


@method("numel", "nelement")
@call("torch.numel")
def numel(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "input")
    x = as_tensor(ctx, raw) if raw is not None else None
    if x is None:
        return UNKNOWN
    total = x.shape.numel
    picked = x.note("rows-filtered") if x.shape.rank == 1 else None  # as many as a mask keeps
    count = Count("mask", picked.mask) if picked is not None and picked.mask is not None else Count("numel")
    return Num(total if total is not None else fresh("numel"), count, x.step)


@method("__len__")
def length(ctx: Ctx, args: Args) -> Value:
    """`len(x)`."""
    x = as_tensor(ctx, args.pos[0])
    return _axis_size(ctx, x, 0) if x is not None else UNKNOWN
