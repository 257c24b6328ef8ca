"""Two parts of ids written as arithmetic: `ids * keep + PAD * (1 - keep)` is the ids with PAD wherever the mask is false."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.values import Mask, Step, Tensor, Unknown, Value, Within, unknown_tensor
from shapeguard.analysis.ops.common import FLOATS, number
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.writes import swapped


def within(op: str, x: Tensor, other: Value, made: Value) -> Value:
    """What a tensor times something that is no tensor is where it is a mask: the number there, and 0 elsewhere."""
    if op != "*" or x.mask is None or x.losses or not isinstance(made, Tensor) or x.mask.keeps == "unknown":
        return made
    if isinstance(other, Unknown):
        return replace(made, within=Within(x.mask, None, unknown_tensor()))
    by = number(other)
    return made if by is None else replace(made, within=Within(x.mask, by))


def beside(ctx: Ctx, op: str, a: Tensor, b: Tensor, shape: Shape) -> Tensor | None:
    """`a + b` of entries where a mask is true and of one number where it is false; None where the two are something else."""
    if op not in ("+", "-") or a.losses or b.losses:
        return None
    left, right = _part(a), _part(b)
    if left is None or right is None or not _opposite(left.mask, right.mask):
        return None
    if left.value is not None and op == "+":
        left, right = right, left
    ids = left.whole
    if right.value is None or not isinstance(ids, Tensor) or ids.scale not in ("ids", "") or ids.dtype in FLOATS:
        return None
    new = right.value if op == "+" else -right.value
    step = ctx.step("where", f"becomes {new} where a mask says so, {shape}", a.step, b.step, shape=shape)
    return replaced(ctx, replace(ids, shape=shape, scale="ids"), right.mask, new, step)


def replaced(ctx: Ctx, ids: Tensor, mask: Mask, new: Dim, step: Step) -> Tensor:
    """Ids with a number wherever a mask is true, made by a step."""
    where = Tensor(ids.shape, dtype="bool", scale="mask", mask=mask, step=step)
    return replace(swapped(ctx, replace(ids, step=step), where, new), value=None)


def _part(x: Tensor) -> Within | None:
    """What a tensor is by a mask; the mask itself is 1 where it is true."""
    if x.scale == "mask" and x.mask is not None and x.mask.keeps != "unknown" and x.dtype != "bool":
        return Within(x.mask, Dim.of(1))
    return x.within


def _opposite(a: Mask, b: Mask) -> bool:
    """Whether two masks are one, and what is left when it is turned round."""
    return a.uid == b.uid and a.uid != 0 and a == b.inverted() and a.keeps != b.keeps and "unknown" not in (a.keeps, b.keeps)
