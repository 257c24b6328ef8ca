"""Builtins that go over things: range, zip, enumerate, map, sorted, itertools, and what only passes an iterable on (tqdm)."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith, floors
from shapeguard.analysis.facts.join import union
from shapeguard.analysis.facts.places import WRITTEN, few_enough
from shapeguard.analysis.facts.shapes import ONE, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    BoundLib,
    Const,
    Count,
    Dim,
    Fill,
    Inst,
    Lib,
    LibObj,
    Num,
    Origin,
    Places,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops.python.container_methods import shuffled
from shapeguard.analysis.ops.python.containers import collected, concat, listlike, repeat
from shapeguard.analysis.ops.table import Ctx, call
from shapeguard.analysis.ops.tensors.members import arg, as_seq, elem_of, joined, make
from shapeguard.analysis.ops.tensors.slicing import slice_seq

_UNROLL = 16


@call("builtins.range", "tqdm.trange", "tqdm.auto.trange", "tqdm.notebook.trange")
def range_(ctx: Ctx, args: Args) -> Value:
    """`range(stop)`, `range(start, stop, step)`."""
    given = [ctx.get(a) for a in args.pos[:3]]
    sizes = [g.dim if isinstance(g, Num) else None for g in given]
    if not sizes or args.more:
        return Seq("list", None, arith.any_index(), fresh("n"))
    start, stop = (Dim(), sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
    step = sizes[2] if len(sizes) == 3 else ONE
    if start is None or stop is None or step is None:
        return Seq("list", None, arith.any_index(), fresh("n"))
    a, b, c = start.const, stop.const, step.const
    if a is not None and b is not None and c and max(abs(a), abs(b)) < 2**31:
        known = range(a, b, c)
        if len(known) <= _UNROLL:
            return make(ctx, "list", tuple(Num(Dim.of(i)) for i in known))
        first, last = sorted((known[0], known[-1]))  # no min and max: they would count all the way
        least, most = Dim.of(first), Dim.of(last + 1)
        begin = Dim.of(a) if c == 1 else None
        return Seq("list", None, arith.any_index(least, most), Dim.of(len(known)), low=least, high=most, first=begin)
    length = stop - start if c == 1 else start - stop if c == -1 else (stop - start).div(step)
    low, high = (start, stop) if c is not None and c > 0 else (None, None)
    if floors.windows_fill(stop - start, step):
        low, high = start, floors.written_out(stop) - step + 1
    size, begin = length if length is not None else fresh("n"), start if c == 1 else None
    return Seq("list", None, arith.any_index(low, high), size, low=low, high=high, first=begin)


@call("builtins.enumerate")
def enumerate_(ctx: Ctx, args: Args) -> Value:
    """`enumerate(xs, start)`."""
    iterable = args.given(0, "iterable")
    if iterable is None:
        return UNKNOWN
    seq = listlike(ctx, iterable) or as_seq(ctx, iterable)
    seq = shuffled(ctx, seq) if seq.kind == "set" else seq
    start = arg(ctx, args, 1, "start")
    first = 0 if start is None else start.dim.const if isinstance(start, Num) else None
    if seq.items is not None and first is not None:
        return make(ctx, "list", tuple(make(ctx, "tuple", (Num(Dim.of(first + k)), v)) for k, v in enumerate(seq.items)))
    count = arith.any_index(Dim.of(first), seq.length + first) if first is not None else arith.any_index()
    member = ctx.elem(iterable) if isinstance(ctx.get(iterable), Unknown) else elem_of(ctx, seq)
    item = Seq("tuple", (count, member), UNKNOWN, Dim.of(2))
    places = () if first is None else tuple((at, make(ctx, "tuple", (Num(at + first), v))) for at, v in seq.places if at is not None)
    return Seq("list", None, item, seq.length, places=places, unique=seq.unique)


@call("builtins.zip", "itertools.izip")
def zip_(ctx: Ctx, args: Args) -> Value:
    """`zip(xs, ys)`, and `zip(*batch)`, which turns samples into columns."""
    rows = starred(ctx, args)
    if rows is not None:
        return _columns(ctx, rows)
    if args.more or not args.pos:
        return Seq("list", None, UNKNOWN, fresh("n"))
    seqs = [as_seq(ctx, a) for a in args.pos]
    counted = _counted(seqs)
    known = [s.items for s in counted if s.items is not None]
    lengths = [s.length for s in seqs]
    if len(known) == len(seqs):
        tuples = tuple(make(ctx, "tuple", row) for row in zip(*known, strict=False))
        if few_enough(tuples):
            return make(ctx, "list", tuples)
    size = lengths[0] if all(n == lengths[0] for n in lengths) else _shortest(lengths)
    members = tuple(elem_of(ctx, s) for s in seqs)
    return Seq("list", None, make(ctx, "tuple", members), size, places=_side_by_side(ctx, seqs))


def _counted(seqs: list[Seq]) -> list[Seq]:
    """The columns of a zip; a range beside a list of known items counts these."""
    sizes = [len(s.items) for s in seqs if s.items is not None]
    if len(sizes) == len(seqs) or not sizes:
        return seqs
    found: list[Seq] = []
    for s in seqs:
        first, long = s.first, s.length.const is not None and s.length.const >= min(sizes) and min(sizes) <= WRITTEN
        found.append(s if first is None or not long else replace(s, items=tuple(Num(first + i) for i in range(min(sizes)))))
    return found


def _side_by_side(ctx: Ctx, seqs: list[Seq]) -> Places:
    """The known strings of one list beside the numbers of a range: `zip(tokens, range(len(tokens)))`."""
    known = [s for s in seqs if s.items is None and s.places]
    if len(known) != 1 or any(s.first is None for s in seqs if s is not known[0]):
        return ()
    found: list[tuple[Dim | None, Value]] = []
    for at, item in known[0].places:
        if at is not None:
            row = tuple(Num(s.first + at) if s.first is not None else item for s in seqs)
            found.append((at, make(ctx, "tuple", row)))
    return tuple(found)


def _shortest(lengths: list[Dim]) -> Dim:
    known = [n.const for n in lengths]
    numbers = [n for n in known if n is not None]
    if len(numbers) == len(known):
        return Dim.of(min(numbers))
    roles = {n.role for n in lengths if n.role}
    return fresh("n", roles.pop() if len(roles) == 1 else "")


def starred(ctx: Ctx, args: Args) -> Seq | None:
    """The list behind the one `*`, where that is the only argument and its items are not known one by one."""
    facts = ctx.get(args.pos[0]) if args.more and len(args.pos) == 1 else None
    return facts if isinstance(facts, Seq) and facts.items is None else None


def _columns(ctx: Ctx, rows: Seq) -> Value:
    sample = ctx.get(elem_of(ctx, rows))
    if isinstance(sample, Seq) and sample.items is not None:
        columns = tuple(Seq("tuple", None, i, rows.length) for i in sample.items)
        return Seq("list", columns, UNKNOWN, Dim.of(len(columns)))
    if isinstance(sample, Seq):
        column = Seq("tuple", None, sample.elem, rows.length)
        return Seq("list", None, column, fresh("T", sample.length.role), fills=sample.fills, swaps=sample.swaps, origin=sample.origin)
    return Seq("list", None, Seq("tuple", None, UNKNOWN, rows.length), fresh("n"))


@call("itertools.zip_longest", "itertools.izip_longest")
def zip_longest(ctx: Ctx, args: Args) -> Value:
    """`zip_longest(*sequences, fillvalue=PAD)`: time first, padded."""
    value = arg(ctx, args, None, "fillvalue") or NONE
    sequences = starred(ctx, args) or _given_rows(ctx, args, value)
    if sequences is None:
        rows = zip_(ctx, Args(args.pos, more=args.more))
        return replace(rows, items=None, places=(), first=None, elem=UNKNOWN, length=fresh("n")) if isinstance(rows, Seq) else UNKNOWN
    sample = ctx.get(elem_of(ctx, sequences))
    size = fresh("T", "time")
    if isinstance(sample, Unknown) and isinstance(value, Num):
        sample = Seq("list", None, arith.any_id(), fresh("T", "time"), origin=Origin(uid()))
    if not isinstance(sample, Seq) or value == NONE:
        return Seq("list", None, Seq("tuple", None, UNKNOWN, sequences.length), size)
    pad = value.dim if isinstance(value, Num) else None
    step = ctx.step("zip_longest", f"zip_longest pads with {pad if pad is not None else 'a value'}, time first", sample.step)
    fills = union(sample.fills, (Fill(pad, step),))
    row = Seq("tuple", None, arith.any_id(), sequences.length, fills=fills, swaps=sample.swaps, unpadded=False, step=step)
    return Seq("list", None, row, size, fills=fills, unpadded=False, origin=sample.origin, step=step)


def _given_rows(ctx: Ctx, args: Args, pad: Value) -> Seq | None:
    """Rows that are not known, behind a `*`: of ids, where they are filled with one. Or those that are given, of different lengths."""
    given = [ctx.get(a) for a in args.pos]
    rows = [g for g in given if isinstance(g, Seq)]
    if len(rows) == len(given) > 1 and not args.more:
        sizes = {r.length for r in rows}
        return None if len(sizes) == 1 else Seq("list", None, joined(ctx, tuple(rows)), Dim.of(len(rows)))
    if not args.more or args.pos or not isinstance(pad, Num):
        return None
    return Seq("list", None, UNKNOWN, fresh("n", "batch"))


@call("builtins.map")
def map_(ctx: Ctx, args: Args) -> Value:
    """`map(f, xs)`."""
    if len(args.pos) < 2 or args.more:
        return Seq("list", None, UNKNOWN, fresh("n"))
    seqs = [as_seq(ctx, a) for a in args.pos[1:]]
    func = args.pos[0]
    known = [s.items for s in seqs if s.items is not None]
    if len(known) == len(seqs) and len(known[0]) <= _UNROLL:
        return make(ctx, "list", tuple(ctx.call(func, Args(row)) for row in zip(*known, strict=False)))
    elem = ctx.call(func, Args(tuple(elem_of(ctx, s) for s in seqs)))
    if ctx.get(func) == Lib("builtins.int") and isinstance(ctx.get(elem), Unknown):
        elem = arith.any_id()
    if len(seqs) > 1:
        return collected(ctx, "list", elem, fresh("n"))
    return collected(ctx, "list", elem, seqs[0].length, seqs[0], become=lambda item: ctx.call(func, Args((item,))))


@call("builtins.filter", "itertools.filterfalse")
def filter_(ctx: Ctx, args: Args) -> Value:
    """`filter(f, xs)`."""
    if len(args.pos) < 2:
        return UNKNOWN
    seq = as_seq(ctx, args.pos[1])
    return Seq("list", None, elem_of(ctx, seq), fresh("n", seq.length.role))


@call("builtins.sorted")
def sorted_(ctx: Ctx, args: Args) -> Value:
    """`sorted(xs)`."""
    iterable = args.given(0, "iterable")
    if iterable is None:
        return UNKNOWN
    seq = as_seq(ctx, iterable)
    known = [arith.literal(ctx.get(i)) for i in seq.items] if seq.items is not None and not args.kw else [None]
    values = [k[0] for k in known if k is not None]
    if len(values) == len(known) and len({type(v) for v in values}) == 1 and isinstance(values[0], (str, int, float)):
        return replace(make(ctx, "list", tuple(arith.constant(v) for v in sorted(values))), unique=seq.unique)
    return replace(shuffled(ctx, seq), kind="list")


@call("builtins.reversed")
def reversed_(ctx: Ctx, args: Args) -> Value:
    """`reversed(xs)`."""
    return slice_seq(ctx, as_seq(ctx, args.pos[0]), NONE, NONE, Num(Dim.of(-1))) if args.pos else UNKNOWN


@call("builtins.iter", "itertools.cycle", "builtins.aiter")
def iter_(ctx: Ctx, args: Args) -> Value:
    """`iter(xs)`: passed on; an object with an `__iter__` of its own is asked when it is gone over."""
    return args.pos[0] if args.pos else UNKNOWN


@call("builtins.next", "builtins.anext")
def next_(ctx: Ctx, args: Args) -> Value:
    """`next(it)`."""
    if not args.pos:
        return UNKNOWN
    facts = ctx.get(args.pos[0])
    if isinstance(facts, Seq):
        return elem_of(ctx, facts)
    return ctx.elem(args.pos[0]) if isinstance(facts, (LibObj, Inst, Tensor)) else UNKNOWN


@call(
    "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm", "tqdm.rich.tqdm", "tqdm.asyncio.tqdm", "tqdm.tqdm_notebook",
    "tqdm.autonotebook.tqdm", "rich.progress.track", "alive_progress.alive_it", "fastprogress.progress_bar", "fastprogress.master_bar",
)  # fmt: skip
def passed_on(ctx: Ctx, args: Args) -> Value:
    """`tqdm(xs)`: the iterable itself."""
    iterable = args.given(0, "iterable") or args.given(None, "sequence") or args.given(None, "gen")
    return iterable if iterable is not None else UNKNOWN


@call("itertools.chain")
def chain(ctx: Ctx, args: Args) -> Value:
    """`chain(xs, ys)`."""
    many = starred(ctx, args)
    if many is not None:
        return flattened(ctx, many)
    out = Seq("list", (), UNKNOWN, Dim())
    for a in args.pos:
        out = concat(ctx, out, listlike(ctx, a) or as_seq(ctx, a))
    return out if not args.more else replace(out, items=None, places=(), first=None, elem=UNKNOWN, length=fresh("n"))


@call("itertools.chain.from_iterable")
def chain_from_iterable(ctx: Ctx, args: Args) -> Value:
    """`chain.from_iterable(xss)`."""
    return flattened(ctx, as_seq(ctx, args.pos[0])) if args.pos else UNKNOWN


def flattened(ctx: Ctx, outer: Seq) -> Seq:
    """The members of the members."""
    if outer.items is not None and len(outer.items) <= _UNROLL:
        out = Seq("list", (), UNKNOWN, Dim())
        for i in outer.items:
            out = concat(ctx, out, as_seq(ctx, i))
        return out
    inner = ctx.get(outer.elem)
    if not isinstance(inner, Seq):
        return Seq("list", None, UNKNOWN, fresh("n"))
    elem = elem_of(ctx, inner)
    ids = isinstance(ctx.get(elem), Num)
    size = fresh("T", "time") if ids else fresh("n")
    return Seq("list", None, elem, size, fills=inner.fills, swaps=inner.swaps, unpadded=inner.unpadded,
               origin=Origin(uid()) if ids else None,
               low=inner.low, high=inner.high, real=inner.real, step=inner.step)  # fmt: skip


@call("itertools.repeat")
def repeat_(ctx: Ctx, args: Args) -> Value:
    """`repeat(x, n)`."""
    if not args.pos:
        return UNKNOWN
    times = args.given(1, "times")
    value = args.pos[0]
    return repeat(ctx, make(ctx, "list", (value,)), times if times is not None else UNKNOWN)


@call("itertools.islice")
def islice(ctx: Ctx, args: Args) -> Value:
    """`islice(xs, stop)`, `islice(xs, start, stop, step)`."""
    if len(args.pos) < 2:
        return UNKNOWN
    seq = as_seq(ctx, args.pos[0])
    if len(args.pos) == 2:
        return slice_seq(ctx, seq, NONE, args.pos[1], NONE)
    return slice_seq(ctx, seq, args.pos[1], args.pos[2], args.pos[3] if len(args.pos) > 3 else NONE)


@call("itertools.product", "itertools.combinations", "itertools.permutations", "itertools.groupby", "itertools.accumulate")
def unknown_items(ctx: Ctx, args: Args) -> Value:
    """Iterables whose members are not followed."""
    return Seq("list", None, UNKNOWN, fresh("n"))


@call("builtins.sum", "math.fsum")
def sum_(ctx: Ctx, args: Args) -> Value:
    """`sum(xs)`: of numbers, tensors or lists."""
    if not args.pos:
        return UNKNOWN
    facts = ctx.get(args.pos[0])
    if isinstance(facts, Tensor):
        return ctx.call(BoundLib(args.pos[0], "sum"), Args((Num(Dim()),)))
    seq = as_seq(ctx, args.pos[0])
    start = args.given(1, "start")
    members = seq.items if seq.items is not None else (elem_of(ctx, seq),)
    if isinstance(ctx.get(start) if start is not None else NONE, Seq):
        return flattened(ctx, seq)
    return _added(ctx, seq, members)


def _added(ctx: Ctx, seq: Seq, members: tuple[Value, ...]) -> Value:
    facts = [ctx.get(m) for m in members]
    if any(isinstance(f, Tensor) for f in facts):
        out: Value = members[0]
        for other in members[1:] if len(members) > 1 else members if seq.items is None else ():
            out = ctx.call(BoundLib(out, "add"), Args((other,)))
        return out
    if all(isinstance(f, (Num, Const)) for f in facts):
        if seq.items is None:
            role = facts[0].dim.role if isinstance(facts[0], Num) else ""
            return Num(fresh("n"), Count("lengths") if role == "time" else None) if isinstance(facts[0], Num) else UNKNOWN
        total: Value | None = Num(Dim())
        for f in facts:
            total = arith.binary("+", total, f) if total is not None else None
        return total if total is not None else UNKNOWN
    return UNKNOWN
