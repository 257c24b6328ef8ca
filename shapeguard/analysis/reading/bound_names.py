"""Every name that a file binds anywhere, in whatever scope."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import parts
from shapeguard.analysis.reading.parse import Module

# by which names come to be while it runs
_MAKERS = frozenset("exec execfile globals locals __builtins__ builtins modules __dict__".split())


def bound_names(module: Module) -> frozenset[str] | None:
    """The names that a file binds; None where any may be: in a notebook, behind a star import, or where it makes names while it runs."""
    if module.cells:
        return None
    found: set[str] = set()
    stack: list[object] = list(module.body)
    while stack:
        node = stack.pop()
        if (isinstance(node, s.Name) and node.id in _MAKERS) or (isinstance(node, s.Attr) and node.name in _MAKERS):
            return None
        if isinstance(node, s.Import) and any(name == "*" for name, _ in node.names):
            return None
        found.update(_bound_by(node))
        stack.extend(parts(node))
    return frozenset(found)


def _bound_by(node: object) -> Iterator[str]:
    match node:
        case s.Assign():
            for target in node.targets:
                yield from _names(target)
        case s.AugAssign() | s.For():
            yield from _names(node.target)
        case s.With():
            for _, as_target in node.items:
                yield from _names(as_target)
        case s.Comp():
            for part in node.fors:
                yield from _names(part.target)
        case s.Import():
            for name, alias in node.names:
                yield alias or (name if node.is_from else name.partition(".")[0])
        case s.FuncDef():
            yield node.name
            yield from (p.name for p in node.params)
        case s.Lambda():
            yield from (p.name for p in node.params)
        case s.ClassDef() | s.Walrus():
            yield node.name
        case s.Scope():
            yield from node.names
        case s.Try():
            yield from (name for _, name, _ in node.handlers if name is not None)
        case s.Match():
            for names, _ in node.cases:
                yield from names


def _names(target: object) -> Iterator[str]:
    if isinstance(target, s.Name):
        yield target.id
    elif isinstance(target, (s.Sequence, s.Star)):
        for item in target.items if isinstance(target, s.Sequence) else [target.value]:
            yield from _names(item)
