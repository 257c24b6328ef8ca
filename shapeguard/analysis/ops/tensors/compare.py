"""Comparisons and the logic of masks: what a mask is about and which positions it keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import UNKNOWN, Const, Dtype, Mask, Num, Seq, Step, Tensor, Unknown, Value, uid
from shapeguard.analysis.ops.common import FLOATS, as_tensor, certain, number, steps, union
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.axes import beside_unknown, broadcast

_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_FLOATING = ("logits", "log_probs", "probs", "sigmoid", "embedding", "loss")


def compared(ctx: Ctx, op: str, left: Value, right: Value) -> Value:
    """`left op right` as a mask."""
    a, b = ctx.get(left), ctx.get(right)
    if not isinstance(a, Tensor) or (not a.shape.axes and isinstance(b, Tensor) and b.shape.axes):
        a, b, op = b, a, _FLIP.get(op, op)
    if not isinstance(a, Tensor) or (isinstance(b, Const) and (b.value is None or isinstance(b.value, str))):
        return Const(op == "!=") if op in ("==", "!=") else UNKNOWN
    if isinstance(b, Seq):
        b = as_tensor(ctx, b) or Unknown()
    shape = a.shape
    if isinstance(b, Tensor):
        shape = broadcast(a.shape, b.shape)
    elif isinstance(b, Unknown):
        shape = beside_unknown(a.shape)
    if a.mask is not None and isinstance(b, (Num, Const)):
        return _of_mask(ctx, op, a, b)
    mask = _mask(ctx, op, a, b)
    step = ctx.step("mask", _words(op, mask, a, b, shape), *steps(a, b), shape=shape)
    parts = [t for t in (a, b) if isinstance(t, Tensor)]
    return Tensor(
        shape,
        array=a.array,
        dtype="bool",
        scale="mask",
        contiguous=True if all(p.contiguous for p in parts) else None,
        unpadded=False,
        origin=a.origin,
        mask=replace(mask, step=step),
        notes=tuple(n for n in a.notes if n.kind in ("mixed-axes", "shift-after-flatten", "triangle")),
        step=step,
    )


def _words(op: str, mask: Mask, a: Tensor, b: Value, shape: Shape) -> str:
    if mask.kind == "id":
        return f"mask keeps {_kept(mask)}, {shape}"
    if mask.kind == "random":
        return f"mask of positions drawn at random, {shape}"
    if mask.kind == "lengths":
        return f"mask by lengths keeps {mask.keeps}, {shape}"
    return f"mask by {op}, {shape}"


def _mask(ctx: Ctx, op: str, a: Tensor, b: Value) -> Mask:
    known = certain(b) if not (isinstance(b, Tensor) and b.shape.axes) else None
    if _drawn(a) and not (isinstance(b, Tensor) and b.shape.axes):
        return Mask("random", "some", uid=uid())
    floats = a.dtype in FLOATS or a.scale in _FLOATING or (isinstance(b, Const) and isinstance(b.value, float) and not b.value.is_integer())
    # ids that were cast to float for a comparison are ids all the same
    if floats and a.scale != "ids":
        return Mask("threshold", "unknown", uid=uid())
    steps_of_a, steps_of_b = _counts_up(a), isinstance(b, Tensor) and _counts_up(b)
    if steps_of_a and steps_of_b:
        return Mask("causal", "unknown", uid=uid())
    if steps_of_b and isinstance(b, Tensor):
        return _by_lengths(_FLIP.get(op, op), b, a)
    if steps_of_a and op not in ("==", "!="):
        return _by_lengths(op, a, b)
    if op in ("==", "!="):
        if isinstance(b, Tensor) and b.shape.axes:
            return Mask("given", "unknown", uid=uid())
        if known is None and a.scale != "ids":
            return Mask("given", "unknown", uid=uid())
        return Mask("id", "id" if op == "==" else "others", known, a.origin, uid())
    return _ordered(op, a, known)


def _ordered(op: str, a: Tensor, known: Dim | None) -> Mask:
    """`ids > 0`: everything but 0, for ids that are not negative; `ids >= 0`: everything but the negative ones; `ids < 0`: those."""
    if op in ("<", "<="):
        return _ordered(">=" if op == "<" else ">", a, known).inverted()
    c = known.const if known is not None else None
    if a.scale == "ids" and known is not None and (c is None or c > 1):
        return Mask("threshold", "from", known if op == ">=" else known + 1, a.origin, uid=uid())
    if a.scale != "ids" or c is None:
        return Mask("threshold", "unknown", uid=uid())
    if (op, c) in ((">", -1), (">=", 0)):
        return Mask("id", "others", _one_negative(a), a.origin, uid())
    if (op, c) in ((">", 0), (">=", 1)):
        return Mask("id", "others", Dim(), a.origin, uid()) if not _may_be_negative(a) else Mask("id", "others", None, a.origin, uid())
    if op in (">", "!=") and c < 0:
        return Mask("id", "others", known, a.origin, uid())
    return Mask("threshold", "unknown", uid=uid())


def _one_negative(a: Tensor) -> Dim | None:
    found = {d for d in (*(f.id for f in a.fills), *(s.new for s in a.swaps)) if d is not None and d.const is not None and d.const < 0}
    return found.pop() if len(found) == 1 else None


def _may_be_negative(a: Tensor) -> bool:
    return _one_negative(a) is not None


def _counts_up(x: Tensor) -> bool:
    """Whether the entries count up along an axis (arange, however viewed)."""
    return _made_by(x, "arange")


def _drawn(x: Tensor) -> bool:
    """Whether the entries are random numbers, each drawn by itself, and nothing was done to them since."""
    return _made_by(x, "rand")


def _made_by(x: Tensor, kind: StepKind) -> bool:
    step: Step | None = x.step
    for _ in range(8):
        if step is None:
            return False
        if step.kind == kind:
            return True
        if len(step.parents) != 1 or step.kind not in _VIEWS:
            return False
        step = step.parents[0]
    return False


_VIEWS: frozenset[StepKind] = frozenset(
    ["view", "reshape", "unsqueeze", "expand", "expand_as", "repeat", "tile", "cast", "transpose", "index", "squeeze", "flatten"]
)


def _by_lengths(op: str, steps_: Tensor, lengths: Value) -> Mask:
    """`arange(T) op lengths`."""
    first = steps_.low.const if steps_.low is not None else None
    of = lengths.origin if isinstance(lengths, Tensor) else None
    keeps: Any = "unknown"
    if first == 0:
        keeps = {"<": "real", ">=": "pad", "<=": "one too many"}.get(op, "unknown")
        if keeps == "one too many" and not _are_lengths(lengths):
            keeps = "unknown"  # `lengths - 1` is the last position: up to and with it all are real
    elif first == 1:
        keeps = {"<=": "real", ">": "pad"}.get(op, "unknown")
    return Mask("lengths", keeps, of=of, uid=uid())


def _are_lengths(lengths: Value) -> bool:
    """Whether numbers of positions are known to be that as they were counted, and nothing was taken off since."""
    if not isinstance(lengths, Tensor):
        return isinstance(lengths, Num) and lengths.dim.sym is not None
    return lengths.step is not None and not any(s.kind in ("add", "sub") for s in lengths.step.history())


def _of_mask(ctx: Ctx, op: str, a: Tensor, b: Value) -> Tensor:
    """`mask == 1`, `mask == 0`, `mask > 0.5`."""
    a = replace(a, contiguous=True if a.contiguous else None, breaks=())
    value = b.value if isinstance(b, Const) else c if (c := number(b)) is not None else None
    value = value.const if isinstance(value, Dim) else value
    if not isinstance(value, (int, float)):
        return replace(a, dtype="bool", mask=replace(a.mask, keeps="unknown") if a.mask is not None else None)
    on, off = _holds(op, 1, value), _holds(op, 0, value)
    if on and not off:
        return replace(a, dtype="bool")
    if off and not on:
        return replace(inverted(ctx, a), dtype="bool")
    return replace(a, dtype="bool", mask=Mask("given", "unknown", uid=uid()))


def _holds(op: str, a: float, b: float) -> bool:
    return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}.get(op, False)


def inverted(ctx: Ctx, x: Tensor, dtype: Dtype | None = None) -> Tensor:
    """`~x`, `1 - x`, `x.logical_not()`."""
    if dtype is not None:
        x = replace(x, dtype=dtype)
    contiguous = True if x.contiguous else None
    if x.mask is None:
        mask = Mask("given", "unknown", uid=uid()) if x.scale == "mask" or x.dtype == "bool" else None
        return replace(x, mask=mask, fills=(), swaps=(), unpadded=False, value=None, low=None, high=None, contiguous=contiguous, breaks=())
    mask = x.mask.inverted()
    step = ctx.step("mask", f"the other way round: keeps {_kept(mask)}", x.step, shape=x.shape)
    return replace(x, mask=replace(mask, step=step), step=step, scale="mask", value=None, contiguous=contiguous, breaks=())


def _kept(mask: Mask) -> str:
    if mask.kind != "id":
        return mask.keeps
    shown = " nor ".join("an id" if i is None else str(i) for i in mask.ids)
    return f"what is not {shown}" if mask.keeps == "others" else f"what is {shown.replace(' nor ', ' or ')}"


def combined(ctx: Ctx, op: str, a: Tensor, b: Tensor) -> Tensor:
    """Two masks joined by & | ^."""
    shape = broadcast(a.shape, b.shape)
    mask: Mask | None = None
    left, right = a.mask, b.mask
    if left is not None and right is not None:
        if left == right and op in ("&", "|"):
            mask = left
        elif (found := _either_id(op, left, right) or _spared(op, left, right)) is not None:
            mask = found
        elif op == "&" and left.kind == right.kind and left.keeps == right.keeps == "real":
            mask = replace(left, uid=uid())
        elif "causal" in (left.kind, right.kind) and left.kind != right.kind and op == "&":
            mask = right if left.kind == "causal" else left
        else:
            mask = replace(left if left.kind != "threshold" else right, keeps="unknown", uid=uid())
    elif left is not None or right is not None:
        known = left or right
        mask = replace(known, keeps="unknown", uid=uid()) if known is not None else None
    else:
        mask = Mask("given", "unknown", uid=uid()) if "mask" in (a.scale, b.scale) or a.dtype == "bool" else None
    step = ctx.step("mask", f"masks joined by {op}, {shape}", *steps(a, b), shape=shape)
    return Tensor(
        shape,
        array=a.array and b.array,
        dtype="bool" if a.dtype == "bool" and b.dtype == "bool" else "" if a.dtype != b.dtype else a.dtype,
        scale="mask" if mask is not None else "",
        contiguous=True if a.contiguous and b.contiguous else None,
        origin=a.origin if a.origin == b.origin else None,
        mask=replace(mask, step=step) if mask is not None else None,
        notes=union((a.notes, b.notes)),
        step=step,
    )


def _either_id(op: str, left: Mask, right: Mask) -> Mask | None:
    """`(x != a) & (x != b)` leaves out both ids, `(x == a) | (x == b)` keeps both: of the same ids. None for anything else."""
    keeps = {"&": "others", "|": "id"}.get(op)
    if left.kind != "id" or right.kind != "id" or left.keeps != keeps or right.keeps != keeps or left.of != right.of:
        return None
    return replace(left, also=tuple(i for i in (*left.also, *right.ids) if i is None or i != left.id), uid=uid())


def _spared(op: str, left: Mask, right: Mask) -> Mask | None:
    """`drawn & (x != id)`: positions drawn at random, none of which holds that id. None for anything else."""
    drawn, ids = (left, right) if left.kind == "random" else (right, left)
    if op != "&" or drawn.keeps != "some" or ids.kind != "id" or ids.keeps != "others" or None in ids.ids:
        return None
    if drawn.id is None:
        return replace(drawn, id=ids.id, also=ids.also, of=ids.of, uid=uid())
    return replace(drawn, also=(*drawn.also, *ids.ids), uid=uid()) if drawn.of == ids.of else None


def unknown_mask(ctx: Ctx, x: Tensor, words: str) -> Tensor:
    """A mask about which only the shape is known: isnan, isin ..."""
    step = ctx.step("mask", f"{words}, {x.shape}", x.step, shape=x.shape)
    contiguous = True if x.contiguous else None
    mask = Mask("given", "unknown", uid=uid(), step=step)
    return Tensor(x.shape, array=x.array, dtype="bool", scale="mask", contiguous=contiguous, mask=mask, step=step)
