"""Expressions of which a part may not be reached: `a and b`, `a or b`, `a if test else b`."""

from __future__ import annotations

from shapeguard.analysis.facts.values import UNKNOWN, Const, Unknown, Value
from shapeguard.analysis.interpreter.language import expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import counts
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.reading import syntax as s


@expression(s.BoolOp)
def both_or_either(m: Machine, node: s.BoolOp, frame: Frame) -> Value:
    """`a and b`, `a or b`."""
    left = m.value(node.left, frame)
    known = m.truth(left)
    if known is not None:
        m.trail.chose_branch(left)
        return left if known is (node.op == "or") else m.value(node.right, frame)
    with m.book.perhaps():
        right = m.value(node.right, frame)
    if m.truth(right) is (node.op == "or") and isinstance(m.get(right), Const):
        return right
    return m.join(left, right) if node.op == "or" else UNKNOWN if isinstance(m.get(left), Unknown) else right


@expression(s.Cond)
def one_of_two(m: Machine, node: s.Cond, frame: Frame) -> Value:
    """`a if test else b`."""
    asked = m.value(node.test, frame)
    counts.mark_count_guarded(m, asked)
    known = m.truth(asked)
    if known is not None:
        m.trail.chose_branch(asked)
        return m.value(node.then if known else node.other, frame)
    values: list[Value] = []

    def branch(side: s.Expr) -> bool:
        with m.book.perhaps():
            values.append(m.value(side, frame))
        return True

    m.run_branches(lambda: branch(node.then), lambda: branch(node.other))
    return m.join_all(values)
