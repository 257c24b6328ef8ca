"""What this package offers beside its losses: the mask of what counts, and how many positions that are."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.values import NONE, Args, Count, Mask, Num, Seq, Tensor, Value, uid, unknown_tensor
from shapeguard.analysis.ops.common import steps
from shapeguard.analysis.ops.table import Ctx, call


@call("shapeguard.token_mask", "shapeguard.losses.token_mask")
def token_mask(ctx: Ctx, args: Args) -> Value:
    """True where an id is not the ignored one and stands within the lengths."""
    target = _tensor(ctx, args.given(0, "target"))
    mask = _given_mask(ctx, args, target)
    step = ctx.step("mask", f"where a position counts -> {target.shape}", *steps(target), shape=target.shape)
    return Tensor(target.shape, dtype="bool", scale="mask", mask=replace(mask, step=step), step=step)


@call("shapeguard.count_tokens", "shapeguard.losses.count_tokens")
def count_tokens(ctx: Ctx, args: Args) -> Value:
    """How many positions of the targets, or of the masks, count: over one tensor, or over those of a list."""
    given = args.given(0, "targets_or_masks")
    facts = ctx.get(given) if given is not None else None
    one = _tensor(ctx, ctx.elem(given) if given is not None and isinstance(facts, Seq) else given)
    mask = one.mask if one.mask is not None else _given_mask(ctx, args, one)
    step = ctx.step("count", "counts the positions that count", *steps(one))
    return Tensor(Shape(()), dtype="int64", count=Count("mask", mask), step=step)


def _tensor(ctx: Ctx, value: Value | None) -> Tensor:
    facts = ctx.get(value) if value is not None else None
    return facts if isinstance(facts, Tensor) else unknown_tensor("target")


def _given_mask(ctx: Ctx, args: Args, target: Tensor) -> Mask:
    lengths, ignored = args.given(None, "lengths"), args.given(None, "ignore_index")
    if lengths is not None and ctx.get(lengths) != NONE:
        return Mask("lengths", "real", uid=uid())
    if ignored is None:
        return Mask("id", "others", Dim.of(-100), target.origin, uid())
    facts = ctx.get(ignored)
    return Mask("id", "others", facts.dim if isinstance(facts, Num) else None, target.origin, uid())
