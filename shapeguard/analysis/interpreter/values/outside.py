"""Lists that come from outside: what is done to a row in place is true of the rows that it is one of."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Num, Origin, Part, Ref, Seq, Unknown, Value
from shapeguard.analysis.interpreter.language import iterates, methods
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import sequences
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.tensors.members import opaque_source

METHODS = frozenset({"append", "extend", "get"})
_LINKS = 8  # how far up a row is looked for in what it came from


@iterates(Unknown)
def iterate_unknown(m: Machine, facts: Unknown, held: Value) -> Value:
    """Any one of what it holds, which knows what it is one of: the lines of a file, the characters of a text are texts too."""
    part = Part(held) if isinstance(held, Ref) else None
    return m.new(Unknown(part=part, read=facts.read, text=facts.text))


@methods(Unknown)
def call_method_of_unknown(m: Machine, facts: Unknown, owner: Value, name: str, args: Args) -> Value:
    """What is padded by `row.extend([PAD] * n)` or `while ...: row.append(PAD)` is a list.

    `vocab.get(word, UNK)` is `vocab[word]`, and `line.split()` a text.
    """
    if facts.text and (op := table.METHODS.get(f"text.{name}")) is not None:
        return m.run_op(op, Args((owner, *args.pos), args.kw, args.more))
    if name == "get" and args.pos and not args.more:
        return m.opaque_item(owner, args.pos[0])
    if len(args.pos) == 1 and isinstance(owner, Ref) and (pads(m, args.pos[0]) if name == "extend" else _fills_up(m, owner, args.pos[0])):
        return sequences.call_method_of_sequence(m, take_for_list(m, owner, args.pos[0]), owner, name, args)
    return m.opaque(why="the callee is not known")


def another_row(m: Machine, item: Value) -> None:
    """A round of a loop takes another row: what the round before put behind its own is not followed by what this one does."""
    facts = m.get(item)
    if not isinstance(facts, Seq):
        return
    if facts.step is not None and facts.step.kind == "append" and isinstance(item, Ref):
        m.set(item, replace(facts, step=m.step("extend", "so is every other row", facts.step)))
    elif facts.kind == "tuple":
        for one in facts.items or ():
            another_row(m, one)


def pads(m: Machine, value: Value) -> bool:
    """Whether it is one id over and over, or a list that is padded already."""
    facts = m.get(value)
    return isinstance(facts, Seq) and (facts.run or bool(facts.fills)) and isinstance(m.get(facts.elem), (Num, Const))


def _fills_up(m: Machine, owner: Ref, value: Value) -> bool:
    """Whether the present loop puts one certain id behind a list that was there before it, so that it may do so again and again."""
    facts = m.get(value)
    token = isinstance(facts, Const) and isinstance(facts.value, str)
    certain = isinstance(facts, Num) and not arith.stands_for_many(facts.dim)
    return (token or certain) and bool(m.rounds.marks) and owner.id < m.rounds.marks[-1][0].born


def take_for_list(m: Machine, row: Ref, beside: Value) -> Seq:
    """An unknown that is used as a list, beside ids or tokens, has always been one, and what it is a member of a list of such."""
    name = getattr(m.get(row), "name", "")
    other = m.get(beside)
    one = m.get(other.elem) if isinstance(other, Seq) else other
    found = Seq("list", None, UNKNOWN, arith.opaque_length(row.id, name))
    if isinstance(one, Num):
        found = replace(found, elem=arith.any_id(), origin=Origin(opaque_source(row.id)))
    part = _settled(m, row, found)
    at = row
    for _ in range(_LINKS):
        if part is None or not isinstance(part.owner, Ref):
            break
        owner = m.get(part.owner)
        if not isinstance(owner, Unknown):
            break
        above, at_owner = owner.part, part.owner
        if part.each:
            above = _settled(m, at_owner, Seq("list", None, at, arith.opaque_length(at_owner.id, owner.name)))
        at, part = at_owner, above
    return found


def rows_written(m: Machine, owner: Value, indices: tuple[Value, ...], new: Value) -> bool:
    """`rows[i] = rows[i] + [PAD] * n` in a loop over them: each of them is a list now; False for anything else."""
    at, row = m.get(indices[0]), m.get(new)
    if len(indices) != 1 or not isinstance(owner, Ref) or not isinstance(row, Seq) or not row.fills:
        return False
    if not isinstance(at, Num) or at.dim.const is not None:
        return False
    take_for_list(m, each := m.new(Unknown(part=Part(owner))), row)
    m.set(each, row)
    return True


def _settled(m: Machine, ref: Ref, facts: Seq) -> Part | None:
    """Let an unknown be what it always was; what it is part of, where that is known."""
    before = m.get(ref)
    m.store.settle(("r", ref.id), facts)
    return before.part if isinstance(before, Unknown) else None
