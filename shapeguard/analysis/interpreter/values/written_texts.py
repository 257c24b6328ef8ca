"""Strings that are written out: their characters and parts."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.token_names import plain_text
from shapeguard.analysis.facts.values import NONE, Const, Num, SliceV, Unknown, Value
from shapeguard.analysis.interpreter.language import items, iterates
from shapeguard.analysis.interpreter.machine import Machine


def _is_text(facts: Const) -> bool:
    return isinstance(facts.value, str) and plain_text(facts.value)


@items(Const)
def item_of_constant(m: Machine, facts: Const, held: Value, index: Value) -> Value:
    """`"text"[i]`, `"text"[a:b]`: itself where the place is known, else some part of the text."""
    at = m.get(index)
    parts = (at.lo, at.hi, at.step) if isinstance(at, SliceV) else (at,)
    known = [None if p == NONE else arith.number(p) for p in map(m.get, parts)]
    if isinstance(facts.value, str) and all(p == NONE or isinstance(n, int) for p, n in zip(map(m.get, parts), known, strict=True)):
        if isinstance(at, SliceV):
            return Const(facts.value[slice(*known)]) if known[2] != 0 else m.opaque()
        if isinstance(at, Num) and known[0] is not None and -len(facts.value) <= known[0] < len(facts.value):
            return Const(facts.value[int(known[0])])
    found = m.opaque_item(held, index)
    part = m.get(found)
    if _is_text(facts) and isinstance(part, Unknown):
        m.set(found, replace(part, text=True))
    return found


@iterates(Const)
def iterate_constant(m: Machine, facts: Const, held: Value) -> Value:
    """One of its characters."""
    return m.new(Unknown(text=_is_text(facts)))
