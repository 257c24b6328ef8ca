"""Lists on their way to tensors: what putting together, repeating and comprehensions make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import isfinite

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import join, join_elems, union
from shapeguard.analysis.facts.places import MANY, few_enough, places_of, places_of_sum
from shapeguard.analysis.facts.shapes import ONE, fresh
from shapeguard.analysis.facts.token_names import plain_words, role_of_token
from shapeguard.analysis.facts.values import UNKNOWN, Const, Dim, End, Fill, Mask, Num, Origin, Ref, Seq, Swap, Unknown, Value, uid
from shapeguard.analysis.ops.python.lookup import item, store
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.members import (
    Kind,
    as_id,
    as_key,
    as_seq,
    dereferenced,
    elem_of,
    joined,
    least,
    listlike,
    make,
    most,
    opaque_source,
)
from shapeguard.analysis.ops.tensors.slicing import slice_seq

__all__ = [
    "as_key", "as_seq", "collected", "concat", "elem_of", "item", "join", "listlike", "make", "dereferenced", "plus", "repeat", "skipping",
    "slice_seq", "store", "swapped",
]  # fmt: skip


@lru_cache(maxsize=4096)
def _spliced(a: Origin | None, b: Origin | None, at: Dim) -> int:
    """The source that two sources make when one is put behind the other: the same each time."""
    return uid()


def constant_of(value: Value) -> bool:
    """Whether a member is one certain id (or string) each time."""
    if isinstance(value, Num):
        return value.dim.const is not None or (value.dim.sym is not None and value.dim.role not in ("time", "batch", "token", "index"))
    return isinstance(value, Const)


def may_be_id(value: Value) -> bool:
    """Whether a member may be an id, or a token that is yet to become one."""
    return isinstance(value, (Num, Unknown)) or (isinstance(value, Const) and isinstance(value.value, (str, float)))


def all_constants(seq: Seq) -> bool:
    """Whether all items are constants that were written out, as in `[BOS]`."""
    return bool(seq.items) and all(constant_of(i) for i in seq.items or ())


def _is_one_constant(seq: Seq) -> bool:
    """Whether one constant alone was written: `[1] + [0] * n` are labels, not padded ids."""
    return all_constants(seq) and len(set(seq.items or ())) == 1


def fill_id(value: Value) -> Dim | None:
    """The id that a member pads with, where it is known."""
    number = arith.number(value)
    if isinstance(value, Num):
        return value.dim
    return Dim.of(int(number)) if number is not None and isfinite(number) and number == int(number) else None


def name_of(value: Value) -> str:
    """A member as a note shows it."""
    if isinstance(value, Num):
        return str(value.dim)
    return repr(value.value) if isinstance(value, Const) else "a value"


def concat(ctx: Ctx, a: Seq, b: Seq) -> Seq:
    """`a + b`: `[BOS] + ids` starts one earlier, `ids + [PAD] * n` is padded, `ids + [EOS]` ends in EOS."""
    if a.items == ():
        return replace(b, kind=a.kind)
    if b.items == ():
        return a
    items = a.items + b.items if a.items is not None and b.items is not None else None
    items = items if items is not None and few_enough(items) else None
    ea, eb = dereferenced(ctx, elem_of(ctx, a)), dereferenced(ctx, elem_of(ctx, b))
    if isinstance(ea, Unknown) and isinstance(eb, Num):
        a, ea = _ids(ctx, a)
    elif isinstance(eb, Unknown) and isinstance(ea, Num):
        b, eb = _ids(ctx, b)
    elem = ea if ea == eb else joined(ctx, items) if items is not None else join_elems(ea, eb)
    last, inner = _repeats(ctx, a, b, eb)
    fills = tuple(f for f in union(a.fills, b.fills) if not f.open or id(f.step.site.node) not in inner)
    step = a.step or b.step
    if a.step is not None and a.step.kind == "append" and b.step is not a.step:
        step = ctx.step("extend", "more follows in the list", a.step)  # what is appended next does not follow the last append
    ids = may_be_id(ea) and may_be_id(eb)
    after = ids and b.run and not a.run and not _is_one_constant(a)
    before = ids and a.run and not b.run and not _is_one_constant(b) and not _prefix(a, ea)
    if (after or before) and not (after and _open(b) and id(ctx.site.node) in inner):
        run, value = (b, eb) if after else (a, ea)
        text = f"list + [{name_of(value)}] * {run.length} pads with {name_of(value)}"
        step = ctx.step("list padding", text, a.step, b.step)
        token = value.value if isinstance(value, Const) and isinstance(value.value, str) else None
        fills = union(fills, (Fill(fill_id(value), step, "after" if after else "before", token, after and _open(b)),))
    mask = _written_mask(ctx, a, b, ea, eb)
    return Seq(
        kind=a.kind,
        items=items,
        places=places_of_sum(a, b) if items is None else (),
        elem=elem,
        length=a.length + b.length,
        fills=fills,
        swaps=union(a.swaps, b.swaps),
        unpadded=not fills and _unpadded(a, b),
        origin=_concat_origin(a, b, ids),
        low=least(range_of(a, ea)[0], range_of(b, eb)[0]),
        high=most(range_of(a, ea)[1], range_of(b, eb)[1]),
        ends=_concat_ends(ctx, a, b, eb, ids, after),
        mask=mask,
        run=a.run and b.run and ea == eb,
        holds=union(union(a.holds, b.holds), _behind(b)),
        last=last,
        inner=inner,
        real=union(a.real, b.real),
        step=mask.step if mask is not None else step,
    )


def _ids(ctx: Ctx, seq: Seq) -> tuple[Seq, Value]:
    """A list of unknown things that is joined with one of numbers holds ids too: one certain id, or any."""
    one = as_id(ctx, elem_of(ctx, seq)) if seq.run or seq.length == ONE else None
    if one is not None:
        return replace(seq, items=(one,) if seq.length == ONE else None, elem=one), one
    elem = arith.any_id()
    return replace(seq, items=None, places=(), first=None, elem=elem, origin=seq.origin or Origin(uid())), elem


def plus(ctx: Ctx, left: Value, right: Value) -> Seq | None:
    """`left + right` where either is a list and the other a list or not known; None for anything else."""
    a, b = ctx.get(left), ctx.get(right)
    if isinstance(a, Seq) and isinstance(b, Seq):
        return concat(ctx, a, b)
    if isinstance(a, Seq) and isinstance(b, Unknown):
        return concat(ctx, a, _taken(ctx, right, a))
    if isinstance(b, Seq) and isinstance(a, Unknown):
        return concat(ctx, _taken(ctx, left, b), b)
    return None


def _taken(ctx: Ctx, value: Value, beside: Seq) -> Seq:
    """An unknown value taken for a list, of ids where it stands beside ids: the same each time that the same value is taken."""
    seq = listlike(ctx, value) or as_seq(ctx, value)
    if not isinstance(ctx.get(elem_of(ctx, beside)), Num):
        return replace(seq, kind=beside.kind)
    source = opaque_source(value.id) if isinstance(value, Ref) else uid()
    return replace(seq, kind=beside.kind, elem=arith.any_id(), origin=Origin(source))


def _open(run: Seq) -> bool:
    """Whether a run is not as long as what is missing from a row, `size - len(row)`, as far as its length is known."""
    return not any(mono and c < 0 for mono, c in run.length.terms)


def _repeats(ctx: Ctx, a: Seq, b: Seq, eb: Value) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The open repeats that `a + b` may end with, and those inside of it: `labels += [tag] * (n - 1)` before the next word."""
    inner = union(a.inner, b.inner)
    if b.run:
        return ((id(ctx.site.node),) if _open(b) else a.last), inner
    if any(f.open and f.id is not None and f.id == fill_id(eb) for f in a.fills):
        return a.last, inner  # more of the same padding
    return b.last, union(inner, a.last)


