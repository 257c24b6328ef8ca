"""Classes of the project: the order in which attributes are looked up, and the classes of libraries that they derive from."""

from __future__ import annotations

from shapeguard.analysis.facts.values import Class, Func, Lib, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.ops.table import canonical

_BARE = frozenset({"typing.Generic", "typing_extensions.Generic", "typing.Protocol", "abc.ABC", "builtins.object"})  # bring nothing along


def mro(m: Machine, cls: Class) -> list[Class]:
    """The project classes along the method resolution order (depth first, each at its last place)."""
    known = m.objects.lines.get(cls.frame)
    if known is not None:
        return known
    order: list[Class] = []

    def visit(c: Class, depth: int) -> None:
        order.append(c)
        for base in c.bases:
            facts = m.get(base)
            if isinstance(facts, Class) and depth < 12:
                visit(facts, depth + 1)

    visit(cls, 0)
    seen: set[int] = set()
    out: list[Class] = []
    for c in reversed(order):
        if id(c) not in seen:
            seen.add(id(c))
            out.append(c)
    m.objects.lines[cls.frame] = out = out[::-1]
    return out


def class_attr(m: Machine, cls: Class, name: str, after: Class | None = None) -> tuple[Value, Class | None] | None:
    """An attribute found along the method resolution order, and the class that has it."""
    line = mro(m, cls)
    if after is not None and any(c is after for c in line):
        line = line[next(i for i, c in enumerate(line) if c is after) + 1 :]
    for c in line:
        found = m.store.get(("v", c.frame, name))
        if found is not None:
            return found, c
    return None


def lib_base(m: Machine, cls: Class) -> str | None:
    """The first library class among the ancestors, by canonical name."""
    return next(iter(lib_bases(m, cls)), None)


def lib_bases(m: Machine, cls: Class) -> list[str]:
    """All of them."""
    found = [m.get(base) for c in mro(m, cls) for base in c.bases]
    names = [canonical(f.name) for f in found if isinstance(f, Lib)]
    return [n for n in names if n not in _BARE] or names


def method(m: Machine, cls: Class, name: str) -> Func | None:
    """A function of the project that is an attribute of a class."""
    hit = class_attr(m, cls, name)
    return hit[0] if hit is not None and isinstance(hit[0], Func) else None
