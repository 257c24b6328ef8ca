"""Tensors cut into pieces: chunk, split, unbind, unfold."""

from __future__ import annotations

import itertools
from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, Num, Seq, SliceV, Tensor, Value
from shapeguard.analysis.ops.common import integer, listed, made, number, read, tensor
from shapeguard.analysis.ops.table import Ctx, call, method
from shapeguard.analysis.ops.tensors.axes import locate, position, vague, with_axis_replaced
from shapeguard.analysis.ops.tensors.cuts import piece_of
from shapeguard.analysis.ops.tensors.selecting import indexed_along

MOST = 64  # pieces that are told apart


def _several(ctx: Ctx, x: Tensor, dim: int, bounds: list[Dim], kind: str = "tuple") -> Seq:
    """The pieces between bounds."""
    out: list[Value] = []
    place = position(x.shape, dim)
    whole = x.shape.axes[place] if place is not None else None
    for lo, hi in itertools.pairwise(bounds):
        piece = indexed_along(ctx, x, dim, SliceV(Num(lo), Num(hi)))
        if isinstance(piece, Tensor):
            piece = _exact(ctx, piece, dim, hi - lo, whole, lo)
        out.append(piece)
    return Seq("list" if kind == "list" else "tuple", tuple(ctx.new(p) for p in out), UNKNOWN, Dim.of(len(out)))


def _exact(ctx: Ctx, x: Tensor, dim: int, size: Dim, whole: Axis | Pack | None, start: Dim) -> Tensor:
    """A piece with the size that it certainly has, named after what it is a part of."""
    x, place = locate(ctx, x, dim)
    if place is None:
        return x
    old = x.shape.axes[place]
    if isinstance(old, Axis) and old.size == size:
        return x
    new = piece_of(whole, size, start) if isinstance(whole, Axis) else axis(size)
    return replace(x, shape=with_axis_replaced(x.shape, place, new))


def _uneven(ctx: Ctx, x: Tensor, dim: int | None, count: Dim | None = None, size: Dim | None = None, op: str = "split") -> Value:
    """Pieces of which one stands for all; `op` is "windows" where all but the last have one size."""
    shape = vague(x.shape)
    if dim is not None:
        x, place = locate(ctx, x, dim)
        if place is not None:
            a = x.shape.axes[place]
            shape = with_axis_replaced(
                x.shape, place, axis(size if size is not None else fresh("n", a.role if isinstance(a, Axis) else ""))
            )
    piece = replace(
        x, shape=shape, contiguous=None, breaks=(), origin=None, fed=(), norm=None, step=ctx.step(op, f"pieces of {shape}", x.step)
    )
    return Seq("tuple", None, piece, count if count is not None else fresh("n"))


