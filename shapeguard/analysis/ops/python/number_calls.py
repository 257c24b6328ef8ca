"""The largest and smallest of things, and the numbers of math and random."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith, row_lengths
from shapeguard.analysis.facts.shapes import ONE, Shape, axis, fresh
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, BoundLib, Const, Dim, Num, Seq, Tensor, Unknown, Value
from shapeguard.analysis.ops.python.container_methods import shuffled
from shapeguard.analysis.ops.table import Ctx, call, object_attribute
from shapeguard.analysis.ops.tensors.members import anew, arg, as_seq, dereferenced, elem_of

_SIZES = ("batch", "time", "class", "feature")


@call("builtins.max")
def largest(ctx: Ctx, args: Args) -> Value:
    """`max(xs)`, `max(a, b)`."""
    return _extreme(ctx, args, True)


@call("builtins.min")
def smallest(ctx: Ctx, args: Args) -> Value:
    """`min(xs)`, `min(a, b)`."""
    return _extreme(ctx, args, False)


def _extreme(ctx: Ctx, args: Args, largest: bool) -> Value:
    if not args.pos:
        return UNKNOWN
    first, others = args.pos[0], args.pos[1:]
    facts = ctx.get(first)
    if others:
        for other in others:
            facts = _of_two(ctx, facts, ctx.get(other), largest)
        return facts
    if isinstance(facts, Tensor):
        return ctx.call(BoundLib(first, "max" if largest else "min"), Args())
    if isinstance(facts, Unknown):
        return UNKNOWN
    seq = as_seq(ctx, first)
    if args.given(None, "key") is not None:
        return _one_of(dereferenced(ctx, elem_of(ctx, seq)))
    if seq.items:
        out = ctx.get(seq.items[0])
        for other in seq.items[1:]:
            out = _of_two(ctx, out, ctx.get(other), largest)
        return out
    elem = ctx.get(elem_of(ctx, seq))
    if isinstance(elem, Num):
        # the largest of many lengths is the length of none in particular
        if elem.dim.const is not None:
            return elem
        found = fresh("T" if elem.dim.role == "time" else "n", elem.dim.role)
        return Num(row_lengths.largest(found) if largest else found)
    return UNKNOWN


def _one_of(elem: Value) -> Value:
    """One member, whose size is its own."""
    if isinstance(elem, Seq):
        return replace(elem, items=None, places=(), first=None, length=fresh("T" if elem.length.role == "time" else "n", elem.length.role))
    if isinstance(elem, Tensor) and elem.shape.at(0) is not None:
        first = elem.shape.at(0)
        role = first.role if first is not None else ""
        return replace(elem, shape=Shape((axis(fresh("T" if role == "time" else "n", role)), *elem.shape.axes[1:])))
    return anew(elem)


def _of_two(ctx: Ctx, a: Value, b: Value, largest: bool) -> Value:
    if isinstance(b, Tensor) and not isinstance(a, Tensor):
        a, b = b, a
    bound = arith.number(b)
    if isinstance(a, Tensor):
        if bound is None or not largest:
            return a if a == b else UNKNOWN
        return replace(a, step=ctx.step("guarded", f"max(..., {bound:g}) keeps it above 0", a.step))
    x, y = arith.number(a), arith.number(b)
    if x is not None and y is not None:
        return a if (x >= y) is largest else b
    if not isinstance(a, Num) or not isinstance(b, Num):
        return UNKNOWN
    if x is not None:
        a, b, y = b, a, x
    if y is not None and y <= 1 and a.dim.role in _SIZES and all(c > 0 for _, c in a.dim.terms):
        return arith.kept_above_zero(a, f"max(..., {y})") if largest else b
    gap = (a.dim - b.dim).const
    if gap is not None and not arith.stands_for_many(a.dim):
        return a if (gap >= 0) is largest else b
    role = a.dim.role if y is not None or a.dim.role == b.dim.role else ""
    step = ctx.step("guarded", f"max(..., {y}) keeps it above 0", a.step) if y is not None and largest else a.step
    return Num(fresh("n", role), a.count if y is not None and largest else None, step)


_MATH: dict[str, Callable[..., Any]] = {
    "log": math.log, "log2": math.log2, "log10": math.log10, "exp": math.exp, "sqrt": math.sqrt, "pow": math.pow, "sin": math.sin,
    "cos": math.cos, "tanh": math.tanh, "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite, "gcd": math.gcd,
}  # fmt: skip


def _math(name: str, func: Callable[..., Any]) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        known = [arith.number(ctx.get(a)) for a in args.pos]
        if None in known or args.kw:
            return UNKNOWN
        try:
            return arith.constant(func(*known))
        except (ValueError, OverflowError, TypeError):
            return UNKNOWN

    op.__doc__ = f"`math.{name}`."
    call(f"math.{name}")(op)


for _name, _func in _MATH.items():
    _math(_name, _func)


@call("math.prod")
def prod(ctx: Ctx, args: Args) -> Value:
    """`math.prod(xs)`."""
    seq = as_seq(ctx, args.pos[0]) if args.pos else None
    out: Value | None = Num(ONE)
    for i in seq.items or (UNKNOWN,) if seq is not None else (UNKNOWN,):
        out = arith.binary("*", out, ctx.get(i)) if out is not None else None
    return out if out is not None else UNKNOWN


for _name, _value in (("inf", math.inf), ("pi", math.pi), ("e", math.e), ("nan", math.nan)):
    object_attribute(f"math.{_name}")(lambda ctx, args, value=_value: Const(value))


# random


@call("random.shuffle")
def shuffle(ctx: Ctx, args: Args) -> Value:
    """`random.shuffle(xs)`."""
    facts = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    if isinstance(facts, Seq):
        ctx.set(args.pos[0], shuffled(ctx, facts))
    return NONE


@call("random.sample", "random.choices")
def sample(ctx: Ctx, args: Args) -> Value:
    """`random.sample(xs, k)`."""
    count = arg(ctx, args, None, "k") or arg(ctx, args, 1, "k")
    if not args.pos:
        return UNKNOWN
    seq = as_seq(ctx, args.pos[0])
    return Seq("list", None, elem_of(ctx, seq), count.dim if isinstance(count, Num) else fresh("n"))


@call("random.choice")
def choice(ctx: Ctx, args: Args) -> Value:
    """`random.choice(xs)`."""
    return anew(elem_of(ctx, as_seq(ctx, args.pos[0]))) if args.pos else UNKNOWN


@call("random.randint")
def randint(ctx: Ctx, args: Args) -> Value:
    """`random.randint(a, b)`, with b among the answers."""
    return _drawn(ctx, args, 1)


@call("random.randrange")
def randrange(ctx: Ctx, args: Args) -> Value:
    """`random.randrange(a, b)`, without b."""
    return _drawn(ctx, args, 0)


def _drawn(ctx: Ctx, args: Args, more: int) -> Num:
    found = [g.dim if isinstance(g := ctx.get(a), Num) else None for a in args.pos]
    low, high = (Dim(), found[0]) if len(found) == 1 else found[:2] if len(found) >= 2 else (None, None)
    return arith.one_of("drawn", low, None if high is None else high + more)


@call("random.seed")
def nothing(ctx: Ctx, args: Args) -> Value:
    """Calls that give nothing."""
    return NONE
