"""The names of a scope that code outside of it may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import parts

_READS_ALL = frozenset("locals vars globals eval exec".split())


def captured(body: Sequence[s.Statement]) -> frozenset[str] | None:
    """The names of a scope that functions and classes in it read, or that it shares with others; None where it asks for all names."""
    found: set[str] = set()
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (s.FuncDef, s.ClassDef, s.Lambda)):
            found |= _free(node)
        elif isinstance(node, s.Scope):
            found.update(node.names)
        elif isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id in _READS_ALL:
            return None
        stack.extend(() if isinstance(node, (s.FuncDef, s.ClassDef, s.Lambda)) else parts(node))
    return frozenset(found)


def _free(node: s.FuncDef | s.ClassDef | s.Lambda) -> set[str]:
    """The names that a definition takes from around it."""
    named: set[str] = set()
    bound: set[str] = set()
    outer: set[str] = set()
    stack: list[Any] = [*node.body] if isinstance(node, (s.FuncDef, s.ClassDef)) else [node.body]
    if not isinstance(node, s.ClassDef):
        bound.update(p.name for p in node.params)
    while stack:
        item = stack.pop()
        if isinstance(item, (s.FuncDef, s.ClassDef, s.Lambda)):
            named |= _free(item)
            continue
        if isinstance(item, s.Name):
            named.add(item.id)
        elif isinstance(item, s.Scope):
            outer.update(item.names)
        elif isinstance(item, s.Assign) and not isinstance(node, s.ClassDef):
            bound.update(n.id for t in item.targets for n in (t, *(t.items if isinstance(t, s.Sequence) else ())) if isinstance(n, s.Name))
        stack.extend(parts(item))
    return (named - bound) | outer
