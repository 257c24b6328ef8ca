"""Tensor reductions, orderings and running totals: sum, mean, max, argmax, topk, sort, cumsum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape
from shapeguard.analysis.facts.tensors import Part
from shapeguard.analysis.facts.values import UNKNOWN, After, Args, Count, Dtype, Mask, Origin, Real, Scale, Seq, Tensor, Value, uid
from shapeguard.analysis.ops.common import (
    FLOATS,
    after,
    as_tensor,
    changed,
    flag,
    integers,
    is_none,
    keyword,
    pair,
    read,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, Op, call, method
from shapeguard.analysis.ops.tensors.arithmetic import entry_of_either
from shapeguard.analysis.ops.tensors.axes import UNIT, locate, vague
from shapeguard.analysis.ops.tensors.by_hand import over_classes, over_spread
from shapeguard.analysis.ops.tensors.members import elem_of


def collapsed(ctx: Ctx, x: Tensor, dims: Sequence[int] | None, keep: bool | None) -> tuple[Tensor, Shape, list[Axis]]:
    """The shape without some axes (None: all of them), and those axes; x with what that binds."""
    if keep is None:
        return x, vague(x.shape), []
    if dims is None:
        if not keep:
            return x, Shape(()), [a for a in x.shape.axes if isinstance(a, Axis)]
        return x, Shape((UNIT,) * len(x.shape.axes)) if x.shape.pack is None else vague(x.shape), []
    for d in dims:
        x, _ = locate(ctx, x, d)
    places: list[int] = []
    for d in dims:
        x, place = locate(ctx, x, d)
        if place is None:
            if x.shape.rank == 0:  # torch takes dim 0 of a scalar
                continue
            return x, vague(x.shape), []
        places.append(place)
    gone = [a for p in places if isinstance(a := x.shape.axes[p], Axis)]
    axes: list[Axis | Pack] = []
    for i, a in enumerate(x.shape.axes):
        if i not in places:
            axes.append(a)
        elif keep:
            axes.append(UNIT)
    return x, Shape(tuple(axes)), gone


def _read(ctx: Ctx, args: Args) -> tuple[Tensor | None, list[int] | None, bool | None, bool]:
    """The tensor, the dims (None: all), keepdim, and whether the dims are known."""
    x = tensor(ctx, args, 0, "input", "a")
    _, dim, keep = read(ctx, args, "input", "dim|axis", "keepdim|keepdims")
    if x is not None and x.array:
        keep = keyword(ctx, args, "keepdims", "keepdim")
    if is_none(dim):
        return x, None, flag(keep), True
    dims = integers(ctx, dim)
    return x, dims or None, flag(keep), dims is not None


def reduced(ctx: Ctx, args: Args, op: str, scale: Scale = "", dtype: Dtype | None = None) -> Value:
    """What a reduction leaves."""
    x, dims, keep, known = _read(ctx, args)
    if x is None:
        return UNKNOWN
    if known:
        x, shape, _ = collapsed(ctx, x, dims, keep)
    else:
        shape = vague(x.shape)
    step = ctx.step(op, f"{op} -> {shape}", x.step, shape=shape)
    kept: Scale = scale or ("embedding" if x.scale == "embedding" and op in ("mean", "sum", "max", "amax", "min", "amin") else "")
    kept = "loss" if x.losses else kept
    contiguous = True if x.contiguous and shape.pack is None else None
    facts: dict[str, Any] = {"shape": shape, "scale": kept, "contiguous": contiguous, "breaks": (), "step": step}
    facts["dtype"] = x.dtype if dtype is None else dtype
    y = changed(x, **facts)
    if dims is not None and not all(_harmless(x, d) for d in dims):
        y = replace(y, fed=())
    if not x.losses:
        whole = op == "logsumexp" and dims is not None and len(dims) == 1 and over_classes(x, dims[0])
        return replace(y, part=Part("logsumexp", x)) if whole else y
    if x.spread is not None:
        y = replace(y, spread=None)
        if op == "sum" and dims is not None and len(dims) == 1 and over_spread(x, dims[0]):
            return y  # the loss of a position is whole now
    what = After("sum", step=step) if op == "sum" else After("mean", step=step) if op == "mean" else After("other", name=op, step=step)
    return after(y, what)


def _harmless(x: Tensor, dim: int) -> bool:
    """Whether reducing an axis leaves the axis of time where it was."""
    from shapeguard.analysis.ops.tensors.cuts import time_place

    place, rank = time_place(x), x.shape.rank
    return place is None or rank is None or dim % rank != place


@method("sum", "nansum")
@call("torch.sum", "torch.nansum", "numpy.sum", "numpy.nansum")
def sum_(ctx: Ctx, args: Args) -> Value:
    """The sum of a mask counts what it keeps."""
    x = tensor(ctx, args, 0, "input", "a")
    dtype: Dtype | None = None
    if x is not None and x.dtype in ("bool", "uint8", "int", "int32"):
        dtype = "int64"
    y = reduced(ctx, args, "sum", dtype=dtype)
    if x is None or not isinstance(y, Tensor):
        return y
    if x.mask is not None and x.scale == "mask":
        step = ctx.step("count", f"counts what the mask keeps -> {y.shape}", x.step, shape=y.shape)
        return replace(y, count=Count("mask", x.mask), step=step)
    if x.count is not None:
        return replace(y, count=x.count if x.count.kind in ("mask", "lengths") else None)
    return y


@method("mean", "nanmean")
@call("torch.mean", "torch.nanmean", "numpy.mean", "numpy.nanmean", "numpy.average")
def mean(ctx: Ctx, args: Args) -> Value:
    listed = read(ctx, args, "input|a")[0]
    if isinstance(listed, Seq):
        return _mean_of_list(ctx, listed)
    return reduced(ctx, args, "mean", dtype=_float(tensor(ctx, args, 0, "input", "a")))


def _mean_of_list(ctx: Ctx, losses: Seq) -> Value:
    """`np.mean(losses)`: what was collected is added up, and divided by how many there are."""
    one = ctx.get(elem_of(ctx, losses))
    if not isinstance(one, Tensor) or not one.losses:
        return UNKNOWN
    step = ctx.step("mean", "mean of a list", one.step, shape=Shape(()))
    y = changed(one, shape=Shape(()), scale="loss", step=step, contiguous=True, breaks=())
    return after(after(y, After("accumulate", name="list")), After("mean", name="list", step=step))


def _float(x: Tensor | None) -> Dtype | None:
    return "double" if x is not None and x.array and x.dtype not in FLOATS else None


@cache
def _plain(op: str, dtype: Dtype | None = None) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        return reduced(ctx, args, op, dtype=dtype)

    return run


@method("prod")
@call("torch.prod", "numpy.prod")
def prod(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    return reduced(ctx, args, "prod", dtype="int64" if x is not None and x.dtype in ("bool", "uint8", "int", "int32") else None)


for _name in ("logsumexp", "amax", "amin"):
    call(f"torch.{_name}", f"torch.special.{_name}" if _name == "logsumexp" else f"numpy.{_name}")(_plain(_name))
    method(_name)(_plain(_name))


@cache
def _spread(op: str) -> Op:
    """std and var: their second argument may be `unbiased`."""

    def run(ctx: Ctx, args: Args) -> Value:
        second = ctx.get(args.pos[1]) if len(args.pos) > 1 else None
        if getattr(second, "value", None) in (True, False) and not isinstance(second, Tensor):
            args = Args(args.pos[:1], args.kw, args.more)
        elif len(args.pos) > 2:  # x.std(dim, unbiased, keepdim)
            third = (("keepdim", args.pos[3]),) if len(args.pos) > 3 else ()
            args = Args(args.pos[:2], (*args.kw, *third), args.more)
        return reduced(ctx, args, op, dtype=_float(tensor(ctx, args, 0, "input", "a")))

    return run


for _name in ("std", "var"):
    call(f"torch.{_name}", f"numpy.{_name}")(_spread(_name))
    method(_name)(_spread(_name))


@method("norm")
@call("torch.norm", "torch.linalg.norm", "torch.linalg.vector_norm", "numpy.linalg.norm")
def norm(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "input")
    if raw is None:
        return UNKNOWN
    dim, keep = args.given(2, "dim") or args.given(None, "axis"), args.given(3, "keepdim") or args.given(None, "keepdims")
    kw = [(k, v) for k, v in (("dim", dim), ("keepdim", keep)) if v is not None]
    return reduced(ctx, Args((raw,), tuple(kw)), "norm", dtype=_float(as_tensor(ctx, raw)))


@method("any", "all")
@call("torch.any", "torch.all", "numpy.any", "numpy.all")
def any_(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    y = reduced(ctx, args, "any", dtype="uint8" if x is not None and x.dtype == "uint8" and not x.array else "bool")
    return replace(y, scale="mask", mask=Mask("given", "unknown", uid=uid())) if isinstance(y, Tensor) else y


@method("count_nonzero")
@call("torch.count_nonzero", "numpy.count_nonzero")
def count_nonzero(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    y = reduced(ctx, args, "count", dtype="int64")
    return replace(y, count=Count("mask", x.mask)) if isinstance(y, Tensor) and x is not None and x.mask is not None else y


# max and its like


@cache
def _extreme(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        second = args.given(1, "other")
        other = ctx.get(second) if second is not None else None
        x = tensor(ctx, args, 0, "input", "a")
        if x is None:
            return UNKNOWN
        if isinstance(other, Tensor) and (other.shape.axes or not x.shape.axes):
            return entry_of_either(ctx, x, other, op + "imum")
        dim = read(ctx, args, "input", "dim|axis")[1]
        values = reduced(ctx, args, op)
        if isinstance(values, Tensor) and x.scale == "logits":
            values = replace(values, scale="")
        if x.array or is_none(dim):
            return values
        return pair(values, extreme_place(ctx, args, op)) if isinstance(values, Tensor) else UNKNOWN

    return run


for _name in ("max", "min"):
    call(f"torch.{_name}")(_extreme(_name))
    method(_name)(_extreme(_name))
    call(f"numpy.{_name}")(_plain(_name))
for _name in ("median", "mode", "nanmedian"):
    call(f"torch.{_name}")(_extreme(_name))
    method(_name)(_extreme(_name))


@call("numpy.median")
def numpy_median(ctx: Ctx, args: Args) -> Value:
    return reduced(ctx, args, "median", dtype=_float(tensor(ctx, args, 0, "a")))


def extreme_place(ctx: Ctx, args: Args, op: str) -> Tensor:
    """Where along an axis something stands: class ids, of an axis of classes."""
    x, dims, keep, known = _read(ctx, args)
    assert x is not None
    gone: list[Axis] = []
    shape = vague(x.shape)
    if known:
        x, shape, gone = collapsed(ctx, x, dims, keep)
    step = ctx.step(f"arg{op}", f"arg{op} -> {shape}", x.step, shape=shape)
    high = gone[0].size if dims is not None and len(gone) == 1 else None
    contiguous = True if x.contiguous and shape.pack is None else None
    return Tensor(
        shape,
        x.array,
        "int64",
        "ids",
        contiguous=contiguous,
        unpadded=True,
        origin=Origin(uid()),
        low=Dim(),
        high=high,
        step=step,
        real=(Real(Dim(), step),) if op == "min" else (),  # the nearest entry of a codebook: 0 is as good as any
    )


@cache
def _arg(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        return extreme_place(ctx, args, op) if tensor(ctx, args, 0, "input", "a") is not None else UNKNOWN

    return run


for _name in ("max", "min"):
    call(f"torch.arg{_name}", f"numpy.arg{_name}")(_arg(_name))
    method(f"arg{_name}")(_arg(_name))
