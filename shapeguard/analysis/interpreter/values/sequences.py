"""Lists, tuples, sets and dicts: their items, their methods, and what going over them gives."""

from __future__ import annotations

from collections.abc import Sequence

from shapeguard.analysis.facts import arith, places
from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import UNKNOWN, Args, BoundLib, Map, Num, Seq, SliceV, Value
from shapeguard.analysis.interpreter.language import attributes, contains, items, iterates, keys, lengths, methods, sets_item, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import functions
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.python import containers, list_writes


@attributes(Seq)
def attribute_of_sequence(m: Machine, seq: Seq, held: Value, name: str) -> Value:
    """The field of a named tuple, or a method."""
    if name in seq.names and seq.items is not None:
        return seq.items[seq.names.index(name)]
    return BoundLib(held, name)


@methods(Seq)
def call_method_of_sequence(m: Machine, seq: Seq, owner: Value, name: str, args: Args) -> Value:
    """`xs.append(x)`."""
    return first_method(m, (f"{seq.kind}.{name}", f"list.{name}"), owner, name, args)


def first_method(m: Machine, names: Sequence[str], owner: Value, name: str, args: Args) -> Value:
    """The first of some methods that the table has, called on a container."""
    for dotted in names:
        op = table.METHODS.get(dotted)
        if op is not None:
            return m.run_op(op, Args((owner, *args.pos), args.kw, args.more))
    return m.opaque(why=f".{name}() is not known")


@items(Seq)
def item_of_sequence(m: Machine, seq: Seq, held: Value, index: Value) -> Value:
    """`xs[i]`, `xs[a:b]`."""
    at = m.get(index)
    if isinstance(at, SliceV):
        return m.guarded(lambda: containers.slice_seq(m, seq, at.lo, at.hi, at.step), at)
    if seq.places and isinstance(at, Num) and (found := places.string_at(seq, at.dim)) is not None:
        return found
    if seq.items is None and seq.sizes is None and isinstance(at, Num) and at.dim.const is not None:
        return functions.item_at_known_place(m, seq.elem, at.dim.const)
    return m.guarded(lambda: containers.item(m, seq, at))


@sets_item(Seq, Map)
def set_item_of_container(m: Machine, box: Seq | Map, held: Value, indices: tuple[Value, ...], new: Value) -> None:
    """`xs[i] = new`, `xs[a:b] = new`, `d[key] = new`."""
    cut = m.get(indices[0])
    if isinstance(box, Seq) and isinstance(cut, SliceV):
        made = m.guarded(lambda: list_writes.slice_written(m, box, cut, new), new)
    else:
        made = m.guarded(lambda: containers.store(m, held, indices[0], new), new)
    now = m.get(made)
    m.set(held, now if m.rounds.conditional else list_writes.entry_written(m, box, now, indices[0], new))


@iterates(Seq)
def iterate_sequence(m: Machine, seq: Seq, held: Value) -> Value:
    """One of its items, or all of them in one."""
    if seq.items is not None and seq.items:
        known = [n for i in seq.items if (n := arith.number(m.get(i))) is not None and isinstance(m.get(i), Num)]
        if len(known) == len(seq.items) and len(set(known)) > 1:
            return arith.one_of("i", Dim.of(min(known)), Dim.of(max(known) + 1))
        return m.join_all(list(seq.items))
    return seq.elem if seq.elem != UNKNOWN else m.opaque()


@contains(Seq)
def sequence_contains(m: Machine, seq: Seq, key: object) -> bool | None:
    """`key in xs`."""
    if seq.items is None:
        return None
    known = [m.key(i) for i in seq.items]
    return True if key in known else None if None in known else False


@truths(Seq)
def truth_of_sequence(m: Machine, seq: Seq) -> bool | None:
    """Whether anything is in it."""
    return bool(seq.items) if seq.items is not None else None


@lengths(Seq)
def length_of_sequence(m: Machine, seq: Seq) -> Dim | None:
    """How many items it has."""
    return seq.length


@keys(Seq)
def key_of_sequence(m: Machine, seq: Seq) -> object:
    """A tuple of keys is a key."""
    if seq.kind != "tuple" or seq.items is None:
        return None
    known = tuple(m.key(i) for i in seq.items)
    return None if None in known else known
