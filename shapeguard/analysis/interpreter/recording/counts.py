"""Counts and ids that a program looks at before it acts: a count that is compared is no unguarded divisor any more."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Num, Ref, Value
from shapeguard.analysis.interpreter.machine import Machine


def mark_count_guarded(m: Machine, value: Value) -> None:
    """`if mask.sum() == 0: return`, `if n > 0`: what is divided by such a count later is not 0 then."""
    facts = m.get(value)
    if not isinstance(facts, (Num, Tensor)) or facts.count is None or (isinstance(facts, Tensor) and facts.shape.axes):
        return
    if facts.count.mask is not None:
        m.book.checked.add(facts.count.mask.uid)
    if isinstance(value, Ref):
        m.set(value, replace(facts, step=m.step("guarded", "looked at before it divides", facts.step)))


def stops_at(m: Machine, asked: Value) -> None:
    """`if y[t + 1] == PAD: break` or `continue`: a loop over the positions of a row leaves that one, or all that come after, alone."""
    facts = m.get(asked)
    mask = facts.mask if isinstance(facts, Tensor) and not facts.shape.axes else None
    if mask is not None and mask.kind == "id" and mask.keeps == "id" and mask.step is not None:
        for row in (row for entry in mask.step.parents if entry.kind == "index" for row in entry.parents):
            m.book.stops[id(row)] = mask.step
