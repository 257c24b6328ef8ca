"""Reading and writing the items of lists and dicts."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import UNKNOWN, Const, Dim, Map, Num, Origin, Real, Seq, SliceV, Tensor, Unknown, Value, uid
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors import sizes
from shapeguard.analysis.ops.tensors.members import anew, as_key, dereferenced, elem_of, joined, make
from shapeguard.analysis.ops.tensors.slicing import slice_seq


def item(ctx: Ctx, a: Value, index: Value) -> Value:
    """`a[index]` of a container."""
    facts, at = ctx.get(a), ctx.get(index)
    if isinstance(facts, Seq):
        if facts.sizes is not None and (size := sizes.item(ctx, facts, at)) is not None:
            return size
        if isinstance(at, SliceV):
            return slice_seq(ctx, facts, at.lo, at.hi, at.step)
        k = at.dim.const if isinstance(at, Num) else None
        if facts.items is not None and k is not None:
            return facts.items[k] if -len(facts.items) <= k < len(facts.items) else UNKNOWN
        return anew(_one_of(ctx, facts, at))
    if isinstance(facts, Map):
        return of_text(ctx, _lookup(ctx, facts, at), at)
    if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)) and isinstance(at, Num) and at.dim.const is not None:
        k = at.dim.const
        return arith.constant(facts.value[k]) if -len(facts.value) <= k < len(facts.value) else UNKNOWN
    return UNKNOWN


def of_text(ctx: Ctx, found: Value, key: Value) -> Value:
    """What stands under a key that is a part of a text: an id of that part, and so no padding."""
    one = ctx.get(found)
    if not isinstance(one, Num) or not isinstance(key, Unknown) or not key.text:
        return found
    return replace(one, step=ctx.step("looked up", "the id of a part of a text", one.step))


def _one_of(ctx: Ctx, seq: Seq, at: Value) -> Value:
    """Any one of several members: ids of its own where each of them is, the same ids for the same index."""
    found = elem_of(ctx, seq)
    if not seq.items or not isinstance(found, (Seq, Tensor)) or found.origin is not None or not isinstance(at, Num):
        return found
    members = [ctx.get(v) for v in seq.items]
    sources = tuple(m.origin.source for m in members if isinstance(m, (Seq, Tensor)) and m.origin is not None)
    return replace(found, origin=Origin(_picked(sources, at.dim))) if len(sources) == len(members) else found


@lru_cache(maxsize=4096)
def _picked(sources: tuple[int, ...], at: Dim | str) -> int:
    """The source of one of several sources."""
    return uid()


def _under(ctx: Ctx, rest: Value, key: str) -> Value:
    """What stands under one of the keys that are not told apart: ids of its own, the same ones each time."""
    found = ctx.get(rest)
    if not isinstance(found, (Seq, Tensor)) or found.origin is None:
        return rest
    return replace(found, origin=replace(found.origin, source=_picked((found.origin.source,), key)))


def key_of(ctx: Ctx, value: Value) -> tuple[Any] | None:
    """The Python key that a value is, boxed; None where it is not known."""
    facts = ctx.get(value)
    if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items is not None:
        parts = [key_of(ctx, i) for i in facts.items]
        return None if any(p is None for p in parts) else (tuple(p[0] for p in parts if p is not None),)
    return arith.literal(facts)


def _lookup(ctx: Ctx, facts: Map, at: Value) -> Value:
    """The value under a key of a dict; where the key is not known, any of the values."""
    key = key_of(ctx, at)
    rest = facts.rest
    if key is None:
        members = tuple(v for _, v in facts.items) + (() if rest is None else (rest,))
        out = joined(ctx, members)
        if isinstance(out, Num) and (len(members) > 1 or out is rest):
            return arith.with_real(arith.any_id("id", *_reach(ctx, members)), _classes(ctx, facts))
        return anew(_padded_alike(ctx, members, out))
    for k, value in facts.items:
        if k == key[0] and type(k) is type(key[0]):
            return _as_class(ctx, facts, k, value)
    if rest is None:
        return UNKNOWN
    if isinstance(rest, Num) and rest.dim.symbols and isinstance(key[0], str):
        return Num(arith.bounded(arith.symbol_for_key(rest.dim, key[0], key[0], role_of_token(key[0])), *arith.bounds(rest.dim)))
    return _under(ctx, rest, key[0]) if isinstance(key[0], str) else rest


def _padded_alike(ctx: Ctx, members: tuple[Value, ...], out: Value) -> Value:
    """What stands under a key that is not known is padded only as all that it may be are: they are no two states of one thing."""
    if not isinstance(out, (Seq, Tensor)) or not out.fills:
        return out
    each = [ctx.get(m) for m in members]
    fills = tuple(f for f in out.fills if all(isinstance(m, (Seq, Tensor)) and f in m.fills for m in each))
    return out if fills == out.fills else replace(out, fills=fills, unpadded=False)


_NO_CLASS = ("pad", "ign", "mask", "unk", "blank", "null", "none", "empty", "unused", "special", "bos", "eos", "sos", "cls", "sep")


def _names_class(key: Any) -> bool:
    """Whether a key reads like the name of a class, and not like that of a special token (a lone P often stands for padding)."""
    if key in ("P", "p"):
        return False
    return isinstance(key, str) and key[:1].isalpha() and key[-1:].isalnum() and not any(w in key.lower() for w in _NO_CLASS)


def _numbers_classes(ctx: Ctx, facts: Map) -> bool:
    """Whether a dict numbers its keys from 0: `{"O": 0, "B-PER": 1}`."""
    known = [arith.number(ctx.get(v)) for _, v in facts.items]
    whole = facts.rest is None and len(known) > 1 and all(isinstance(k, str) for k, _ in facts.items)
    return whole and None not in known and sorted(known) == list(range(len(known)))


def _as_class(ctx: Ctx, facts: Map, key: Any, value: Value) -> Value:
    num = ctx.get(value)
    if not isinstance(num, Num) or num.step is not None or not _names_class(key) or not _numbers_classes(ctx, facts):
        return value
    return replace(num, step=ctx.step("class", f"{num.dim} is {key!r}", about=num.dim))


def _classes(ctx: Ctx, facts: Map) -> tuple[Real, ...]:
    if not _numbers_classes(ctx, facts):
        return ()
    named = [(k, n) for k, v in facts.items if _names_class(k) and isinstance(n := ctx.get(v), Num)]
    return tuple(Real(n.dim, ctx.step("class", f"{n.dim} is {k!r}", about=n.dim)) for k, n in named[:1] if n.dim == Dim())


def _reach(ctx: Ctx, members: tuple[Value, ...]) -> tuple[Dim | None, Dim | None]:
    made = make(ctx, "set", members)
    return made.low, made.high


def store(ctx: Ctx, a: Value, index: Value, value: Value) -> Value:
    """The facts of a container after `a[index] = value`."""
    facts, at = ctx.get(a), ctx.get(index)
    if isinstance(facts, Map):
        key = key_of(ctx, at)
        if key is None:
            new = arith.any_id("id", *arith.bounds(value.dim)) if isinstance(value, Num) else dereferenced(ctx, value)
            first = facts.rest is None
            named = index if first else joined(ctx, (facts.key, index)) if facts.key is not None else UNKNOWN
            return replace(facts, rest=joined(ctx, (facts.rest or new, new)), size=None, key=as_key(ctx, named))
        same = [k == key[0] and type(k) is type(key[0]) for k, _ in facts.items]
        if any(same):
            return replace(facts, items=tuple((k, value if hit else v) for (k, v), hit in zip(facts.items, same, strict=True)))
        size = None if facts.size is None else facts.size + 1  # taken for a new key
        return replace(facts, items=(*facts.items, (key[0], value)), size=size) if len(facts.items) < 512 else facts
    if not isinstance(facts, Seq):
        return facts
    k = at.dim.const if isinstance(at, Num) else None
    if facts.items is not None and k is not None and -len(facts.items) <= k < len(facts.items):
        items = list(facts.items)
        items[k] = value
        return replace(facts, items=tuple(items), elem=joined(ctx, tuple(items)), run=False, ends=(), mask=None, unique=False)
    elem = joined(ctx, (elem_of(ctx, facts), value))
    return replace(facts, items=None, places=(), first=None, elem=elem, run=False, ends=(), mask=None, low=None, high=None, unique=False)
