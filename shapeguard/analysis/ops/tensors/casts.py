"""Tensor casts, copies and moves between devices: the entries stay what they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from typing import cast as as_type

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import Dim, Shape, fresh
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import UNKNOWN, After, Args, Const, Dtype, Lib, Num, Seq, Tensor, Unknown, Value
from shapeguard.analysis.ops.common import DTYPES, FLOATS, after, as_tensor, dtype_of, keyword, read, tensor
from shapeguard.analysis.ops.table import Ctx, Op, attribute, call, method


def cast(ctx: Ctx, x: Tensor, to: Value | None) -> Tensor:
    """The same entries as another dtype."""
    dtype = dtype_of(to)
    return x if dtype is None else casted(ctx, x, dtype)


def casted(ctx: Ctx, x: Tensor, dtype: Dtype) -> Tensor:
    """The same entries as a dtype ("" for one that is not known)."""
    if dtype == x.dtype and dtype:
        return x
    step = x.step
    if x.scale in ("ids", "mask", "one_hot") or (x.step is None and dtype):
        step = ctx.step("cast", f"cast to {_NAMES.get(dtype, 'another dtype')}", x.step, shape=x.shape)
    contiguous = True if x.contiguous else None
    facts: dict[str, Any] = {"dtype": dtype, "step": step, "contiguous": contiguous, "breaks": ()}
    if dtype == "bool":
        facts |= {"low": Dim(), "high": Dim.of(2)}
    if dtype == "bool" and x.value is not None:
        facts["value"] = None if x.value.const is None else Dim.of(int(x.value.const != 0))
    if dtype == "bool" and x.scale == "ids":
        return replace(x, **{**facts, "scale": "mask", "value": None, "fills": (), "unpadded": False})
    if dtype and dtype not in FLOATS and x.dtype in FLOATS | {""} and x.scale not in ("ids", "mask", "one_hot", ""):
        facts |= {"scale": "", "norm": None}
    return replace(x, **facts)


_NAMES = {"int64": "long", "double": "double", "float": "float", "half": "half", "bool": "bool", "int32": "int32"}


def _simple(dtype: Dtype) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args)
        return UNKNOWN if x is None else casted(ctx, x, dtype)

    return op


for _name in ("float", "double", "half", "bfloat16", "long", "int", "short", "bool"):
    method(_name)(_simple(DTYPES[_name]))
method("byte")(_simple("uint8"))
method("char")(_simple("int"))


def _is_dtype(facts: Value) -> bool:
    return isinstance(facts, Lib) and facts.name.rsplit(".", 1)[-1] in DTYPES


_REORDERED: frozenset[StepKind] = frozenset({"transpose", "permute", "movedim", "cast"})
_DENSE: frozenset[StepKind] = frozenset(
    {"pad_sequence", "tensor", "stack", "default_collate", "literal", "embedding", "linear", "arange", "one_hot", "add", "sub"}
)


def _only_reordered(x: Tensor) -> bool:
    """Whether it is made whole, and its axes are merely in another order: a copy keeps that order."""
    step = x.step
    while step is not None and step.kind in _REORDERED and step.parents:
        step = step.parents[0]
    return step is not None and step.kind in _DENSE


def _perhaps_copied(x: Tensor) -> Tensor:
    """A copy to another device leaves the gaps of a slice behind, and there is none where the tensor lies there already."""
    if _only_reordered(x):
        return x
    return replace(x, contiguous=True if x.contiguous else None, breaks=())


@method("to")
def to(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    target = keyword(ctx, args, "dtype", "other")
    device = keyword(ctx, args, "device")
    where = [*(ctx.get(raw) for raw in args.pos[1:]), *([] if device is None else [device])]
    if isinstance(target, Tensor) or any(not _is_dtype(facts) for facts in where):
        x = _perhaps_copied(x)
    for raw in args.pos[1:]:
        facts = ctx.get(raw)
        if _is_dtype(facts) or isinstance(facts, Tensor):
            target = facts
        elif isinstance(facts, Unknown) and facts.name in ("dtype", "torch_dtype", "ptdtype"):
            return replace(x, dtype="" if x.dtype in FLOATS or not x.dtype else x.dtype)
    return casted(ctx, x, target.dtype) if isinstance(target, Tensor) else cast(ctx, x, target)


@method("type", "astype")
def type_(ctx: Ctx, args: Args) -> Value:
    x, to_ = tensor(ctx, args), read(ctx, args, "input", "dtype")[1]
    if x is None:
        return UNKNOWN
    if to_ is None:
        return Const("torch.FloatTensor") if x.dtype == "float" else UNKNOWN
    if isinstance(to_, Lib) and to_.name.endswith("Tensor"):
        return casted(ctx, x, as_type(Dtype, LEGACY.get(to_.name.rsplit(".", 1)[-1], "")))
    if isinstance(to_, Const) and isinstance(to_.value, str) and to_.value.endswith("Tensor"):
        return casted(ctx, x, as_type(Dtype, LEGACY.get(to_.value.rsplit(".", 1)[-1], "")))
    return casted(ctx, x, dtype_of(to_) or "")


LEGACY: dict[str, str] = {
    "FloatTensor": "float", "LongTensor": "int64", "DoubleTensor": "double", "HalfTensor": "half", "IntTensor": "int32",
    "BoolTensor": "bool", "ByteTensor": "uint8", "ShortTensor": "int", "CharTensor": "int", "Tensor": "float",
}  # fmt: skip


@method("type_as")
def type_as(ctx: Ctx, args: Args) -> Value:
    x, other = tensor(ctx, args), tensor(ctx, args, 1, "other", "tensor")
    return UNKNOWN if x is None else casted(ctx, x, other.dtype if other is not None else "")


@method("cpu", "cuda", "mps", "xpu")
def moved(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else _perhaps_copied(x)


@method(
    "detach", "requires_grad", "retain_grad", "pin_memory", "share_memory", "resolve_conj",
)  # fmt: skip
@call("torch.detach", "torch.resolve_conj", "torch.autograd.Variable")
def same(ctx: Ctx, args: Args) -> Value:
    """Nothing changes that a reader must know."""
    raw = args.given(0, "input") or args.given(0, "data")
    x = as_tensor(ctx, raw) if raw is not None else None
    return UNKNOWN if x is None else x


@attribute("data", "real")
def data(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else x


@method("clone", "copy")
@call("torch.clone", "numpy.copy", "copy.copy", "copy.deepcopy")
def clone(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "input") or args.given(0, "a") or args.given(0, "x")
    facts = ctx.get(raw) if raw is not None else UNKNOWN
    if not isinstance(facts, Tensor):
        return facts  # copy.copy of anything
    return replace(facts, contiguous=True if facts.contiguous else None, breaks=())


@method("numpy")
def numpy(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else replace(x, array=True)


@call("torch.from_numpy")
def from_numpy(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "ndarray", "obj")
    return UNKNOWN if x is None else replace(x, array=False)


@method("item")
def item(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    if x.losses:
        return after(replace(x, shape=Shape(())), After("item", step=x.step))
    if x.count is not None or x.value is not None or (x.dtype and x.dtype not in FLOATS and x.dtype != "bool"):
        return replace(_entry(x), count=x.count, step=x.step)
    return replace(x, shape=Shape(()))


def _entry(x: Tensor) -> Num:
    return Num(x.value) if x.value is not None else arith.one_of("item", x.low, x.high)


@method("tolist")
def tolist(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else as_list(x)


def as_list(x: Tensor) -> Value:
    """Nested lists with the facts of the tensor."""
    if x.shape.pack is not None:
        return UNKNOWN
    if not x.shape.axes:
        if x.dtype == "bool" or x.dtype in FLOATS or (not x.dtype and x.scale not in ("ids", "mask")):
            # Python has floats of one kind
            return Tensor(Shape(()), dtype="float" if x.dtype in FLOATS else x.dtype, count=x.count, step=x.step)
        return replace(_entry(x), count=x.count, step=x.step)
    first = x.shape.dims[0] if x.shape.dims else None
    length = first.size if first is not None and first.size is not None else fresh("n")
    elem = as_list(replace(x, shape=Shape(x.shape.axes[1:]), losses=None))
    return Seq("list", None, elem, length, (), x.fills, x.swaps, x.unpadded, x.origin, x.low, x.high, real=x.real, step=x.step)


@attribute("dtype")
def dtype(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None or not x.dtype:
        return Unknown("dtype", "dtype")
    return Lib(("numpy." if x.array else "torch.") + _SPELLED[x.dtype])


_SPELLED: dict[str, str] = {
    "float": "float32", "double": "float64", "half": "float16", "int64": "int64", "int32": "int32", "int": "int16", "uint8": "uint8",
    "bool": "bool",
}  # fmt: skip


@attribute("device", "layout", "grad", "grad_fn", "requires_grad", "is_cuda", "is_leaf", "itemsize")
def unknown_attribute(ctx: Ctx, args: Args) -> Value:
    return UNKNOWN


@call("torch.is_floating_point", "torch.is_complex", "torch.get_device")
@method("is_floating_point", "is_complex", "get_device", "element_size", "stride", "storage_offset", "data_ptr", "is_pinned")
def unknown_method(ctx: Ctx, args: Args) -> Value:
    return UNKNOWN