def _prefix(run: Seq, value: Value) -> bool:
    """Whether a run in front of ids is as long for every row, as `[IMAGE] * 8`: places for something else, and no padding."""
    dim = value.dim if isinstance(value, Num) else None
    if dim is None or (dim.sym is not None and dim.sym.role == "pad") or (dim.const is not None and dim.const < 0):
        return False
    return run.length.const is not None


def _unpadded(a: Seq, b: Seq) -> bool:
    put = all_constants(b) and len(b.items or ()) == 1
    if put and any(_pads(i) for i in b.items or ()):
        return False
    if put and a.unpadded:
        return True
    if all_constants(a) or (a.run and a.length.const is not None):
        return b.unpadded
    return a.unpadded and b.unpadded


def _behind(b: Seq) -> tuple[Dim, ...]:
    """The one certain id that is put behind others."""
    only = b.items[0] if b.items is not None and len(b.items) == 1 else None
    return (only.dim,) if isinstance(only, Num) and not arith.stands_for_many(only.dim) else ()


def _pads(item: Value) -> bool:
    """Whether a token that is written behind others is one for padding."""
    if isinstance(item, Num):
        return item.dim.role == "pad"
    return isinstance(item, Const) and isinstance(item.value, str) and not plain_words([item.value])


def _concat_origin(a: Seq, b: Seq, ids: bool) -> Origin | None:
    if not ids:
        return None
    if b.run or all_constants(b):
        return a.origin
    if (a.run or all_constants(a)) and b.origin is not None:
        return replace(b.origin, start=b.origin.start - a.length)
    return Origin(_spliced(a.origin, b.origin, a.length)) if a.origin is not None and b.origin is not None else None


