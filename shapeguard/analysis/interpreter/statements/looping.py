"""Loops: run twice, or item by item where each item is a program of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapeguard.analysis.facts.join import after_loop
from shapeguard.analysis.facts.places import is_text, leading_strings
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Const, LibObj, Num, Seq, Unknown, Value
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.expressions import comprehensions
from shapeguard.analysis.interpreter.expressions.names import lookup
from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import outside
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import statements

_SHORT = 3  # statements in a loop that moves the fields of a batch: an `if` and its two ways


@statement(s.For)
def run_for(m: Machine, stmt: s.For, frame: Frame) -> bool:
    """`for x in xs:`."""
    source = m.value(stmt.iter, frame)
    facts = m.get(source)
    if isinstance(facts, LibObj) and (parts := facts.fact("__parts__")) is not None:
        facts = m.get(parts)
    items = facts.items if isinstance(facts, Seq) else None
    counted = bool(items) and all(isinstance(m.get(i), Num) for i in items or ())
    short = sum(1 for _ in statements(stmt.body)) <= _SHORT
    texts = bool(items) and short and all(map(is_text, items or ()))
    few = (
        comprehensions.TABLE
        if texts
        else comprehensions.KEYS
        if items and short and all(_is_key(m, i) for i in items)
        else comprehensions.UNROLL
    )
    if items is not None and len(items) <= few and not counted and any(_tells_apart(m, i) for i in items):
        return _unrolled(m, stmt, items, frame)

    def body() -> bool:
        with m.at(frame.module, stmt.iter.at):
            item = Num(fresh("i")) if counted and len(items or ()) == 1 else m.elem(source)
        outside.another_row(m, item)
        m.assign(stmt.target, item, frame)
        _bind_rows(m, stmt.target, stmt.iter, frame)
        with m.rounds.over(item, source):
            return run_block(m, stmt.body, frame)

    first = leading_strings(facts)[: comprehensions.KEYS] if isinstance(facts, Seq) and facts.places and short else ()
    if not _in_turn(m, stmt, first, frame):
        return run_block(m, stmt.orelse, frame)
    trips = m.length(facts)
    _run_twice(m, body, trips if trips is None else trips - len(first))
    return run_block(m, stmt.orelse, frame)


def _bind_rows(m: Machine, target: s.Expr, source: s.Expr, frame: Frame) -> None:
    """`for row in out`, `for row, ids in zip(out, rows)`, `for i, row in enumerate(out)`: writing a row writes what it is of."""
    if isinstance(target, s.Name) and isinstance(source, (s.Name, s.Attr)):
        row, owner = lookup(m, target.id, frame), m.value(source, frame)
        if row != owner:
            m.sharing.view_of(row, owner, Num(fresh("i", "index")))
    elif isinstance(target, s.Sequence) and isinstance(source, s.Call) and isinstance(source.func, s.Name):
        given = [a.value for a in source.args if not a.star and a.name is None]
        if source.func.id == "enumerate" and given and len(target.items) == 2:
            _bind_rows(m, target.items[1], given[0], frame)
        elif source.func.id == "zip" and len(given) == len(target.items) == len(source.args):
            for one, of in zip(target.items, given, strict=True):
                _bind_rows(m, one, of, frame)


def _is_key(m: Machine, item: Value) -> bool:
    """Whether an item is a string, or begins with one: a key of a dict, perhaps with what stands under it."""
    facts = m.get(item)
    if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items:
        facts = m.get(facts.items[0])
    return isinstance(facts, Const) and isinstance(facts.value, str)


def _tells_apart(m: Machine, item: Value, depth: int = 0) -> bool:
    """Whether an item is more than data: a name, a callable or an object, so that each round is a program of its own."""
    facts = m.get(item)
    if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items is not None and depth < 2:
        return any(_tells_apart(m, i, depth + 1) for i in facts.items)
    return not isinstance(facts, (Num, Tensor, Seq, Unknown)) and not (isinstance(facts, Const) and not isinstance(facts.value, str))


def _unrolled(m: Machine, stmt: s.For, items: tuple[Value, ...], frame: Frame) -> bool:
    _in_turn(m, stmt, items, frame)
    return run_block(m, stmt.orelse, frame)


def _in_turn(m: Machine, stmt: s.For, items: tuple[Value, ...], frame: Frame) -> bool:
    """One round for each item; False when one of them leaves the loop."""
    for item in items:

        def body(item: Value = item) -> bool:
            m.assign(stmt.target, item, frame)
            return run_block(m, stmt.body, frame)

        if not _run_once(m, body):
            return False
    return True


@statement(s.While)
def run_while(m: Machine, stmt: s.While, frame: Frame) -> bool:
    """`while test:`."""
    first = m.truth(m.value(stmt.test, frame))
    if first is False:
        return run_block(m, stmt.orelse, frame)

    def body() -> bool:
        m.value(stmt.test, frame)
        return run_block(m, stmt.body, frame)

    _run_twice(m, body)
    return run_block(m, stmt.orelse, frame)


def _run_twice(m: Machine, body: Callable[[], bool], trips: Dim | None = None) -> None:
    """Run a body twice: first unrecorded, to learn what it carries round, then for good from the join of both states."""
    if m.book.quiet:
        _run_once(m, body)
        return
    mark = m.store.mark()
    with m.book.silently():
        _run_once(m, body)
    carried = m.store.changes(mark)
    m.store.undo(mark)
    m.store.release(mark)
    grown = {k: (v, None) for k in carried if trips is not None and isinstance(v := m.store.get(k), (Seq, Num))}
    m.store.merge([{}, carried], m.join)
    # what was joined may stand behind a reference of its own
    starts = {k: (v, m.get(found)) for k, (v, _) in grown.items() if (found := m.store.get(k)) is not None}
    m.rounds.leaves = False
    _run_once(m, body)
    if m.rounds.leaves:
        return
    for key, (entry, before) in starts.items():
        after = m.store.get(key)
        after = after if after is None else m.get(after)
        if entry is not None and after is not None and after is not before:
            behind = after_loop(entry, before, after, trips)
            if behind is not None:
                m.store.set(key, behind)


def _run_once(m: Machine, body: Callable[[], bool]) -> bool:
    """One pass of a loop body; False when every path leaves the loop."""
    mark = m.store.mark()
    breaks: list[Any] = []
    continues: list[Any] = []
    m.rounds.marks.append((mark, breaks, continues))
    try:
        falls = body()
    finally:
        m.store.release(mark)
    m.rounds.marks.pop()
    m.rounds.leaves = bool(breaks or continues)
    if not m.rounds.leaves:
        return falls
    ends = [*continues, *breaks]
    if falls:
        ends.append(m.store.changes(mark))
    m.store.undo(mark)
    m.store.merge(ends, m.join)
    return falls or bool(continues)


@statement(s.Jump)
def run_jump(m: Machine, stmt: s.Jump, frame: Frame) -> bool:
    """`break`, `continue`, `pass`."""
    if stmt.kind == "pass" or not m.rounds.marks:
        return True
    if m.book.behind is not frame.around().behind:
        return False  # a call before it was refused
    mark, breaks, continues = m.rounds.marks[-1]
    (breaks if stmt.kind == "break" else continues).append(m.store.changes(mark))
    return False
