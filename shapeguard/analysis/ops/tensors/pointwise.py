"""Arithmetic of tensors, operator by operator: `binary`, `compare` and `unary` are what the interpreter calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    After,
    Const,
    Count,
    Dtype,
    Mask,
    Note,
    Num,
    Scale,
    Seq,
    Swap,
    Tensor,
    Unknown,
    Uses,
    Value,
    Within,
)
from shapeguard.analysis.ops.common import (
    FLOATS,
    after,
    as_tensor,
    changed,
    counted,
    floating,
    keeps_norm,
    noted,
    number,
    promote,
    steps,
    union,
)
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors import by_hand
from shapeguard.analysis.ops.tensors.axes import beside_unknown, broadcast
from shapeguard.analysis.ops.tensors.blanked import per_entry, taken_off
from shapeguard.analysis.ops.tensors.compare import combined, compared, inverted
from shapeguard.analysis.ops.tensors.parts import beside, replaced, within
from shapeguard.analysis.ops.tensors.written_attention import arithmetic_notes

_WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow"}


def binary(ctx: Ctx, op: str, left: Value, right: Value) -> Value:
    """`left op right`, where at least one side is a tensor."""
    a, b = ctx.get(left), ctx.get(right)
    if op == "@":
        from shapeguard.analysis.ops.tensors.linalg import product

        return product(ctx, left, right)
    if op in ("&", "|", "^"):
        p, q = as_tensor(ctx, left), as_tensor(ctx, right)
        return UNKNOWN if p is None or q is None else combined(ctx, op, p, q)
    if op in ("<<", ">>"):
        x = a if isinstance(a, Tensor) else b
        return changed(x) if isinstance(x, Tensor) else UNKNOWN
    if isinstance(a, Tensor) and isinstance(b, Tensor) and (a.shape.axes or a.losses) and (b.shape.axes or b.losses):
        return _two(ctx, op, a, b)
    if isinstance(a, Tensor) and (a.shape.axes or not (isinstance(b, Tensor) and b.shape.axes)):
        return within(op, a, b, _scalar(ctx, op, a, b, turned=False))
    return within(op, b, a, _scalar(ctx, op, b, a, turned=True)) if isinstance(b, Tensor) else UNKNOWN


def compare(ctx: Ctx, op: str, left: Value, right: Value) -> Value:
    """`left op right` for == != < <= > >=, where at least one side is a tensor."""
    return compared(ctx, op, left, right)


def unary(ctx: Ctx, op: str, value: Value) -> Value:
    """`-x`, `+x`, `~x`, `not x`."""
    x = ctx.get(value)
    if not isinstance(x, Tensor) or op == "+":
        return x
    if op == "~":
        return inverted(ctx, x)
    if op == "not":
        return UNKNOWN
    if x.scale == "ids" or x.value is not None:
        return _scalar(ctx, "*", x, Num(Dim.of(-1)), turned=False)
    scale: Scale = x.scale if x.scale in ("embedding", "loss") else ""
    contiguous = True if x.contiguous else None
    y = changed(x, scale=scale, dtype=x.dtype, count=None, contiguous=contiguous, breaks=(), part=by_hand.negated(x))
    return after(y, After("neg", step=x.step))


# a tensor and a scalar


def _scalar(ctx: Ctx, op: str, x: Tensor, other: Value, turned: bool) -> Value:
    """A tensor with a number, a 0-d tensor, or something unknown; `turned` where the tensor stands on the right."""
    if isinstance(other, Seq):
        y = as_tensor(ctx, other)
        return _two(ctx, op, y, x) if turned and y is not None else _two(ctx, op, x, y) if y is not None else UNKNOWN
    if isinstance(other, Const) and not isinstance(other.value, (int, float)):
        return UNKNOWN
    c = number(other)
    shape = beside_unknown(x.shape) if isinstance(other, Unknown) else x.shape
    facts: dict[str, Any] = {"dtype": scalar_dtype(op, x, other), "shape": shape, "scale": _scalar_scale(op, x, other, turned)}
    if isinstance(other, Tensor):
        facts["losses"] = Uses.together((x.losses, other.losses))
        facts |= {"notes": union((x.notes, other.notes)), "fed": union((x.fed, other.fed))}
    facts["contiguous"] = True if x.contiguous else None
    facts["breaks"] = ()
    if x.part is not None:
        facts["part"] = by_hand.scaled(op, x, other, turned)
    if x.value is not None and c is not None:
        facts["value"] = _value(op, c, x.value) if turned else _value(op, x.value, c)
    if facts["scale"] in ("ids", "mask"):
        return _ids_scalar(ctx, op, x, c, turned, facts)
    if facts["scale"]:
        facts["norm"] = keeps_norm(x.norm, shape) if _keeps_sum(op, x, other) else None
    if x.count is not None and op == "+":
        facts["count"] = x.count
        facts["step"] = ctx.step("guarded", "a constant keeps it from being 0", x.step)
    elif x.count is not None and op in ("*", "/") and c is not None and c.const == 1:
        facts["count"] = x.count
    return _aftermath(op, changed(x, **facts), other, turned)


def scalar_dtype(op: str, x: Tensor, other: Value) -> Dtype:
    """The dtype of arithmetic on a tensor and a scalar."""
    whole = isinstance(other, Num) or (isinstance(other, Const) and isinstance(other.value, bool))
    if isinstance(other, Tensor):
        whole = bool(other.dtype) and other.dtype not in FLOATS
        if other.shape.axes == () and x.shape.axes == ():
            return promote(x.dtype, other.dtype) if op != "/" or {x.dtype, other.dtype} & FLOATS else "float"
        if not other.dtype and x.dtype not in FLOATS:
            return ""
    if not x.dtype or x.dtype in FLOATS:
        return x.dtype
    if isinstance(other, Unknown) or (x.array and x.dtype == "bool"):
        return ""
    if op == "/" or not whole:
        return floating(x)
    return "int64" if x.dtype == "bool" and isinstance(other, Num) else x.dtype


def _scalar_scale(op: str, x: Tensor, other: Value, turned: bool) -> Scale:
    """What the numbers of a tensor are after arithmetic with a number, such as ids plus a constant: ids."""
    small = isinstance(other, Const) and isinstance(other.value, float) and abs(other.value) < 1e-3
    c = number(other)
    one = c is not None and c.const == 1
    if x.scale in ("loss", "embedding"):
        return x.scale
    if x.scale == "logits" and op in ("+", "-", "*", "/") and not (turned and op in ("-", "/")):
        return "logits" if not isinstance(other, Unknown) or op == "/" else ""
    if x.scale in ("probs", "log_probs", "sigmoid"):
        if turned:
            return x.scale if op == "+" and small else ""
        return x.scale if (op in ("+", "-") and small) or (op in ("*", "/") and one) else ""
    if x.scale == "ids" and op in ("+", "-") and c is not None and not (turned and op == "-") and x.dtype not in FLOATS:
        return "ids"
    if x.scale == "mask" and x.mask is not None and ((op == "*" and _is_unit(other)) or (op == "-" and turned and _is_unit(other))):
        return "mask"
    return "ids" if x.value is not None and x.scale == "ids" else ""


def _is_unit(other: Value) -> bool:
    return (c := number(other)) is not None and c.const == 1


def _keeps_sum(op: str, x: Tensor, other: Value) -> bool:
    c = number(other)
    tiny = isinstance(other, Const) and isinstance(other.value, float) and abs(other.value) < 1e-6
    return x.scale in ("probs", "log_probs") and (tiny or (c is not None and c.const == 1 and op in ("*", "/")))


def _value(op: str, a: Dim, b: Dim) -> Dim | None:
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    return a * b if op == "*" else None


def _ids_scalar(ctx: Ctx, op: str, x: Tensor, c: Dim | None, turned: bool, facts: dict[str, Any]) -> Tensor:
    """Ids plus a constant stay ids, shifted; 1 - mask is the other mask."""
    if facts["scale"] == "mask":
        if op == "*":
            return replace(x, **{**facts, "mask": x.mask})
        return inverted(ctx, replace(x, **facts))
    by = -c if op == "-" and c is not None else c
    if by is None or (turned and op == "-") or op not in ("+", "-"):
        return changed(x, **facts)
    if by == Dim():
        return x
    step = ctx.step("add", f"every id + {by}", x.step, shape=x.shape)
    moved = {
        # a marker that is moved may have been made a class of its own
        "fills": tuple(replace(f, id=f.id + by if f.id is not None else None) for f in x.fills if f.step.kind != "skip"),
        "swaps": tuple(Swap(None, s.new + by if s.new is not None else None, s.step, s.mask) for s in x.swaps),
        "unpadded": x.unpadded,
        "low": x.low + by if x.low is not None else None,
        "high": x.high + by if x.high is not None else None,
        "step": step,
    }
    return changed(x, **{**facts, **moved})


def _aftermath(op: str, y: Tensor, other: Value, turned: bool) -> Tensor:
    """What arithmetic does to the losses in a tensor."""
    if not y.losses:
        return y
    count = counted(other) or _all_of(y, other)
    mask = per_entry(other) if isinstance(other, Tensor) else None
    by: Dim | float | None = number(other)
    if by is None and isinstance(other, Const):
        by = float(other.value)
    step = getattr(other, "step", None) or y.step
    if op == "*":
        return after(y, After("times", mask, count, by, step=step))
    if op == "/" and not turned:
        return after(y, After("div", None, count, by, step=step))
    if op in ("+", "-"):
        return after(y, After("add", by=by, name=op, step=step))
    return after(y, After("other", name=_WORDS.get(op, op), step=step))


def _all_of(x: Tensor, other: Value) -> Count | None:
    """A plain number that is just how many entries a sum of losses was taken over: `/ (B * T)` where both are known."""
    size = number(other)
    if x.shape.axes or size is None or size.const is None or size.const < 2:
        return None
    step = x.step
    for _ in range(4):
        if step is None or step.kind == "sum" or len(step.parents) != 1:
            break
        step = step.parents[0]
    if step is None or step.kind != "sum" or len(step.parents) != 1 or step.parents[0].shape is None:
        return None
    whole = step.parents[0].shape
    return Count("numel") if len(whole.axes) > 1 and whole.numel == size else None


# two tensors


def _two(ctx: Ctx, op: str, a: Tensor, b: Tensor) -> Tensor:
    """Arithmetic on two tensors."""
    shape = broadcast(a.shape, b.shape)
    dtype = promote(a.dtype, b.dtype)
    if op == "/" or (a.array and dtype == "bool"):
        dtype = floating(replace(a, dtype=dtype)) if op == "/" else ""
    facts: dict[str, Any] = {
        "array": a.array and b.array,
        "dtype": dtype,
        "contiguous": True if a.contiguous and b.contiguous and _plain(a, b) else None,
        "breaks": (),
        "fed": union((a.fed, b.fed)),
        "notes": arithmetic_notes(a, b),
    }
    if a.scale == "mask" and b.scale == "mask" and op == "*":
        return replace(combined(ctx, "&", a, b), dtype=dtype)
    if op == "*" and "mask" in (a.scale, b.scale):
        x, m = (b, a) if a.scale == "mask" else (a, b)
        return _masked(ctx, x, m, shape, facts)
    filled = beside(ctx, op, a, b, shape)
    if filled is not None:
        return replace(filled, **facts)
    scale = _two_scale(op, a, b)
    y = changed(a, shape=shape, scale=scale, losses=None, **facts)
    y = replace(y, step=_two_step(ctx, op, a, b, shape))
    if not a.losses and not b.losses:
        return by_hand.joined(ctx, op, a, b, y)
    if op == "-" and a.losses is not None and b.losses is not None and (rest := taken_off(a.losses, b.losses)) is not None:
        return replace(y, losses=rest, scale="loss")
    left, right = _aftermath(op, replace(y, losses=a.losses), b, False), _aftermath(op, replace(y, losses=b.losses), a, True)
    return replace(y, losses=Uses.together((left.losses, right.losses)), scale="loss")


def _plain(a: Tensor, b: Tensor) -> bool:
    return a.shape.axes == b.shape.axes or (a.shape.pack is None and b.shape.pack is None)


def _two_step(ctx: Ctx, op: str, a: Tensor, b: Tensor, shape: Shape) -> Any:
    if a.step is None and b.step is None:
        return None
    if shape == a.shape and (b.step is None or a.step is b.step):
        return a.step
    return ctx.step(_WORDS.get(op, op), f"{_WORDS.get(op, op)} -> {shape}", *steps(a, b), shape=shape)


def _two_scale(op: str, a: Tensor, b: Tensor) -> Scale:
    kinds = {a.scale, b.scale}
    if op not in ("+", "-", "*", "/"):
        return ""
    if "loss" in kinds:
        return "loss"
    if "embedding" in kinds and kinds <= {"embedding", "logits", ""}:
        return "logits" if kinds == {"embedding", "logits"} and op in ("+", "-") else "embedding"
    if kinds == {"logits"} and op in ("+", "-"):
        return "logits"
    # a bias
    return "logits" if kinds == {"logits", ""} and op == "+" else ""


def _masked(ctx: Ctx, x: Tensor, m: Tensor, shape: Shape, facts: dict[str, Any]) -> Tensor:
    """A tensor times a mask."""
    step = ctx.step("times mask", f"times a mask -> {shape}", *steps(x, m), shape=shape)
    facts = {**facts, "shape": shape, "step": step}
    if x.losses:
        return after(changed(x, **{**facts, "scale": "loss"}), After("times", per_entry(m), name="mask", step=m.step))
    if m.mask is not None and not x.losses:
        facts["within"] = Within(m.mask, None, x)
    if x.scale == "ids" and m.mask is not None:
        y = replaced(ctx, replace(x, shape=shape), m.mask.inverted(), Dim(), step)
        return replace(y, **{**facts, "notes": y.notes})
    if x.scale == "ids":
        kept = {n: getattr(x, n) for n in ("fills", "unpadded", "origin", "high", "scale", "low")}
        return changed(x, **{**facts, **kept, "swaps": (*x.swaps, Swap(None, Dim(), step))})
    if x.scale == "logits":
        hides = m.mask is not None and m.mask.kind in ("id", "lengths", "attention")
        notes = (*facts["notes"], *noted(replace(x, notes=()), "masked-logits", step, m.mask)) if hides else facts["notes"]
        return changed(x, **{**facts, "scale": "logits", "notes": notes})
    if x.scale == "log_probs":
        note = Note("zeroed", step, m.mask or Mask("given", "unknown", step=step))
        return changed(x, **{**facts, "scale": "log_probs", "notes": (*facts["notes"], note)})
    y = changed(x, **{**facts, "scale": "embedding" if x.scale == "embedding" else ""})
    if x.part is not None and x.part.kind == "one-hot":
        off = m.mask.inverted() if m.mask is not None else None
        y = replace(y, part=x.part, notes=by_hand.zeroed_rows(y, off, step))
    return y
