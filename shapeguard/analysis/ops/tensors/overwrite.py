"""Methods that overwrite a whole tensor: zero_, fill_ and copy_."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.tensors import Part
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Num, Tensor, Value
from shapeguard.analysis.ops.common import changed
from shapeguard.analysis.ops.table import Ctx, method
from shapeguard.analysis.ops.tensors.blanked import blanked


def _emptied(ctx: Ctx, args: Args) -> Tensor | None:
    x = ctx.get(args.pos[0])
    return changed(x, scale=x.scale, fed=()) if isinstance(x, Tensor) else None


@method("zero")
def zero(ctx: Ctx, args: Args) -> Value:
    """`x.zero_()`."""
    x = _emptied(ctx, args)
    if x is None:
        return UNKNOWN
    step = ctx.step("zero", f"full of 0, {x.shape}", x.step, shape=x.shape)
    return blanked(replace(x, value=Dim.of(0), step=step), None, Num(Dim()), step)


@method("fill")
def fill(ctx: Ctx, args: Args) -> Value:
    """`x.fill_(value)`."""
    x = _emptied(ctx, args)
    given = ctx.get(args.given(1, "value") or UNKNOWN)
    if x is None:
        return UNKNOWN
    number = given.dim if isinstance(given, Num) else None
    if isinstance(given, Const) and isinstance(given.value, float) and given.value.is_integer():
        number = Dim.of(int(given.value))
    shown = number if number is not None else "one value"
    step = ctx.step("fill", f"full of {shown}, {x.shape}", x.step, shape=x.shape)
    return blanked(replace(x, value=number, step=step, part=Part("flat")), None, given, step)


@method("copy_")
def copy(ctx: Ctx, args: Args) -> Value:
    """`x.copy_(other)`: the content of the other in the shape of x."""
    x, other = ctx.get(args.pos[0]), ctx.get(args.given(1, "src") or UNKNOWN)
    if not isinstance(x, Tensor):
        return UNKNOWN
    if not isinstance(other, Tensor) or other.shape != x.shape:
        return _emptied(ctx, args) or UNKNOWN
    return replace(other, shape=x.shape, dtype=x.dtype, contiguous=x.contiguous)