def _concat_ends(ctx: Ctx, a: Seq, b: Seq, eb: Value, ids: bool, after: bool) -> tuple[End, ...]:
    if after:
        return a.ends
    if not ids or not all_constants(b):
        return b.ends
    last = (b.items or (UNKNOWN,))[-1]
    if isinstance(last, Num) and not b.run and not a.run and not _is_one_constant(a):
        return (End(last.dim, ctx.step("end", f"+ [{last.dim}] ends each sequence", a.step, b.step)),)
    return ()


def range_of(seq: Seq, elem: Value) -> tuple[Dim | None, Dim | None]:
    """The least that an item may be, and one more than the largest."""
    found = arith.bounds(elem.dim) if isinstance(elem, Num) else (None, None)
    return (seq.low if seq.low is not None else found[0]), (seq.high if seq.high is not None else found[1])


def _written_mask(ctx: Ctx, a: Seq, b: Seq, ea: Value, eb: Value) -> Mask | None:
    """The mask that `[1] * n + [0] * (size - n)` writes."""
    x, y = arith.number(ea), arith.number(eb)
    if not (a.run and b.run) or {x, y} != {0, 1}:
        return a.mask if a.mask == b.mask else None
    rest = [any(c < 0 for mono, c in s.length.terms if mono) for s in (a, b)]  # `size - n` is how much padding there is
    if rest[0] == rest[1] or not a.length.symbols & b.length.symbols:
        return None
    real = x if rest[1] else y
    step = ctx.step("list mask", f"[{x}] * {a.length} + [{y}] * ({b.length}) marks the {'real' if real == 1 else 'padded'} positions")
    return Mask("lengths", "real" if real == 1 else "pad", uid=uid(), step=step)


def repeat(ctx: Ctx, a: Seq, n: Value) -> Seq:
    """`a * n`."""
    times = ctx.get(n)
    count = times.dim if isinstance(times, Num) else None
    k = None if count is None else count.const
    if k == 1:
        return replace(a, run=a.length == ONE and constant_of(dereferenced(ctx, elem_of(ctx, a))))
    length = fresh("n") if count is None else a.length * count if k is None or k > 0 else Dim()
    known = a.items * max(k, 0) if a.items is not None and k is not None and len(a.items) * k <= MANY else None
    one = (a.run or a.length == ONE) and may_be_id(dereferenced(ctx, elem_of(ctx, a)))
    return Seq(a.kind, known, elem_of(ctx, a), length, low=a.low, high=a.high, real=a.real, run=one, step=a.step)


