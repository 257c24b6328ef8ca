"""Methods of lists, tuples, sets and dicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import join_elems, union
from shapeguard.analysis.facts.places import is_text, place_of, places_of, without_order
from shapeguard.analysis.facts.shapes import ONE, fresh
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Dim, Fill, Map, Num, Origin, Seq, Unknown, Value, uid
from shapeguard.analysis.ops.python.containers import concat, listlike, skipping, slice_seq
from shapeguard.analysis.ops.python.lookup import item, key_of, of_text, store
from shapeguard.analysis.ops.table import Ctx, object_method
from shapeguard.analysis.ops.tensors.members import anew, arg, as_seq, dereferenced, elem_of, joined, make


def _self(ctx: Ctx, args: Args) -> Seq | None:
    facts = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    return facts if isinstance(facts, Seq) else None


def list_of_one(ctx: Ctx, value: Value, new: bool) -> Seq:
    """A list of one item; `new`: an id in it begins sequences of its own."""
    facts = ctx.get(value)
    ids = new and isinstance(facts, Num) and arith.stands_for_many(facts.dim)
    read = isinstance(facts, Num) and facts.step is not None and facts.step.kind == "looked up"
    return Seq("list", (value,), value, ONE, origin=Origin(uid()) if ids else None, real=arith.real_of(facts), unpadded=read)


@object_method("list.append", "collections.deque.append")
def append(ctx: Ctx, args: Args) -> Value:
    """`xs.append(x)`."""
    seq = _self(ctx, args)
    value = args.given(1, "object")
    if seq is None or value is None:
        return NONE
    value = ctx.one_by_one(value)
    grown = concat(ctx, seq, list_of_one(ctx, value, seq.origin is None))
    grown = replace(grown, origin=seq.origin if seq.origin is not None else grown.origin)
    facts = ctx.get(value)
    held = ctx.get(elem_of(ctx, seq))
    if isinstance(facts, Num) and not arith.stands_for_many(facts.dim) and seq.items != ():
        inside = facts.dim in seq.holds and facts.dim.role not in ("eos", "sep")  # stands elsewhere too: no end
        grown = replace(grown, ends=() if inside else grown.ends, holds=union(seq.holds, (facts.dim,))[:_HELD])
    many = seq.items is None and (isinstance(held, Unknown) or (isinstance(held, Num) and arith.stands_for_many(held.dim)))
    if isinstance(facts, Num) and not arith.stands_for_many(facts.dim) and many:
        grown = _ended(ctx, seq, grown, facts.dim)
    if isinstance(facts, Const) and isinstance(facts.value, str) and isinstance(held, Unknown):
        grown = _token_behind(ctx, seq, grown, facts.value) if role_of_token(facts.value) == "pad" else grown
    if isinstance(facts, Num):
        grown = skipping(ctx, grown, facts.dim)
    ctx.set(args.pos[0], grown)
    return NONE


_HELD = 16  # ids that are remembered of those appended to a list


def _ended(ctx: Ctx, seq: Seq, grown: Seq, dim: Dim) -> Seq:
    """A certain id behind other ids: the end of a sequence, or padding when the same append runs again with nothing in between."""
    last = seq.step
    again = last is not None and last.kind == "append" and last.site.node is ctx.site.node and seq.items is None
    if again and dim.role not in ("eos", "bos", "sep"):
        step = ctx.step("list padding", f"appending {dim} in a loop pads the list", last)
        return replace(grown, fills=union(seq.fills, (Fill(dim, step),)), unpadded=False, ends=(), step=step)
    return replace(grown, step=ctx.step("append", f"{dim} is appended", last))


def _token_behind(ctx: Ctx, seq: Seq, grown: Seq, token: str) -> Seq:
    """A token for padding behind what is not known: padding where the same append runs again with nothing in between."""
    last = seq.step
    if last is None or last.op != "append" or last.site.node is not ctx.site.node:
        return replace(grown, step=ctx.step("append", f"{token!r} is appended", last))
    step = ctx.step("list padding", f"appending {token!r} in a loop pads the list", last)
    return replace(grown, fills=union(seq.fills, (Fill(None, step, token=token),)), unpadded=False, step=step)


@object_method("list.appendleft")
def appendleft(ctx: Ctx, args: Args) -> Value:
    """`deque.appendleft(x)`."""
    return insert(ctx, Args((args.pos[0], Num(Dim()), *args.pos[1:])))


@object_method("list.extend", "list.__iadd__")
def extend(ctx: Ctx, args: Args) -> Value:
    """`xs.extend(ys)`."""
    seq = _self(ctx, args)
    other = args.given(1, "iterable")
    more = ctx.get(other) if other is not None else None
    if isinstance(more, Seq) and more.items is not None and len(more.items) == 1:
        return append(ctx, Args((args.pos[0], more.items[0])))
    if seq is not None and other is not None:
        ctx.set(args.pos[0], concat(ctx, seq, listlike(ctx, other) or as_seq(ctx, other)))
    return NONE


@object_method("list.insert")
def insert(ctx: Ctx, args: Args) -> Value:
    """`xs.insert(i, x)`."""
    seq = _self(ctx, args)
    index, value = arg(ctx, args, 1, "index"), args.given(2, "object")
    if seq is None or value is None:
        return NONE
    k = index.dim.const if isinstance(index, Num) else None
    if k == 0:
        ctx.set(args.pos[0], concat(ctx, list_of_one(ctx, value, True), seq))
    elif seq.items is not None and k is not None:
        items = list(seq.items)
        items.insert(k, value)
        ctx.set(args.pos[0], replace(make(ctx, seq.kind, tuple(items)), fills=seq.fills, unpadded=seq.unpadded))
    else:
        elem = joined(ctx, (elem_of(ctx, seq), value))
        grown = replace(seq, items=None, places=(), first=None, elem=elem, length=seq.length + 1, origin=None, ends=())
        ctx.set(args.pos[0], replace(grown, run=False, mask=None, unique=False))
    return NONE


@object_method("list.pop", "list.popleft", "set.pop")
def pop(ctx: Ctx, args: Args) -> Value:
    """`xs.pop()`, `xs.pop(0)`, `xs.pop(i)`."""
    seq = _self(ctx, args)
    if seq is None:
        return UNKNOWN
    index = arg(ctx, args, 1, "index")
    k = -1 if index is None else index.dim.const if isinstance(index, Num) else None
    if k == -1:
        left, gone = slice_seq(ctx, seq, NONE, Num(Dim.of(-1)), NONE), item(ctx, seq, Num(Dim.of(-1)))
    elif k == 0:
        left, gone = slice_seq(ctx, seq, Num(ONE), NONE, NONE), item(ctx, seq, Num(Dim()))
    else:
        gone = elem_of(ctx, seq)
        left = replace(seq, items=None, places=(), first=None, elem=gone, length=seq.length - 1, origin=None, mask=None)
    if seq.items is None and seq.kind == "list" and not left.length.symbols and (left.length.const or 0) < 0:
        left = replace(left, length=fresh("n"))
    ctx.set(args.pos[0], left)
    return anew(gone)


@object_method("list.remove", "set.remove", "set.discard", "list.clear", "set.clear")
def remove(ctx: Ctx, args: Args) -> Value:
    """`xs.remove(x)`, `xs.clear()`."""
    seq = _self(ctx, args)
    if seq is not None and len(args.pos) == 1:
        ctx.set(args.pos[0], Seq(seq.kind, (), UNKNOWN, Dim()))
    elif seq is not None:
        size = seq.length - 1 if seq.kind == "list" else fresh("n")
        left = replace(seq, items=None, places=(), first=None, elem=elem_of(ctx, seq), length=size)
        ctx.set(args.pos[0], replace(left, origin=None, mask=None, ends=()))
    return NONE


@object_method("list.sort", "list.reverse")
def reorder(ctx: Ctx, args: Args) -> Value:
    """`xs.sort()`, `xs.reverse()`."""
    seq = _self(ctx, args)
    if seq is not None:
        ctx.set(args.pos[0], shuffled(ctx, seq))
    return NONE


def shuffled(ctx: Ctx, seq: Seq) -> Seq:
    """The same items in an order that is not known."""
    items = seq.items if seq.items is not None and len(seq.items) == 1 else None
    places = () if items is not None else without_order(places_of(seq))
    elem = elem_of(ctx, seq)
    return replace(seq, items=items, places=places, first=None, elem=elem, origin=None, ends=(), mask=None, names=(), sizes=None)


@object_method("list.copy", "tuple.copy", "set.copy", "dict.copy")
def copy(ctx: Ctx, args: Args) -> Value:
    """`xs.copy()`."""
    return ctx.get(args.pos[0])


@object_method("list.index", "tuple.index")
def index_of(ctx: Ctx, args: Args) -> Value:
    """`xs.index(x)`: an id, the same for the same known string."""
    seq = _self(ctx, args)
    key = key_of(ctx, args.pos[1]) if len(args.pos) > 1 else None
    if seq is not None and key is not None and seq.items is not None:
        keys = [key_of(ctx, i) for i in seq.items]
        if key in keys and None not in keys[: keys.index(key)]:
            return Num(Dim.of(keys.index(key)))
    place = None if seq is None or key is None or not isinstance(key[0], str) else place_of(seq, key[0])
    return arith.any_id("i") if place is None else Num(place)


@object_method("list.count", "tuple.count")
def count_of(ctx: Ctx, args: Args) -> Value:
    """`xs.count(x)`."""
    return Num(fresh("n"))


@object_method("set.add", "set.update")
def add(ctx: Ctx, args: Args) -> Value:
    """`s.add(x)`, `s.update(xs)`."""
    seq = _self(ctx, args)
    if seq is not None and len(args.pos) > 1:
        new = args.pos[1] if not isinstance(ctx.get(args.pos[1]), Seq) else as_seq(ctx, args.pos[1]).elem
        elem = dereferenced(ctx, new) if seq.items == () else join_elems(dereferenced(ctx, elem_of(ctx, seq)), dereferenced(ctx, new))
        ctx.set(args.pos[0], Seq("set", None, elem, fresh("n")))
    return NONE


@object_method("set.union", "set.intersection", "set.difference", "set.symmetric_difference")
def set_algebra(ctx: Ctx, args: Args) -> Value:
    """`a.union(b)` and its kin."""
    members = tuple(dereferenced(ctx, elem_of(ctx, as_seq(ctx, a))) for a in args.pos)
    return Seq("set", None, joined(ctx, members), fresh("n"))


# dicts


def _map(ctx: Ctx, args: Args) -> Map | None:
    facts = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    return facts if isinstance(facts, Map) else None


@object_method("dict.get")
def dict_get(ctx: Ctx, args: Args) -> Value:
    """`d.get(key, default)`."""
    facts = _map(ctx, args)
    key = args.given(1, "key")
    default = args.given(2, "default") or NONE
    if facts is None or key is None:
        return UNKNOWN
    known = key_of(ctx, key)
    if known is not None and (found := _exact(facts, known[0])) is not None:
        return found
    if known is not None and facts.rest is None:
        return default
    found = item(ctx, facts, key)
    if isinstance(found, Num) and isinstance(ctx.get(default), Num):
        return of_text(ctx, arith.any_id(), ctx.get(key))
    return found if ctx.get(default) == found else join_elems(dereferenced(ctx, found), dereferenced(ctx, default))


def _exact(facts: Map, key: Any) -> Value | None:
    return next((v for k, v in facts.items if k == key and type(k) is type(key)), None)


@object_method("dict.__getitem__")
def dict_getitem(ctx: Ctx, args: Args) -> Value:
    """`d[key]`."""
    return item(ctx, args.pos[0], args.pos[1]) if len(args.pos) > 1 else UNKNOWN


@object_method("dict.keys")
def dict_keys(ctx: Ctx, args: Args) -> Value:
    """`d.keys()`."""
    return as_seq(ctx, args.pos[0])


@object_method("dict.values")
def dict_values(ctx: Ctx, args: Args) -> Value:
    """`d.values()`."""
    facts = _map(ctx, args)
    if facts is None:
        return UNKNOWN
    values = tuple(v for _, v in facts.items)
    if facts.rest is None:
        return make(ctx, "list", values)
    return Seq("list", None, joined(ctx, (*values, facts.rest)), fresh("n"))


@object_method("dict.items")
def dict_items(ctx: Ctx, args: Args) -> Value:
    """`d.items()`."""
    facts = _map(ctx, args)
    if facts is None:
        return UNKNOWN
    pairs = tuple(make(ctx, "tuple", (arith.constant(k) if isinstance(k, (str, int, float)) else UNKNOWN, v)) for k, v in facts.items)
    if facts.rest is None:
        return make(ctx, "list", pairs)
    places = tuple((None, pair) for pair in pairs if is_text(pair))
    other = make(ctx, "tuple", (facts.key or UNKNOWN, facts.rest))
    return Seq("list", None, joined(ctx, (*pairs, other)), fresh("n"), places=places)


@object_method("dict.update")
def dict_update(ctx: Ctx, args: Args) -> Value:
    """`d.update(other, key=value)`."""
    facts = _map(ctx, args)
    if facts is not None:
        for other in args.pos[1:2]:
            facts = merged(ctx, facts, ctx.get(other))
        for name, value in args.kw:
            facts = merged(ctx, facts, Map(((name, value),)))
        ctx.set(args.pos[0], facts)
    return NONE


def merged(ctx: Ctx, a: Map, b: Value) -> Map:
    """`{**a, **b}`."""
    if not isinstance(b, Map):
        return replace(a, items=(), rest=UNKNOWN, size=None)
    out: Value = a
    for key, value in b.items:
        out = store(ctx, out, _key(key), value)
    if isinstance(out, Map) and b.rest is not None:
        members = (b.rest,) if out.rest is None else (out.rest, b.rest)
        # any known key may have been overwritten
        rest = joined(ctx, (*members, *(v for k, v in out.items if _exact(b, k) is None)))
        return replace(out, items=b.items, rest=rest, size=None, key=b.key if not a.items and a.rest is None else None)
    return out if isinstance(out, Map) else a


def _key(key: Any) -> Value:
    if isinstance(key, tuple):
        parts = tuple(_key(k) for k in key)
        return Seq("tuple", parts, UNKNOWN, Dim.of(len(parts)))
    return arith.constant(key)


@object_method("dict.setdefault")
def dict_setdefault(ctx: Ctx, args: Args) -> Value:
    """`d.setdefault(key, default)`."""
    facts = _map(ctx, args)
    if facts is None or len(args.pos) < 2:
        return UNKNOWN
    known = key_of(ctx, args.pos[1])
    default = args.given(2, "default") or NONE
    found = None if known is None else _exact(facts, known[0])
    if found is None:
        held = ctx.new(default) if isinstance(default, (Seq, Map)) else default
        ctx.set(args.pos[0], store(ctx, facts, args.pos[1], held))
        return held if known is not None else item(ctx, args.pos[0], args.pos[1])
    return found


@object_method("dict.pop")
def dict_pop(ctx: Ctx, args: Args) -> Value:
    """`d.pop(key, default)`."""
    facts = _map(ctx, args)
    if facts is None or len(args.pos) < 2:
        return UNKNOWN
    found = dict_get(ctx, args)
    known = key_of(ctx, args.pos[1])
    if known is None:
        ctx.set(args.pos[0], replace(facts, items=(), rest=joined(ctx, (*(v for _, v in facts.items), facts.rest or UNKNOWN)), size=None))
    else:
        ctx.set(args.pos[0], replace(facts, items=tuple((k, v) for k, v in facts.items if k != known[0]), size=None))
    return found


@object_method("dict.clear")
def dict_clear(ctx: Ctx, args: Args) -> Value:
    """`d.clear()`."""
    ctx.set(args.pos[0], Map(()))
    return NONE