@method("chunk")
@call("torch.chunk")
def chunk(ctx: Ctx, args: Args) -> Value:
    """Chunks of an axis that is not known to divide: torch may return fewer."""
    x = tensor(ctx, args)
    _, count, dim = read(ctx, args, "input", "chunks", "dim")
    n, at = integer(count), 0 if dim is None else integer(dim)
    if x is None:
        return UNKNOWN
    if n is None or at is None or not 0 < n <= MOST:
        return _uneven(ctx, x, at, op="windows")
    x, place = locate(ctx, x, at)
    a = x.shape.axes[place] if place is not None else None
    size = a.size if isinstance(a, Axis) else None
    if size is None:
        return _uneven(ctx, x, at, op="windows")
    if size.const is not None:
        each = -(-size.const // n) if size.const else 0
        bounds = [min(i * each, size.const) for i in range(n + 1)] if each else [0] * (n + 1)
        kept = [b for i, b in enumerate(bounds) if i == 0 or b != bounds[i - 1] or not each]
        return _several(ctx, x, at, [Dim.of(b) for b in kept])
    each_ = size.div(Dim.of(n))
    if each_ is None:
        # an unknown width, unpacked into so many names
        return _fixed(ctx, x, at, n)
    return _several(ctx, x, at, [each_ * i for i in range(n + 1)])


def _fixed(ctx: Ctx, x: Tensor, at: int, n: int) -> Value:
    one = _uneven(ctx, x, at, op="windows")
    assert isinstance(one, Seq)
    return replace(one, items=tuple(ctx.new(one.elem) for _ in range(n)), length=Dim.of(n)) if n == 1 else one


@method("split")
@call("torch.split", "torch.functional.split")
def split(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "tensor", "input")
    if x is None:
        return UNKNOWN
    if x.array:
        return numpy_split(ctx, args)
    _, size, dim = read(ctx, args, "tensor|input", "split_size_or_sections|split_size", "dim")
    at = 0 if dim is None else integer(dim)
    if at is None:
        return _uneven(ctx, x, None)
    if isinstance(size, Tensor) and size.shape.axes:
        return _uneven(ctx, x, at)
    if isinstance(size, Seq):
        wanted = [number(w) for w in listed(ctx, size) or [UNKNOWN]]
        if any(w is None for w in wanted):
            return _uneven(ctx, x, at)
        bounds = [Dim()]
        for w in wanted:
            bounds.append(bounds[-1] + (w or Dim()))
        return _several(ctx, x, at, bounds)
    each = number(size)
    x, place = locate(ctx, x, at)
    a = x.shape.axes[place] if place is not None else None
    total = a.size if isinstance(a, Axis) else None
    if total is None or each is None:
        return _uneven(ctx, x, at, op="windows")
    if total.const is not None and each.const and total.const <= MOST * each.const:
        return _several(ctx, x, at, [Dim.of(b) for b in (*range(0, max(total.const, 1), each.const), total.const)])
    count = total.div(each)
    if count is not None and count.const is not None and 0 < count.const <= 16:
        return _several(ctx, x, at, [each * i for i in range(count.const + 1)])
    return _uneven(ctx, x, at, count, each if each.const == 1 else None, "windows")


@call("torch.tensor_split")
@method("tensor_split")
def tensor_split(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else _uneven(ctx, x, integer(read(ctx, args, "input", "indices", "dim")[2]))


@call("numpy.split", "numpy.array_split")
def numpy_split(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "ary")
    dim = read(ctx, args, "ary", "indices_or_sections", "axis")[2]
    return UNKNOWN if x is None else _uneven(ctx, x, 0 if dim is None else integer(dim))


@method("unbind")
@call("torch.unbind")
def unbind(ctx: Ctx, args: Args) -> Value:
    x, dim = tensor(ctx, args), read(ctx, args, "input", "dim")[1]
    at = 0 if dim is None else integer(dim)
    if x is None:
        return UNKNOWN
    if at is None:
        return _uneven(ctx, x, None)
    x, place = locate(ctx, x, at)
    a = x.shape.axes[place] if place is not None else None
    size = a.size if isinstance(a, Axis) else None
    if size is None or size.const is None or size.const > MOST:
        return Seq("tuple", None, indexed_along(ctx, x, at, Num(fresh("i", "index"))), size if size is not None else fresh("n"))
    found = tuple(ctx.new(indexed_along(ctx, x, at, Num(Dim.of(i)))) for i in range(size.const))
    return Seq("tuple", found, UNKNOWN, size)


@method("unfold")
def unfold(ctx: Ctx, args: Args) -> Value:
    """Windows of an axis: cut into equal pieces, there is no padding in them."""
    x = tensor(ctx, args)
    _, dim, size, by = read(ctx, args, "input", "dimension", "size", "step")
    at = integer(dim)
    width = number(size)
    if x is None:
        return UNKNOWN
    x, place = locate(ctx, x, at) if at is not None else (x, None)
    a = x.shape.axes[place] if place is not None else None
    if place is None or not isinstance(a, Axis):
        return made(ctx, "unfold", x, vague(x.shape), contiguous=None, breaks=(), norm=None, origin=None, fed=())
    count: Dim | None = None
    if a.size is not None and width is not None and (gap := a.size - width) is not None:
        step = integer(by)
        if step == 1:
            count = gap + 1
        elif gap.const is not None and step:
            count = Dim.of(gap.const // step + 1)
        elif by is not None and number(by) == width:
            count = a.size.div(width)
    window = axis(width if width is not None else fresh("n"))
    shape = Shape((*with_axis_replaced(x.shape, place, axis(count if count is not None else fresh("n"))).axes, window))
    return made(ctx, "unfold", x, shape, contiguous=None, breaks=(), norm=None, origin=None, fed=(), unpadded=not x.fills)


@method("as_strided")
@call("torch.as_strided")
def as_strided(ctx: Ctx, args: Args) -> Value:
    """Windows of one long row, where it is one: entries of it in an order that the strides give."""
    x = tensor(ctx, args)
    _, size = read(ctx, args, "input", "size")
    if x is None:
        return UNKNOWN
    wanted = listed(ctx, size) if isinstance(size, Seq) else None
    sizes = [number(w) for w in wanted or ()]
    shape = Shape(tuple(axis(s if s is not None else fresh("n")) for s in sizes)) if wanted is not None else vague(x.shape)
    whole = x.unpadded or (len(x.shape.axes) == 1 and isinstance(x.shape.axes[0], Axis) and x.scale == "ids")
    return made(
        ctx, "as_strided", x, shape, contiguous=None, breaks=(), norm=None, origin=None, fed=(), value=None, unpadded=whole and not x.fills
    )


@call("numpy.lib.stride_tricks.sliding_window_view")
def sliding_window_view(ctx: Ctx, args: Args) -> Value:
    """`sliding_window_view(x, n)`: all windows of one row."""
    x = tensor(ctx, args, 0, "x")
    width = number(read(ctx, args, "x", "window_shape")[1])
    if x is None or width is None or len(x.shape.axes) != 1 or not isinstance(x.shape.axes[0], Axis) or len(args.pos) > 2 or args.kw:
        return UNKNOWN
    whole = x.shape.axes[0].size
    shape = Shape((axis(whole - width + 1 if whole is not None else fresh("n")), axis(width)))
    return made(ctx, "unfold", x, shape, contiguous=None, breaks=(), norm=None, origin=None, fed=(), unpadded=not x.fills)
