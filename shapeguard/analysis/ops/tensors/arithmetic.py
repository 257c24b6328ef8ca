"""Tensor arithmetic by name: `torch.exp(x)` and `x.exp()`, `torch.add`, `x.eq(y)`, `x.clamp(min=1)`, activations."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from shapeguard.analysis.facts.values import UNKNOWN, After, Args, Const, Dtype, Num, Scale, Tensor, Value
from shapeguard.analysis.ops.common import (
    FLOATS,
    after,
    as_tensor,
    changed,
    floating,
    is_none,
    merged,
    number,
    read,
    steps,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, Op, call, method
from shapeguard.analysis.ops.tensors import by_hand
from shapeguard.analysis.ops.tensors.axes import broadcast
from shapeguard.analysis.ops.tensors.compare import combined, compared, inverted, unknown_mask
from shapeguard.analysis.ops.tensors.pointwise import binary

ACTIVATIONS = (
    "relu", "gelu", "silu", "elu", "leaky_relu", "relu6", "selu", "mish", "hardswish", "hardsigmoid", "hardtanh", "softplus", "celu",
    "softsign", "tanhshrink", "hardshrink", "softshrink", "threshold", "rrelu", "tanh",
)  # fmt: skip
_FLOAT = (
    "exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "rsqrt", "sin", "cos", "tan", "sinh", "cosh", "asin", "acos", "atan", "erf",
    "erfc", "erfinv", "lgamma", "digamma", "reciprocal", "logit", "sigmoid", "deg2rad", "exp2", "sinc",
)  # fmt: skip
_SAME = ("abs", "neg", "negative", "square", "sign", "sgn", "floor", "ceil", "round", "trunc", "frac", "nan_to_num", "absolute", "fix")
_SPECIAL = frozenset("exp2 expm1 log1p erf erfc erfinv digamma logit round sinc".split())
_NUMPY = frozenset(
    "exp log log2 log10 log1p expm1 sqrt sin cos tan sinh cosh tanh reciprocal deg2rad exp2 sinc abs negative square sign floor ceil round "
    "trunc nan_to_num absolute fix".split()
)
_IN_TORCH = frozenset("relu tanh celu selu rrelu threshold hardshrink sigmoid".split())  # activations that are not in F alone


def _spellings(name: str) -> tuple[str, ...]:
    found = [f"torch.{name}"] if name not in ACTIVATIONS or name in _IN_TORCH else []
    if name in ACTIVATIONS or name == "sigmoid":
        found.append(f"torch.nn.functional.{name}")
    if name in _SPECIAL or name == "sigmoid":
        found.append(f"torch.special.{'expit' if name == 'sigmoid' else name}")
    return (*found, f"numpy.{name}") if name in _NUMPY else tuple(found)


def applied(ctx: Ctx, x: Tensor, name: str) -> Tensor:
    """A function of each entry."""
    scale: Scale = ""
    facts: dict[str, object] = {}
    dtype = x.dtype
    if name in ACTIVATIONS:
        scale = "embedding" if x.scale in ("logits", "embedding", "") else ""
    elif name == "exp" and x.scale == "log_probs":
        scale, facts["norm"] = "probs", x.norm
    elif name == "log" and x.scale == "probs":
        scale, facts["norm"] = "log_probs", x.norm
    elif name == "sigmoid":
        scale = "sigmoid"
    elif x.scale == "embedding":
        scale = "embedding"
    elif x.scale == "loss":
        scale = "loss"
    if name == "reciprocal" and x.array:
        dtype = dtype if dtype in FLOATS else ""
    elif name in _FLOAT or name in ACTIVATIONS:
        dtype = floating(x)
    elif x.array and dtype == "bool":
        dtype = ""
    contiguous = True if x.contiguous else None
    step = x.step
    if scale not in ("", x.scale) or name in ("exp", "log", "sigmoid"):
        said = {"log_probs": "log-probabilities", "probs": "probabilities"}.get(scale, scale)
        step = ctx.step(name, f"{name}{f' gives {said}' if said else ''}, {x.shape}", x.step, shape=x.shape)
    part = by_hand.negated(x) if name in ("neg", "negative") else None
    y = changed(x, scale=scale, dtype=dtype, contiguous=contiguous, breaks=(), step=step, part=part, **facts)
    if name == "log" and not x.losses:
        return by_hand.logarithm(ctx, x, y)
    return after(y, After("neg", step=step) if name in ("neg", "negative") else After("other", name=name, step=step))


@cache
def _unary(name: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args, 0, "input", "x")
        return UNKNOWN if x is None else applied(ctx, x, name)

    return op


for _name in (*_FLOAT, *_SAME):
    call(*_spellings(_name))(_unary(_name))
    method(_name)(_unary(_name))
for _name in ACTIVATIONS:
    call(*_spellings(_name))(_unary(_name))
for _name in ("relu", "hardshrink", "tanh"):
    method(_name)(_unary(_name))


@method("positive")
@call("torch.positive")
def positive(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else x


@cache
def _predicate(name: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args, 0, "input", "x")
        return UNKNOWN if x is None else unknown_mask(ctx, x, f"{name} of each entry")

    return op


for _name in ("isnan", "isinf", "isfinite", "signbit", "isposinf", "isneginf", "isreal"):
    call(f"torch.{_name}", f"numpy.{_name}")(_predicate(_name))
    method(_name)(_predicate(_name))


@call("torch.isin", "numpy.isin")
def isin(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "elements", "element")
    return UNKNOWN if x is None else unknown_mask(ctx, x, "which entries are among some")


@method("isclose")
@call("torch.isclose", "numpy.isclose")
def isclose(ctx: Ctx, args: Args) -> Value:
    x, y = tensor(ctx, args), tensor(ctx, args, 1, "other")
    return (
        UNKNOWN if x is None or y is None else unknown_mask(ctx, replace(x, shape=broadcast(x.shape, y.shape)), "which entries are close")
    )


# two operands


@cache
def _binary(op: str, turned: bool = False) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        a, b = args.given(0, "input"), args.given(1, "other")
        if b is None:
            b = args.given(1, "exponent")
        if a is None or b is None:
            return UNKNOWN
        alpha = args.given(None, "alpha")
        if alpha is not None:
            b = binary(ctx, "*", b, alpha) if isinstance(ctx.get(b), Tensor) else UNKNOWN
        if not isinstance(ctx.get(a), Tensor) and not isinstance(ctx.get(b), Tensor):
            as_tensor(ctx, a)
        return binary(ctx, op, b, a) if turned else binary(ctx, op, a, b)

    return run


for _names, _op in (
    (("add",), "+"), (("sub", "subtract"), "-"), (("mul", "multiply"), "*"), (("div", "divide", "true_divide"), "/"),
    (("floor_divide",), "//"), (("remainder", "fmod"), "%"), (("pow",), "**"),
):  # fmt: skip
    for _name in _names:
        call(f"torch.{_name}")(_binary(_op))
        method(_name)(_binary(_op))
for _name, _op in (
    ("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/"), ("true_divide", "/"), ("floor_divide", "//"),
    ("remainder", "%"), ("mod", "%"), ("power", "**"),
):  # fmt: skip
    call(f"numpy.{_name}")(_binary(_op))
call("torch.rsub")(_binary("-", turned=True))


@method("float_power")
@call("torch.float_power")
def float_power(ctx: Ctx, args: Args) -> Value:
    y = _binary("**")(ctx, args)
    return replace(y, dtype="double") if isinstance(y, Tensor) else y


@cache
def _comparison(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        a, b = args.given(0, "input"), args.given(1, "other")
        if a is None or b is None:
            return UNKNOWN
        if not isinstance(ctx.get(a), Tensor):
            as_tensor(ctx, a)
        return compared(ctx, op, a, b)

    return run


for _names, _op in (
    (("eq",), "=="), (("ne", "not_equal"), "!="), (("lt", "less"), "<"), (("le", "less_equal"), "<="), (("gt", "greater"), ">"),
    (("ge", "greater_equal"), ">="),
):  # fmt: skip
    for _name in _names:
        call(f"torch.{_name}")(_comparison(_op))
        method(_name)(_comparison(_op))
for _name, _op in (
    ("equal", "=="), ("not_equal", "!="), ("less", "<"), ("less_equal", "<="), ("greater", ">"), ("greater_equal", ">="),
):  # fmt: skip
    call(f"numpy.{_name}")(_comparison(_op))


@call("torch.equal", "torch.allclose", "numpy.array_equal", "numpy.allclose")
@method("equal", "allclose")
def equal(ctx: Ctx, args: Args) -> Value:
    return UNKNOWN


@cache
def _logic(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        a, b = as_tensor(ctx, args.pos[0]) if args.pos else None, tensor(ctx, args, 1, "other")
        if a is None or b is None:
            return UNKNOWN
        return replace(combined(ctx, op, a, b), dtype="bool")

    return run


@cache
def _bitwise(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        a, b = as_tensor(ctx, args.pos[0]) if args.pos else None, tensor(ctx, args, 1, "other")
        return UNKNOWN if a is None or b is None else combined(ctx, op, a, b)

    return run


for _name, _op in (("and", "&"), ("or", "|"), ("xor", "^")):
    call(f"torch.logical_{_name}", f"numpy.logical_{_name}")(_logic(_op))
    method(f"logical_{_name}")(_logic(_op))
    call(f"torch.bitwise_{_name}", f"numpy.bitwise_{_name}")(_bitwise(_op))
    method(f"bitwise_{_name}")(_bitwise(_op))


@method("logical_not")
@call("torch.logical_not", "numpy.logical_not")
def logical_not(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "x")
    return UNKNOWN if x is None else inverted(ctx, x if x.scale == "mask" else changed(x, scale="mask", dtype="bool"), dtype="bool")


@method("bitwise_not")
@call("torch.bitwise_not", "numpy.invert")
def bitwise_not(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "x")
    return UNKNOWN if x is None else inverted(ctx, x)


# limits


@method("clamp", "clip")
@call("torch.clamp", "torch.clip", "numpy.clip")
def clamp(ctx: Ctx, args: Args) -> Value:
    """Counts kept from being 0 stay counts."""
    x = tensor(ctx, args, 0, "input", "a")
    _, low, high = read(ctx, args, "input", "min|a_min", "max|a_max")
    if x is None:
        return UNKNOWN
    return _limited(ctx, x, None if is_none(low) else low, None if is_none(high) else high)


@method("clamp_min")
@call("torch.clamp_min")
def clamp_min(ctx: Ctx, args: Args) -> Value:
    x, low = tensor(ctx, args), read(ctx, args, "input", "min")[1]
    return UNKNOWN if x is None else _limited(ctx, x, low, None)


@method("clamp_max")
@call("torch.clamp_max")
def clamp_max(ctx: Ctx, args: Args) -> Value:
    x, high = tensor(ctx, args), read(ctx, args, "input", "max")[1]
    return UNKNOWN if x is None else _limited(ctx, x, None, high)


def _limited(ctx: Ctx, x: Tensor, low: Value | None, high: Value | None) -> Tensor:
    contiguous = True if x.contiguous else None
    y = replace(x, contiguous=contiguous, breaks=(), dtype=_bounded_dtype(x, (low, high)))
    if any(isinstance(v, Tensor) and v.shape.axes for v in (low, high)):
        shapes = [v.shape for v in (low, high) if isinstance(v, Tensor)]
        return changed(y, shape=broadcast(x.shape, *shapes), contiguous=None)
    if x.count is not None and high is None:
        return replace(y, step=ctx.step("guarded", f"never below {number(low) if low is not None else '?'}", x.step))
    if x.losses:
        return after(y, After("other", name="clamp", step=x.step))
    if x.scale == "ids":
        return changed(y, scale="ids", low=number(low) if low is not None else x.low, unpadded=False)
    scale: Scale = x.scale if x.scale in ("logits", "embedding", "probs", "log_probs", "sigmoid") else ""
    part = x.part if x.part is not None and x.part.kind in ("picked", "one-hot") else None  # `p.clamp(min=1e-9).log()`
    return changed(y, scale=scale, part=part)


def _bounded_dtype(x: Tensor, bounds: tuple[Value | None, ...]) -> Dtype:
    if x.dtype in FLOATS or not x.dtype:
        return x.dtype
    if any(isinstance(b, Const) and isinstance(b.value, float) for b in bounds):
        return "double" if x.array else "float"
    known = all(b is None or isinstance(b, Num) for b in bounds)
    return ("int64" if x.dtype == "bool" else x.dtype) if known else ""


@cache
def _choose(which: Literal["max", "min"]) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        a = tensor(ctx, args, 0, "input", "x1")
        raw = args.given(1, "other")
        b = ctx.get(raw) if raw is not None else None
        if a is None or b is None:
            return UNKNOWN
        if not isinstance(b, Tensor) or not b.shape.axes:
            if isinstance(b, Const):
                return changed(a, dtype=a.dtype if a.dtype in FLOATS else "")
            return _limited(ctx, a, b if which == "max" else None, b if which == "min" else None)
        return entry_of_either(ctx, a, b, which + "imum")

    return op


def entry_of_either(ctx: Ctx, a: Tensor, b: Tensor, op: str) -> Tensor:
    """An entry of one or of the other."""
    shape = broadcast(a.shape, b.shape)
    step = ctx.step(op, f"{op} -> {shape}", *steps(a, b), shape=shape)
    both = a.contiguous and b.contiguous
    y = changed(merged((a, b), shape=shape, step=step), contiguous=True if both else None)
    return replace(y, scale=a.scale if a.scale == b.scale and a.scale in ("embedding", "logits") else "")


for _name, _which in (("maximum", "max"), ("minimum", "min"), ("fmax", "max"), ("fmin", "min")):
    call(f"torch.{_name}", f"numpy.{_name}")(_choose(_which))
    method(_name)(_choose(_which))


# three operands


@method("addcmul", "addcdiv", "lerp")
@call("torch.addcmul", "torch.addcdiv", "torch.lerp")
def ternary(ctx: Ctx, args: Args) -> Value:
    found = [tensor(ctx, args, i, n) for i, n in enumerate(("input", "tensor1", "tensor2"))]
    parts = [f for f in found if f is not None]
    if len(parts) < 2:
        return UNKNOWN
    shape = broadcast(*(p.shape for p in parts))
    contiguous = True if all(p.contiguous for p in parts) else None
    return changed(merged(parts, shape=shape, step=ctx.step("addcmul", f"-> {shape}", *steps(*parts), shape=shape)), contiguous=contiguous)


@method("atan2", "hypot", "xlogy")
@call("torch.atan2", "torch.hypot", "torch.xlogy", "torch.special.xlogy", "numpy.arctan2")
def atan2(ctx: Ctx, args: Args) -> Value:
    a, b = tensor(ctx, args), tensor(ctx, args, 1, "other")
    if a is None or b is None:
        return UNKNOWN
    if a.array and not b.shape.axes:
        b = replace(b, dtype=a.dtype)
    y = entry_of_either(ctx, a, b, "atan2")
    return replace(y, dtype=y.dtype if y.dtype in FLOATS else "")