def looked_up(ctx: Ctx, fills: tuple[Fill, ...], become: Callable[[Value], Value]) -> tuple[Fill, ...]:
    """Padding once each member became another: a token that was written has an id now, of ids it is not known what they are."""
    found: list[Fill] = []
    for fill in fills:
        made = UNKNOWN if fill.token is None else become(Const(fill.token))
        new = (as_id(ctx, made) if role_of_token(fill.token or "") else None) or ctx.get(made)
        token = new.value if isinstance(new, Const) and isinstance(new.value, str) else None
        found.append(replace(fill, id=new.dim if isinstance(new, Num) and not arith.stands_for_many(new.dim) else None, token=token))
    return tuple(found)


def collected(
    ctx: Ctx,
    kind: Kind,
    elem: Value,
    length: Dim,
    source: Seq | None = None,
    filtered: bool = False,
    become: Callable[[Value], Value] | None = None,
) -> Seq:
    """What a comprehension gives: `elem` for each item of `source` (`filtered`: an `if` dropped some; `become`: of any one item)."""
    elem = arith.drawn(elem)
    facts = ctx.get(elem)
    size = fresh("n", length.role) if filtered else length
    if source is not None and facts == ctx.get(source.elem) and isinstance(facts, (Num, Const)):
        unique = source.unique or kind == "set"
        size = size if source.unique or kind != "set" else fresh("n")
        sifted = source.sifted or filtered
        places = () if filtered or kind == "set" else places_of(source)
        kept = replace(source, kind=kind, items=None, places=places, first=None, length=size, names=(), sizes=None)
        kept = replace(kept, unique=unique, sifted=sifted)
        return replace(kept, fills=(), origin=None, ends=(), mask=None) if filtered else kept
    ids = isinstance(facts, Num) and arith.stands_for_many(facts.dim)
    sifted = filtered or (source is not None and source.sifted)
    fills: tuple[Fill, ...] = ()
    if source is not None and not filtered and (ids or isinstance(facts, Unknown)):
        fills = looked_up(ctx, source.fills, become if become is not None else lambda _: UNKNOWN)
    if isinstance(facts, Num) and arith.stands_for_many(facts.dim) and not size.role and size.const is None:
        size = fresh("T", "time") if size.sym is not None and not size.role else size
    low, high = arith.bounds(facts.dim) if isinstance(facts, Num) else (None, None)
    run = not filtered and constant_of(facts) and not (isinstance(facts, Num) and facts.dim.const is None and facts.dim.role != "pad")
    size = fresh("n") if kind == "set" else size
    read = isinstance(facts, Num) and facts.step is not None and facts.step.kind == "number"  # which may be padding
    whole = source is not None and source.unpadded and not read and (ids or isinstance(facts, Unknown))
    return Seq(
        kind, None, elem, size, fills=fills, unpadded=whole and not fills, origin=Origin(uid()) if ids else None, run=run,
        low=low, high=high, unique=kind == "set", real=arith.real_of(facts), sifted=sifted,
        step=source.step if source is not None and fills else None,
    )  # fmt: skip


def skipping(ctx: Ctx, seq: Seq, marker: Dim) -> Seq:
    """A list of ids after a negative one was put among them: no class has it, so that it can but mark what does not count."""
    if marker.const is None or marker.const >= 0 or any(f.id == marker for f in seq.fills):
        return seq
    step = ctx.step("skip", f"{marker} among the ids marks positions that do not count", seq.step)
    return replace(seq, fills=union(seq.fills, (Fill(marker, step),)), unpadded=False, step=step)


def swapped(ctx: Ctx, source: Seq, by: Dim | None, new: Dim) -> Seq:
    """`[new if x == by else x for x in source]`."""
    step = ctx.step("swap", f"{by if by is not None else 'some ids'} becomes {new}", source.step)
    swaps = (*source.swaps, Swap(by, new, step))
    kept = replace(source, items=None, places=(), first=None, elem=arith.any_id(), swaps=swaps)
    return replace(kept, step=step, run=False, unique=False)
