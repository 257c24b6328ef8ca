"""What every operation on containers needs: arguments, the members of a container, and anything iterable as a list."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from operator import is_
from typing import Literal

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import join_elems, union
from shapeguard.analysis.facts.places import few_enough
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.token_names import plain_text, role_of_token
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    Dim,
    Inst,
    LibObj,
    Map,
    Num,
    Origin,
    Ref,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops.table import Ctx

Kind = Literal["list", "tuple", "set"]


def arg(ctx: Ctx, args: Args, index: int | None, name: str) -> Value | None:
    """The facts of an argument, or None when it was left out."""
    value = args.given(index, name)
    return None if value is None else ctx.get(value)


def dereferenced(ctx: Ctx, value: Value, depth: int = 4) -> Value:
    """Facts with the references inside containers followed."""
    facts = ctx.get(value)
    if depth and isinstance(facts, Seq):
        items = None if facts.items is None else tuple(dereferenced(ctx, i, depth - 1) for i in facts.items)
        elem = dereferenced(ctx, facts.elem, depth - 1)
        if elem is facts.elem and (items is None or facts.items is None or all(map(is_, items, facts.items))):
            return facts
        return replace(facts, items=items, elem=elem)
    if depth and isinstance(facts, Map):
        rest = None if facts.rest is None else dereferenced(ctx, facts.rest, depth - 1)
        return replace(facts, items=tuple((k, dereferenced(ctx, v, depth - 1)) for k, v in facts.items), rest=rest)
    return facts


def joined(ctx: Ctx, values: tuple[Value, ...]) -> Value:
    """The element that stands for several; UNKNOWN for none, the value itself (perhaps a Ref) for one."""
    if not values:
        return UNKNOWN
    if all(v == values[0] for v in values[1:]):
        return values[0]
    out = dereferenced(ctx, values[0])
    for value in values[1:]:
        out = join_elems(out, dereferenced(ctx, value))
        if isinstance(out, Unknown):
            break
    return out


def elem_of(ctx: Ctx, seq: Seq) -> Value:
    """The element that stands for all items, as they are now."""
    return seq.elem if not seq.items else joined(ctx, seq.items)


def make(ctx: Ctx, kind: Kind, items: tuple[Value, ...]) -> Seq:
    """A container of known items."""
    low, high = _range(items)
    known = items if few_enough(items) else None
    origin = Origin(uid()) if kind == "list" and any(isinstance(i, Num) and arith.stands_for_many(i.dim) for i in items) else None
    real = union((), tuple(r for i in items for r in arith.real_of(i)))
    return Seq(kind, known, joined(ctx, items), Dim.of(len(items)), real=real, low=low, high=high, origin=origin, unique=kind == "set")


def _range(items: tuple[Value, ...]) -> tuple[Dim | None, Dim | None]:
    found = [_own_range(i) for i in items]
    if not found:
        return None, None
    low, high = found[0]
    for a, b in found[1:]:
        low, high = least(low, a), most(high, b)
    return low, high


def _own_range(item: Value) -> tuple[Dim | None, Dim | None]:
    if not isinstance(item, Num):
        return None, None
    low, high = arith.bounds(item.dim)
    return (item.dim, item.dim + 1) if low is None and high is None and not arith.stands_for_many(item.dim) else (low, high)


def least(a: Dim | None, b: Dim | None) -> Dim | None:
    """The smaller of two bounds, where that is known."""
    gap = (a - b).const if a is not None and b is not None else None
    return None if gap is None else b if gap > 0 else a


def most(a: Dim | None, b: Dim | None) -> Dim | None:
    """The larger of two bounds, where that is known."""
    gap = (a - b).const if a is not None and b is not None else None
    return None if gap is None else a if gap > 0 else b


def listlike(ctx: Ctx, value: Value) -> Seq | None:
    """A list, or an unknown value taken for one (the same each time that the same unknown is); None for anything else."""
    facts = ctx.get(value)
    if isinstance(facts, Seq):
        return facts
    if not isinstance(facts, Unknown):
        return None
    size = arith.opaque_length(value.id, facts.name) if isinstance(value, Ref) else fresh("n")
    return Seq("list", None, Unknown(text=True) if facts.text else UNKNOWN, size, unpadded=facts.text)


def as_seq(ctx: Ctx, value: Value) -> Seq:
    """What iterating over a value gives, as a list."""
    facts = ctx.get(value)
    if isinstance(facts, Seq):
        return facts
    if isinstance(facts, Map):
        keys = tuple(arith.constant(k) if isinstance(k, (str, int, float)) else UNKNOWN for k, _ in facts.items)
        if facts.rest is None:
            return Seq("list", keys, UNKNOWN, Dim.of(len(keys)), unique=True)
        one = UNKNOWN if facts.key is None else joined(ctx, (*keys, facts.key))
        return Seq("list", None, one, facts.size if facts.size is not None else fresh("n"), unique=True)
    if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)):
        chars = tuple(arith.constant(c) for c in facts.value)
        any_one = UNKNOWN if isinstance(facts.value, str) else arith.any_id("byte", Dim(), Dim.of(256))
        listed = make(ctx, "list", chars) if few_enough(chars) else Seq("list", None, any_one, Dim.of(len(chars)))
        return replace(listed, unpadded=isinstance(facts.value, str) and plain_text(facts.value))
    if isinstance(facts, Tensor):
        axis = facts.shape.at(0)
        size = axis.size if axis is not None else None
        return Seq("list", None, ctx.elem(value), size if size is not None else fresh("n"))
    if isinstance(facts, (LibObj, Inst)):
        return Seq("list", None, ctx.elem(value), fresh("n"))
    if isinstance(facts, Unknown) and facts.text:
        return Seq("list", None, Unknown(text=True), fresh("n"), unpadded=True)
    return Seq("list", None, UNKNOWN, fresh("n"))


def as_key(ctx: Ctx, value: Value) -> Value | None:
    """A key of a dict that is worth to be remembered: a tensor, a list, an id or a text, which going over the dict gives again."""
    facts = ctx.get(value)
    some = (isinstance(facts, Num) and arith.stands_for_many(facts.dim)) or (isinstance(facts, Unknown) and facts.text)
    return value if some or isinstance(facts, (Tensor, Seq)) else None


def anew(elem: Value) -> Value:
    """One member that an element stands for: an id of its own, where the element is "any id"."""
    if not isinstance(elem, Num) or not arith.stands_for_many(elem.dim):
        return elem
    return arith.with_real(arith.any_id("id", *arith.bounds(elem.dim)), arith.real_of(elem))


def as_id(ctx: Ctx, value: Value) -> Num | None:
    """A value as one certain id; an opaque one that is used as an id is a number of its own from now on."""
    facts = ctx.get(value)
    if isinstance(facts, Unknown) and isinstance(value, Ref):
        made = Num(fresh(facts.name or "id", role_of_token(facts.name)))
        ctx.set(value, made)
        return made
    return facts if isinstance(facts, Num) and not arith.stands_for_many(facts.dim) else None


@lru_cache(maxsize=4096)
def opaque_source(ref: int) -> int:
    """The source of the ids in something that is not known: the same each time that it is taken for ids."""
    return uid()
