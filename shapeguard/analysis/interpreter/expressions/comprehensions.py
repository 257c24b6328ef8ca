"""Comprehensions: run item by item where there are few, once for all of them otherwise."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.contents import Note
from shapeguard.analysis.facts.places import WRITTEN, is_text
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import UNKNOWN, Const, Lib, Map, Num, Seq, Unknown, Value
from shapeguard.analysis.interpreter.expressions.names import lookup
from shapeguard.analysis.interpreter.language import expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.ops.python import containers
from shapeguard.analysis.ops.tensors.casts import as_list
from shapeguard.analysis.reading import syntax as s

UNROLL = 6  # comprehensions and loops over this many known items are run item by item
KEYS = 16  # loops over so many keys of a dict: the fields of a sample
TABLE = 64  # and comprehensions of dicts over so many: tag sets


@expression(s.Comp)
def comprehension(m: Machine, node: s.Comp, frame: Frame) -> Value:
    """`[f(x) for x in xs if test]`, of any kind; there may be nothing to go over."""
    with m.book.perhaps():
        return _collected(m, node, frame)


def _collected(m: Machine, node: s.Comp, frame: Frame) -> Value:
    inner = Frame(m.store.number(), frame.module, "block", frame, self_value=frame.self_value)
    m.frames.by_id[inner.id] = inner
    first = node.fors[0]
    source = m.value(first.iter, frame)
    facts = m.get(source)
    if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)):
        facts = containers.as_seq(m, source)
    elif isinstance(facts, Unknown) and facts.text:
        facts = containers.listlike(m, source) or facts
    alone = facts if isinstance(facts, Seq) and len(node.fors) == 1 and node.kind != "set" else None
    known = None if alone is None or alone.items is None else _chosen(m, alone.items, first, inner, node.kind)
    if known is not None:
        done = [_one_item(m, node, first, item, inner) for item in known]
        if node.kind == "dict":
            pairs = {key: v for k, v in done if (key := m.key(k)) is not None}
            return m.new(Map(tuple(pairs.items())))
        values = [v for _, v in done]
        if len(values) <= UNROLL or all(map(is_text, values)):
            whole = alone is not None and alone.unpadded and not isinstance(node.elt, s.Cond) and not _number(m, node, inner)
            return m.new(replace(containers.make(m, "list", tuple(values)), unpadded=whole))
    here = _placed(m, alone, first, node, inner) if alone is not None and alone.places else ()
    length = m.length(facts)
    filtered = False
    with ExitStack() as rounds:
        for i, part in enumerate(node.fors):
            it = source if i == 0 else m.value(part.iter, inner)
            item = m.elem(it)
            m.assign(part.target, item, inner)
            for test in part.ifs:
                m.value(test, inner)
            rounds.enter_context(m.rounds.over(item, it, bool(part.ifs)))
            filtered = filtered or bool(part.ifs)
        key, value = _key_and_value(m, node, inner)
        with m.at(frame.module, node.at):
            value = m.one_by_one(value)
    written = isinstance(node.elt, s.Cond)  # what it puts in is not known to come from the source
    if _number(m, node, inner):
        value, written = m.wrap(arith.any_id()) if isinstance(m.get(value), Unknown) else value, True
    if node.kind == "dict":
        whole = isinstance(facts, Seq) and facts.unique and not filtered and _own_key(node)
        pairs = {k: v for _, key, v in here if (k := m.key(key)) is not None and not (alone and _may_recur(k, alone))}
        return m.new(Map(tuple(pairs.items()), value, size=length if whole else None, key=containers.as_key(m, key)))
    if filtered or len(node.fors) > 1 or length is None:
        length = fresh("n")
    if filtered and isinstance(facts, Tensor):
        row = m.get(value)
        if isinstance(row, Tensor) and not row.note("python-filter"):
            note = Note("python-filter", m.step("filter", "rows are picked one by one in Python"))
            value = m.wrap(replace(row, notes=(*row.notes, note)))
    source_seq = facts if isinstance(facts, Seq) and len(node.fors) == 1 else None
    if source_seq is not None and written:
        source_seq = replace(source_seq, unpadded=False)
    if len(node.fors) == 1 and not filtered and (pair := _swap(m, node, first, inner)) is not None:
        ids = source_seq if source_seq is not None else _ids_of(facts)
        if ids is not None:
            return m.wrap(containers.swapped(m, ids, *pair))
    with m.at(frame.module, node.at):
        kind: Any = "set" if node.kind == "set" else "list"
        become = lambda item: _one_item(m, node, first, item, inner)[1]
        made = m.guarded(lambda: containers.collected(m, kind, value, length, source_seq, filtered, become))
    facts = m.get(made)
    if here and isinstance(facts, Seq):
        made = m.wrap(replace(facts, places=tuple((at, item) for at, _, item in here if is_text(item))))
    return _skipping(m, node.elt, made, inner)


def _chosen(m: Machine, items: tuple[Value, ...], part: s.CompFor, inner: Frame, kind: str) -> tuple[Value, ...] | None:
    """The items that are gone over one by one, where they are few enough: of known strings those that the conditions let pass."""
    texts = len(items) <= WRITTEN and all(map(is_text, items))
    if not texts and (part.ifs or len(items) > (TABLE if kind == "dict" else UNROLL)):
        return None
    found: list[Value] = []
    for item in items if part.ifs else ():
        passes = _passes(m, item, part, inner)
        if passes is None:
            return None
        found += [item] * passes
    return tuple(found) if part.ifs else items


def _passes(m: Machine, item: Value, part: s.CompFor, inner: Frame) -> bool | None:
    m.assign(part.target, item, inner)
    answers = [m.truth(m.value(test, inner)) for test in part.ifs]
    return False if False in answers else None if None in answers else True


def _placed(m: Machine, seq: Seq, part: s.CompFor, node: s.Comp, inner: Frame) -> list[tuple[Dim | None, Value, Value]]:
    """What is made of the strings that are known in a list that is not: each with its place, its key and its value."""
    found: list[tuple[Dim | None, Value, Value]] = []
    for at, item in seq.places:
        if _passes(m, item, part, inner):
            found.append((None if part.ifs else at, *_one_item(m, node, part, item, inner)))
    return found


def _skipping(m: Machine, item: s.Expr, made: Value, inner: Frame) -> Value:
    """`[tags[w] if w is not None else -100 for w in ...]`: what is negative marks what does not count."""
    facts = m.get(made)
    sides = [m.get(m.value(e, inner)) for e in (item.then, item.other) if _plain(e)] if isinstance(item, s.Cond) else []
    for side in sides:
        if isinstance(side, Num) and isinstance(facts, Seq):
            facts = containers.skipping(m, facts, side.dim)
    return made if facts == m.get(made) else m.wrap(facts)


def _number(m: Machine, node: s.Comp, frame: Frame) -> bool:
    return isinstance(node.elt, s.Call) and _to_int(m, node.elt.func, frame)


def _to_int(m: Machine, func: s.Expr, frame: Frame) -> bool:
    return isinstance(func, s.Name) and func.id == "int" and lookup(m, "int", frame) == Lib("builtins.int")


def _swap(m: Machine, node: s.Comp, first: s.CompFor, inner: Frame) -> tuple[Dim | None, Dim] | None:
    """The ids of `[new if x == by else x for x in ...]`."""
    cond, target = node.elt, first.target
    if not (isinstance(cond, s.Cond) and isinstance(cond.test, s.Compare) and isinstance(target, s.Name) and len(cond.test.rest) == 1):
        return None
    op, right = cond.test.rest[0]
    kept, other = (cond.other, cond.then) if op == "==" else (cond.then, cond.other)
    if op not in ("==", "!=") or not (isinstance(kept, s.Name) and kept.id == target.id):
        return None
    sides = [e for e in (cond.test.left, right) if not (isinstance(e, s.Name) and e.id == target.id)]
    new = m.get(m.value(other, inner))
    by = m.get(m.value(sides[0], inner)) if len(sides) == 1 else UNKNOWN
    return (by.dim if isinstance(by, Num) else None, new.dim) if isinstance(new, Num) else None


def _one_item(m: Machine, node: s.Comp, part: s.CompFor, item: Value, inner: Frame) -> tuple[Value, Value]:
    m.assign(part.target, item, inner)
    return _key_and_value(m, node, inner)


def _key_and_value(m: Machine, node: s.Comp, inner: Frame) -> tuple[Value, Value]:
    first = m.value(node.elt, inner)
    return (first, m.value(node.value, inner)) if node.value is not None else (UNKNOWN, first)


def _plain(node: s.Expr) -> bool:
    """Whether an expression is a number or the name of one."""
    return isinstance(node.value if isinstance(node, s.Unary) else node, (s.Const, s.Name, s.Attr))


def _may_recur(key: object, source: Seq) -> bool:
    """Whether what is not known of some texts may hold a known one again: a single character is in many."""
    return isinstance(key, str) and len(key) == 1 and not source.unique


def _ids_of(facts: Value) -> Seq | None:
    """The ids of a row that is a tensor, as a list."""
    row = as_list(facts) if isinstance(facts, Tensor) and len(facts.shape.axes) == 1 and facts.scale in ("", "ids") else None
    return row if isinstance(row, Seq) else None


def _own_key(node: s.Comp) -> bool:
    """Whether the keys of a dict comprehension are its distinct items, or parts of them: `{w: i for i, w in enumerate(ws)}`."""
    target = node.fors[0].target
    names = [t.id for t in (target.items if isinstance(target, s.Sequence) else [target]) if isinstance(t, s.Name)]
    return len(node.fors) == 1 and isinstance(node.elt, s.Name) and node.elt.id in names
