"""Builtins that make or measure one value: len, list, dict, int, bool, and functions that get items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.places import MANY
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    BoundLib,
    Const,
    Count,
    Dim,
    Lib,
    LibObj,
    Map,
    Num,
    Origin,
    Partial,
    Ref,
    Seq,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.ops.python.container_methods import merged, shuffled
from shapeguard.analysis.ops.python.containers import listlike
from shapeguard.analysis.ops.python.lookup import key_of, store
from shapeguard.analysis.ops.table import METHODS, Ctx, call
from shapeguard.analysis.ops.tensors.members import as_key, as_seq, elem_of, joined, make, opaque_source


@call("builtins.len")
def len_(ctx: Ctx, args: Args) -> Value:
    """`len(x)`."""
    if not args.pos:
        return UNKNOWN
    facts = ctx.get(args.pos[0])
    if isinstance(facts, Seq):
        one = ctx.get(elem_of(ctx, facts))
        count = Count("batches") if isinstance(one, Tensor) and one.losses else None  # a list that losses were collected in
        size = Dim.of(len(facts.items)) if facts.items is not None else arith.length(facts.length, facts.unique)
        return Num(size, count, of=facts.origin)
    if isinstance(facts, Map):
        known = len(facts.items)
        return Num(Dim.of(known) if facts.rest is None else arith.length(facts.size if facts.size is not None else fresh("n"), known))
    if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)):
        return Num(Dim.of(len(facts.value)))
    if isinstance(facts, Tensor):
        size_of = ctx.item(ctx.attr(args.pos[0], "shape"), Num(Dim()))
        return replace(size_of, of=facts.origin) if isinstance(size_of, Num) else size_of
    if isinstance(facts, LibObj):
        op = METHODS.get(f"{facts.cls}.__len__")
        return op(ctx, args) if op is not None else Num(arith.symbol_for_key(("len", facts.uid), "", "n"))
    return Num(fresh("n"), of=Origin(opaque_source(args.pos[0].id)) if isinstance(args.pos[0], Ref) else None)


def _kind(kind: Any) -> Callable[[Ctx, Args], Value]:
    def op(ctx: Ctx, args: Args) -> Value:
        if not args.pos:
            return Seq(kind, (), UNKNOWN, Dim())
        seq = listlike(ctx, args.pos[0]) or as_seq(ctx, args.pos[0])
        return replace(shuffled(ctx, seq) if seq.kind == "set" else seq, kind=kind)

    op.__doc__ = f"`{kind}(xs)`."
    return op


call("builtins.list")(_kind("list"))
call("builtins.tuple")(_kind("tuple"))
call("collections.deque")(_kind("list"))


@call("builtins.set", "builtins.frozenset")
def set_(ctx: Ctx, args: Args) -> Value:
    """`set(xs)`: each member once, in no order."""
    if not args.pos:
        return Seq("set", (), UNKNOWN, Dim())
    facts = ctx.get(args.pos[0])
    if isinstance(facts, Const) and isinstance(facts.value, str) and len(set(facts.value)) <= MANY:
        return make(ctx, "set", tuple(Const(c) for c in sorted(set(facts.value))))
    seq = as_seq(ctx, args.pos[0])
    known = [arith.literal(ctx.get(i)) for i in seq.items] if seq.items is not None else None
    if known is not None and None not in known:
        return make(ctx, "set", tuple(arith.constant(k[0]) for k in dict.fromkeys(known) if k is not None))
    size = fresh("n") if seq.kind != "set" and not seq.unique else seq.length
    return Seq("set", None, elem_of(ctx, seq), size, low=seq.low, high=seq.high, unique=True)


@call("builtins.dict", "collections.OrderedDict")
def dict_(ctx: Ctx, args: Args) -> Value:
    """`dict(pairs, key=value)`."""
    out: Map = Map(())
    if args.pos:
        facts = ctx.get(args.pos[0])
        if isinstance(facts, Map):
            out = replace(facts, kind="dict")
        elif isinstance(facts, Seq):
            out = _from_pairs(ctx, facts)
        else:
            return UNKNOWN
    if args.more:
        out = replace(out, rest=UNKNOWN)
    return merged(ctx, out, Map(args.kw)) if args.kw else out


def _from_pairs(ctx: Ctx, pairs: Seq) -> Map:
    out: Value = Map(())
    for at, pair in pairs.places if pairs.items is None else ():
        row = ctx.get(pair)
        if at is not None and isinstance(row, Seq) and row.items is not None and len(row.items) == 2:
            out = store(ctx, out, *row.items)
    for pair in pairs.items if pairs.items is not None else (elem_of(ctx, pairs),):
        facts = ctx.get(pair)
        if not isinstance(facts, Seq) or facts.items is None or len(facts.items) != 2:
            return Map((), UNKNOWN)
        if pairs.items is None:
            return Map((), facts.items[1], size=pairs.length if pairs.unique else None, key=as_key(ctx, facts.items[0]))
        out = store(ctx, out, facts.items[0], facts.items[1])
    return out if isinstance(out, Map) else Map((), UNKNOWN)


@call("collections.defaultdict")
def defaultdict(ctx: Ctx, args: Args) -> Value:
    """`defaultdict(factory)`: any other key holds what the factory makes."""
    factory = args.given(0, "default_factory")
    if factory is None or ctx.get(factory) == NONE:
        return Map(())
    made = ctx.call(factory, Args())
    facts = ctx.get(made)
    if facts == Const(0.0) or isinstance(facts, Num):
        return Map((), arith.any_id())
    if isinstance(facts, Seq):
        made = ctx.new(Seq(facts.kind, None, UNKNOWN, fresh("n")))
    elif isinstance(facts, Map):
        made = ctx.new(replace(facts, rest=UNKNOWN))
    return Map((), made)


@call("collections.Counter")
def counter(ctx: Ctx, args: Args) -> Value:
    """`Counter(xs)`."""
    return Map((), arith.any_id("n"))


# numbers


@call("builtins.int")
def whole_number(ctx: Ctx, args: Args) -> Value:
    """`int(x)`: of a text that was read it is some number, which may be padding."""
    facts = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    if isinstance(facts, Unknown) and facts.text:
        return replace(arith.any_id("n"), step=ctx.step("number", "a number in a text"))
    return number(ctx, args)


@call("builtins.float", "builtins.complex")
def number(ctx: Ctx, args: Args) -> Value:
    """`int(x)`, `float(x)`: a count stays a count, a loss a loss."""
    if not args.pos:
        return Num(Dim())
    facts = ctx.get(args.pos[0])
    if isinstance(facts, Num):
        return facts
    if isinstance(facts, Tensor):
        if facts.count is not None or facts.value is not None:
            return Num(facts.value if facts.value is not None else fresh("n"), facts.count, facts.step)
        return facts if facts.losses or facts.scale not in ("ids", "") else arith.any_id("n")
    known = arith.literal(facts)
    if known is not None and isinstance(known[0], (str, bool, float)):
        is_int = isinstance(known[0], bool) or (isinstance(known[0], str) and known[0].strip().lstrip("+-").isdigit())
        try:
            value = int(known[0]) if is_int else float(known[0])
        except ValueError:
            return UNKNOWN
        digit = isinstance(known[0], str) and len(known[0]) == 1 and is_int
        step = ctx.step("class", f"{value} is the digit {known[0]}", about=Dim.of(int(value))) if digit else None
        return Num(Dim.of(value), step=step) if isinstance(value, int) else Const(value)
    return UNKNOWN


@call("builtins.ord")
def ord_(ctx: Ctx, args: Args) -> Value:
    """`ord(c)`: a number for each character; how large those of a text are is not known."""
    known = arith.literal(ctx.get(args.pos[0])) if args.pos else None
    if known is not None and isinstance(known[0], (str, bytes)) and len(known[0]) == 1:
        return Num(Dim.of(ord(known[0])))
    return arith.any_id("ord", Dim())


@call("builtins.str", "builtins.repr", "builtins.format", "builtins.ascii")
def text(ctx: Ctx, args: Args) -> Value:
    """`str(x)`."""
    given = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    known = arith.literal(given) if len(args.pos) == 1 else None
    return Const(str(known[0])) if known is not None else given if isinstance(given, Unknown) and given.text else UNKNOWN


@call("builtins.bool")
def bool_(ctx: Ctx, args: Args) -> Value:
    """`bool(x)`."""
    known = arith.truth(ctx.get(args.pos[0])) if args.pos else False
    return UNKNOWN if known is None else Const(known)


@call("builtins.abs")
def abs_(ctx: Ctx, args: Args) -> Value:
    """`abs(x)`."""
    if not args.pos:
        return UNKNOWN
    if isinstance(ctx.get(args.pos[0]), Tensor):
        return ctx.call(BoundLib(args.pos[0], "abs"), Args())
    known = arith.number(ctx.get(args.pos[0]))
    return arith.constant(abs(known)) if known is not None else UNKNOWN


@call("builtins.round", "math.ceil", "math.floor", "math.trunc")
def rounded(ctx: Ctx, args: Args) -> Value:
    """`round(x)`, `math.ceil(x)`: an integer."""
    facts = ctx.get(args.pos[0]) if args.pos else UNKNOWN
    if isinstance(facts, (Num, Tensor)):
        return facts
    return UNKNOWN if len(args.pos) == 2 else Num(fresh("n"))


@call("builtins.any")
def any_(ctx: Ctx, args: Args) -> Value:
    """`any(xs)`."""
    answers = _answers(ctx, args)
    return Const(True) if True in answers else Const(False) if None not in answers else UNKNOWN


@call("builtins.all")
def all_(ctx: Ctx, args: Args) -> Value:
    """`all(xs)`."""
    answers = _answers(ctx, args)
    return Const(False) if False in answers else Const(True) if None not in answers else UNKNOWN


def _answers(ctx: Ctx, args: Args) -> list[bool | None]:
    seq = as_seq(ctx, args.pos[0]) if args.pos else None
    return [None] if seq is None or seq.items is None else [arith.truth(ctx.get(i)) for i in seq.items]


@call("operator.itemgetter")
def itemgetter(ctx: Ctx, args: Args) -> Value:
    """`itemgetter(key)`: a function."""
    return Partial(Lib("shapeguard.itemgetter"), Args((make(ctx, "tuple", args.pos),)))


@call("operator.attrgetter")
def attrgetter(ctx: Ctx, args: Args) -> Value:
    """`attrgetter(name)`: a function."""
    return Partial(Lib("shapeguard.attrgetter"), Args((make(ctx, "tuple", args.pos),)))


@call("shapeguard.itemgetter", "shapeguard.attrgetter")
def getter(ctx: Ctx, args: Args) -> Value:
    """What the made function does."""
    keys = ctx.get(args.pos[0]) if len(args.pos) == 2 else UNKNOWN
    if not isinstance(keys, Seq) or not keys.items:
        return UNKNOWN
    known = [key_of(ctx, k) for k in keys.items]
    parts = tuple(ctx.item(args.pos[1], k) for k in keys.items) if None not in known else tuple(UNKNOWN for _ in known)
    return parts[0] if len(parts) == 1 else Seq("tuple", parts, joined(ctx, parts), Dim.of(len(parts)))
