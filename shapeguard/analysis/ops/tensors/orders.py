"""Tensor orderings and running totals: topk, sort, unique, cumsum."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, axis, fresh
from shapeguard.analysis.facts.values import UNKNOWN, After, Args, Dtype, Num, Origin, Scale, Tensor, Value, uid
from shapeguard.analysis.ops.common import (
    after,
    changed,
    integers,
    is_none,
    keyword,
    pair,
    read,
    size_of,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, Op, call, method
from shapeguard.analysis.ops.tensors.axes import locate, vague, with_axis_replaced
from shapeguard.analysis.ops.tensors.reductions import extreme_place, reduced


def _ordered(ctx: Ctx, x: Tensor, op: str, shape: Shape) -> Tensor:
    step = ctx.step(op, f"{op} -> {shape}", x.step, shape=shape)
    scale: Scale = x.scale if x.scale in ("ids", "logits", "probs", "log_probs", "embedding") else ""
    contiguous = True if x.contiguous else None
    whole = x.unpadded and op == "sort"
    return changed(x, shape=shape, scale=scale, unpadded=whole, low=x.low, high=x.high, step=step, fed=(), contiguous=contiguous, breaks=())


def _places(x: Tensor, values: Tensor, place: int | None) -> Tensor:
    a = x.shape.axes[place] if place is not None else None
    high = a.size if isinstance(a, Axis) else None
    return Tensor(
        values.shape, x.array, "int64", "ids", contiguous=values.contiguous, unpadded=True, origin=Origin(uid()), low=Dim(), high=high,
        step=values.step,
    )  # fmt: skip


@method("topk")
@call("torch.topk")
def topk(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    _, k, dim = read(ctx, args, "input", "k", "dim")
    if x is None:
        return UNKNOWN
    at = [-1] if is_none(dim) else integers(ctx, dim)
    x, place = locate(ctx, x, at[0]) if at else (x, None)
    shape = with_axis_replaced(x.shape, place, axis(size_of(k, "k"))) if place is not None else vague(x.shape)
    values = replace(_ordered(ctx, x, "topk", shape), contiguous=None)
    values = after(values, After("select", name="topk", step=values.step))  # the largest losses, and how many
    return pair(values, _places(x, values, place))


@method("kthvalue")
@call("torch.kthvalue")
def kthvalue(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "input")
    if raw is None:
        return UNKNOWN
    rest = [(n, v) for n, v in (("dim", args.given(2, "dim")), ("keepdim", args.given(3, "keepdim"))) if v is not None]
    if not rest or rest[0][0] != "dim":
        rest.insert(0, ("dim", Num(Dim.of(-1))))
    only = Args((raw,), tuple(rest))
    values = reduced(ctx, only, "kthvalue")
    return pair(values, extreme_place(ctx, only, "kthvalue")) if isinstance(values, Tensor) else UNKNOWN


@method("msort")
@call("torch.msort")
def msort(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else replace(_ordered(ctx, x, "sort", x.shape), contiguous=None)


@method("sort")
@call("torch.sort")
def sort(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    values = replace(_ordered(ctx, x, "sort", x.shape), contiguous=None)
    dim = keyword(ctx, args, "dim") or read(ctx, args, "input", "dim")[1]
    at = [-1] if is_none(dim) else integers(ctx, dim)
    x, place = locate(ctx, x, at[0]) if at else (x, None)
    return pair(values, _places(x, replace(values, shape=x.shape), place))


@method("argsort")
@call("torch.argsort", "numpy.argsort")
def argsort(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    return UNKNOWN if x is None else replace(_places(x, _ordered(ctx, x, "argsort", x.shape), None), contiguous=None)


@call("numpy.sort")
def numpy_sort(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "a")
    return UNKNOWN if x is None else replace(_ordered(ctx, x, "sort", x.shape), contiguous=None)


@method("unique")
@call("torch.unique", "numpy.unique")
def unique(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "ar")
    more = keyword(ctx, args, "return_inverse", "return_counts", "dim", "return_index", "axis")
    if x is None or more is not None or len(args.pos) > 2:
        return UNKNOWN
    y = _ordered(ctx, x, "unique", Shape((axis(fresh("n")),)))
    return replace(y, contiguous=True)


@cache
def _running(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args, 0, "input", "a")
        if x is None:
            return UNKNOWN
        dim = read(ctx, args, "input", "dim|axis")[1]
        shape = x.shape
        if is_none(dim) and x.array:
            shape = Shape((axis(n if (n := x.shape.numel) is not None else fresh("n")),))
        elif not is_none(dim) and (at := integers(ctx, dim)):
            x, _ = locate(ctx, x, at[0])
            shape = x.shape
        dtype: Dtype = "int64" if x.dtype in ("bool", "uint8", "int", "int32") else x.dtype
        contiguous = True if x.contiguous else None
        step = ctx.step(op, f"{op} -> {shape}", x.step, shape=shape)
        values = after(
            changed(x, shape=shape, dtype=dtype, contiguous=contiguous, breaks=(), step=step), After("other", name=op, step=step)
        )
        return pair(values, replace(values, dtype="int64", losses=None)) if op in ("cummax", "cummin") else values

    return run


for _name in ("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"):
    call(f"torch.{_name}", *((f"numpy.{_name}",) if _name in ("cumsum", "cumprod") else ()))(_running(_name))
    method(_name)(_running(_name))


@call("torch.bincount", "numpy.bincount", "torch.histc")
@method("bincount", "histc")
def bincount(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "x")
    return UNKNOWN if x is None else Tensor(Shape((axis(fresh("n")),)), array=x.array, step=x.step)
