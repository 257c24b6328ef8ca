"""Tensors from numbers and nested lists: torch.tensor, np.array, torch.LongTensor."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from shapeguard.analysis.facts.arith import any_id, real_of, stands_for_many
from shapeguard.analysis.facts.shapes import ONE, Axis, Dim, Shape, axis
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    Dtype,
    Num,
    Origin,
    Real,
    Ref,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.common import (
    as_tensor,
    dtype_of,
    items,
    joint_origin,
    keyword,
    merged,
    never_padded,
    number,
    read,
    side_by_side,
    size_of,
    union,
)
from shapeguard.analysis.ops.table import Ctx, Op, call, method
from shapeguard.analysis.ops.tensors.casts import LEGACY
from shapeguard.analysis.ops.tensors.creation import asked_dtype, new, shaped
from shapeguard.analysis.ops.tensors.members import opaque_source


def from_value(ctx: Ctx, raw: Value, array: bool = False) -> Tensor:
    """What `torch.tensor` makes of a number, a list (of lists) or a tensor."""
    facts = ctx.get(raw)
    if isinstance(facts, Tensor):
        return replace(facts, array=array, contiguous=True if facts.contiguous else None, breaks=())
    if isinstance(facts, Seq):
        return _from_seq(ctx, facts, array)
    if isinstance(facts, Num):
        value = None if stands_for_many(facts.dim) else facts.dim
        return Tensor(Shape(()), array, "int64", value=value, count=facts.count, step=facts.step, real=real_of(facts))
    if isinstance(facts, Const) and isinstance(facts.value, (bool, float)):
        dtype: Dtype = "bool" if isinstance(facts.value, bool) else "double" if array else "float"
        return Tensor(Shape(()), array, dtype, value=None if dtype == "bool" else number(facts), step=facts.step)
    name = facts.name or "x" if isinstance(facts, Unknown) else "x"
    if not isinstance(raw, Ref):
        return unknown_tensor(name, array=array, origin=Origin(uid()))
    return replace(_opaque(raw.id, name), array=array)


@lru_cache(maxsize=4096)
def _opaque(ref: int, name: str) -> Tensor:
    """An unknown as a tensor: of the same shape and the same ids wherever it is made one."""
    return unknown_tensor(name, origin=Origin(opaque_source(ref)))


def _from_seq(ctx: Ctx, s: Seq, array: bool) -> Tensor:
    """A tensor of the members of a list: an axis in front of theirs, and what the list and they are known to hold."""
    known = items(ctx, s)
    if known is not None:
        parts = [_part(ctx, v, array) for v in known]
    elif s.fills and isinstance(ctx.get(s.elem), Unknown):
        parts = [from_value(ctx, any_id(), array)]  # padding stands among ids
    else:
        parts = [_part(ctx, s.elem, array)]
    length = Dim.of(len(known)) if known is not None else s.length
    if not parts:  # more likely a list that was filled in a way that could not be followed
        return unknown_tensor(array=array, step=s.step)

    inner = parts[0].shape if all(p.shape == parts[0].shape for p in parts) else None
    shape = Shape((axis(length), *inner.axes)) if inner is not None else unknown_tensor().shape
    y = merged(parts, shape=shape, array=array, count=None)
    fills = union((s.fills, y.fills))
    unpadded = not s.fills and never_padded(parts) if any(p.shape.axes for p in parts) else s.unpadded
    if known and all(isinstance(ctx.get(v), Tensor) for v in known):
        unpadded = unpadded or never_padded(parts)  # entries of tensors, one by one

    whole = y.dtype in ("int64", "") and not (y.dtype == "" and not s.origin and not s.fills)
    step = ctx.step("tensor", f"tensor of {shape}", s.step, *(p.step for p in parts[:4] if p.step is not None), shape=shape)
    scalar = not parts[0].shape.axes
    low, high = (s.low, s.high) if scalar else (y.low, y.high)
    scale = y.scale
    if s.mask is not None:
        scale = "mask"
    elif whole and (scalar or y.scale in ("", "ids")):
        scale = "ids"

    return replace(
        y,
        fills=fills,
        swaps=union((s.swaps, y.swaps)),
        unpadded=unpadded and not fills,
        origin=_counted(ctx, s) or s.origin or joint_origin(parts if not scalar else ()),
        low=low,
        high=high,
        ends=union((s.ends, y.ends)),
        real=union((s.real, y.real, _zero_inside(ctx, s, known))),
        mask=s.mask or y.mask,
        scale=scale,
        value=y.value if len(parts) == 1 or (known is not None and y.value is not None) else None,
        step=step,
    )


def _counted(ctx: Ctx, s: Seq) -> Origin | None:
    """Whose lengths these numbers are, where they are all of the same rows."""
    return side_by_side([one.of if isinstance(one := ctx.get(v), Num) else None for v in (items(ctx, s) or (s.elem,))])


def _part(ctx: Ctx, raw: Value, array: bool) -> Tensor:
    """A member of a list as a tensor. Torch takes a tensor in a list for a number: it holds one entry, whatever its shape."""
    part, facts = from_value(ctx, raw, array), ctx.get(raw)
    ones = all(isinstance(a, Axis) and a.size == ONE for a in part.shape.axes)
    return replace(part, shape=Shape(())) if ones and not array and isinstance(facts, Tensor) and not facts.array else part


def _zero_inside(ctx: Ctx, s: Seq, known: list[Value] | None) -> tuple[Real, ...]:
    """A 0 among other ids in a list that was written out: padding stands in front of all or behind them."""
    numbers = [v.dim.const for v in known or () if isinstance(v, Num)]
    if s.fills or s.holds or s.mask is not None or None in numbers or len(numbers) != len(known or ()):
        return ()
    others = [i for i, n in enumerate(numbers) if n]
    if not others or 0 not in numbers[: others[-1]]:
        return ()
    inside = 0 in numbers[others[0] : others[-1]]
    return (Real(Dim(), ctx.step("class" if inside else "literal", "0 is among the targets")),)


@call("torch.tensor", "torch.as_tensor", "torch.asarray")
def make(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "data") or args.given(0, "object") or args.given(0, "obj")
    if raw is None:
        return UNKNOWN
    return _typed(ctx, args, from_value(ctx, raw))


@call("torch.scalar_tensor")
def scalar_tensor(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "s")
    return UNKNOWN if raw is None else replace(from_value(ctx, raw), dtype=asked_dtype(ctx, args, "float"))


@call("numpy.array", "numpy.asarray", "numpy.asanyarray")
def numpy_array(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "object") or args.given(0, "a")
    if raw is None:
        return UNKNOWN
    y = from_value(ctx, raw, array=True)
    second = ctx.get(args.pos[1]) if len(args.pos) > 1 else None
    dtype = dtype_of(second) if second is not None else None
    return replace(y, dtype=dtype) if dtype is not None else _typed(ctx, args, y)


def _typed(ctx: Ctx, args: Args, y: Tensor) -> Tensor:
    dtype = dtype_of(keyword(ctx, args, "dtype"))
    if dtype is None:
        return y
    return replace(y, dtype=dtype)


def _legacy(dtype: str) -> Op:
    """`torch.LongTensor(ids)` and `torch.LongTensor(2, 3)`."""

    def run(ctx: Ctx, args: Args) -> Value:
        found = [ctx.get(v) for v in args.pos]
        if found and all(isinstance(v, Num) for v in found):
            y = new(ctx, "empty", shaped(ctx, found), "empty")
        elif found:
            y = from_value(ctx, args.pos[0])
        else:
            y = Tensor(Shape((axis(0),)))
        return replace(y, dtype=dtype)  # type: ignore[arg-type]

    return run


for _name, _legacy_dtype in LEGACY.items():
    call(f"torch.{_name}", *((f"torch.cuda.{_name}",) if _name != "Tensor" else ()))(_legacy(_legacy_dtype))


@method("new_tensor")
def new_tensor(ctx: Ctx, args: Args) -> Value:
    raw = args.given(1, "data")
    return UNKNOWN if raw is None else replace(from_value(ctx, raw), dtype=asked_dtype(ctx, args, ""))


@call("numpy.random.permutation")
def permutation(ctx: Ctx, args: Args) -> Value:
    n = read(ctx, args, "x")[0]
    if isinstance(n, (Tensor, Seq)):
        y = as_tensor(ctx, n) if isinstance(n, Tensor) else from_value(ctx, n)
        return replace(y, origin=None, array=True) if y is not None else UNKNOWN
    size = size_of(n)
    return new(ctx, "randperm", Shape((axis(size),)), "a permutation,", dtype="int64", scale="ids", unpadded=True, high=size, array=True)
