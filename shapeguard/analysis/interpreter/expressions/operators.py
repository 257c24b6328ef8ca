"""Operators: arithmetic and comparisons, of numbers, containers and tensors."""

from __future__ import annotations

from shapeguard.analysis.facts import arith, texts
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Const, Either, Inst, Map, Num, Seq, Unknown, Value
from shapeguard.analysis.interpreter.language import contains, expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import counts
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import imported
from shapeguard.analysis.interpreter.written.named_masks import as_named_mask
from shapeguard.analysis.ops.python import containers
from shapeguard.analysis.ops.python.read_texts import text_of
from shapeguard.analysis.ops.tensors import pointwise
from shapeguard.analysis.reading import syntax as s


@expression(s.Binary)
def value_of_binary(m: Machine, node: s.Binary, frame: Frame) -> Value:
    """`a + b`."""
    left, right = m.value(node.left, frame), m.value(node.right, frame)
    with m.at(frame.module, node.at):
        if node.op == "*":
            left, right = as_named_mask(m, left, node.left, right), as_named_mask(m, right, node.right, left)
        return binary(m, node.op, left, right)


def binary(m: Machine, op: str, left: Value, right: Value) -> Value:
    """`left op right`."""
    a, b = m.get(left), m.get(right)
    if op == "+" and (isinstance(a, Seq) or isinstance(b, Seq)) and not (_array(a) or _array(b)):
        made = containers.plus(m, left, right)
        if made is not None:
            return m.wrap(made)
    if op == "*" and isinstance(a, Seq) and not isinstance(b, Tensor):
        return m.wrap(containers.repeat(m, a, b))
    if op == "*" and isinstance(b, Seq) and not isinstance(a, Tensor):
        return m.wrap(containers.repeat(m, b, a))
    if op == "|" and isinstance(a, Map) and isinstance(b, Map):
        return m.new(Map(tuple({**dict(a.items), **dict(b.items)}.items()), a.rest or b.rest))
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return m.guarded(lambda: pointwise.binary(m, op, left, right), left, right)
    known = arith.binary(op, a, b) or texts.written(op, a, b) or text_of(op, a, b)
    if known is None:
        return m.opaque()
    m.trail.note_made_with(known, (a, b))
    return known


def _array(facts: Value) -> bool:
    return isinstance(facts, Tensor) and (facts.array or facts.step is not None)


@expression(s.Unary)
def value_of_unary(m: Machine, node: s.Unary, frame: Frame) -> Value:
    """`-a`, `not a`."""
    value = m.value(node.value, frame)
    facts = m.get(value)
    if node.op == "not":
        counts.mark_count_guarded(m, value)
        known = m.truth(value)
        return UNKNOWN if known is None else _answer(m, not known, value)
    with m.at(frame.module, node.at):
        if isinstance(facts, Tensor):
            return m.guarded(lambda: pointwise.unary(m, node.op, value))
    if isinstance(facts, Num):
        if node.op == "-":
            m.trail.note_made_with(found := Num(-facts.dim), (facts,))
            return found
        return facts if node.op == "+" else UNKNOWN
    if isinstance(facts, Const) and isinstance(facts.value, (int, float)) and node.op == "-":
        return Const(-facts.value)
    return m.opaque()


@expression(s.Compare)
def value_of_comparison(m: Machine, node: s.Compare, frame: Frame) -> Value:
    """`a < b <= c`."""
    left = m.value(node.left, frame)
    out: Value = UNKNOWN
    with m.at(frame.module, node.at):
        for i, (op, right_node) in enumerate(node.rest):
            right = m.value(right_node, frame)
            answer = compare(m, op, left, right)
            if i == 0:
                out = answer
            else:
                both = {m.truth(out), m.truth(answer)}
                out = Const(False) if False in both else Const(True) if both == {True} else UNKNOWN
            left = right
    return out


def compare(m: Machine, op: str, left: Value, right: Value) -> Value:
    """`left op right` for one comparison."""
    a, b = m.get(left), m.get(right)
    if op in ("is", "is not"):
        if NONE in (a, b):
            other = b if a == NONE else a
            known = None if isinstance(other, Unknown) or (isinstance(other, Either) and NONE in other.options) else other == NONE
        else:
            known = True if isinstance(left, type(right)) and left == right and isinstance(a, (Const, Inst)) else None
            if isinstance(a, Const) and isinstance(b, Const):
                known = a.value is b.value
        return UNKNOWN if known is None else _answer(m, known if op == "is" else not known, left, right)
    if op in ("in", "not in"):
        known = _contains(m, left, imported.after_registrations(m, right, left))
        return UNKNOWN if known is None else _answer(m, known if op == "in" else not known, left, right)
    counts.mark_count_guarded(m, left)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return m.guarded(lambda: pointwise.compare(m, op, left, right), left, right)
    known = arith.compare(op, a, b)
    return UNKNOWN if known is None else _answer(m, known, a, b)


def _answer(m: Machine, answer: bool, *asked: Value) -> Const:
    """The answer to a question about some values."""
    found = Const(answer)
    m.trail.note_made_with(found, asked)
    return found


def _contains(m: Machine, item: Value, box: Value) -> bool | None:
    """`item in box`, where known."""
    key = m.key(item)
    row = contains.rows.get(type(box)) if key is not None else None
    return None if row is None else row(m, box, key)
