"""Where a value lies inside of another one, and where it then lies in the parts of that."""

from __future__ import annotations

from typing import TypeAlias

from shapeguard.analysis.reading import syntax as s

Key: TypeAlias = "int | str"
Path: TypeAlias = tuple[Key, ...]  # where in a value the followed one lies; () is that itself
Held: TypeAlias = frozenset[Path]

OUTPUT = "an output object"  # a key: `.loss`, `["loss"]` and `[0]` alike
NOTHING: Held = frozenset()


class Read(Exception):
    """The value is read, or may be."""


def as_tuple(held: Held) -> Held:
    """Where a value lies in `output.to_tuple()`."""
    return frozenset((0 if path[0] == OUTPUT else path[0], *path[1:]) for path in held)


def further(held: Held, by: int) -> Held:
    """What lies in a tuple, behind so many that are put in front."""
    found: set[Path] = set()
    for path in held:
        head = 0 if path and path[0] == OUTPUT else path[0] if path else None
        if not isinstance(head, int):
            raise Read
        found.add((head + by, *path[1:]))
    return frozenset(found)


def field_of(path: Path, name: str) -> list[Path]:
    """What of a value an attribute of it gives."""
    if path and (path[0] == name or (path[0] == OUTPUT and name == "loss")):
        return [path[1:]]
    if not path or isinstance(path[0], int) or (path[0] == OUTPUT and "loss" in name):
        raise Read
    return []


def item_of(path: Path, index: s.Expr) -> list[Path]:
    """What of a value an item or a slice of it gives."""
    key = index.value if isinstance(index, s.Const) else None
    if path and isinstance(key, str):
        return field_of(path, key)
    head = 0 if path and path[0] == OUTPUT else path[0] if path else None
    if not isinstance(head, int):
        raise Read
    if type(key) is int:
        return [path[1:]] if key == head else []
    if not isinstance(index, s.Slice) or index.step is not None:
        raise Read
    lo, hi = (0 if b is None else b.value if isinstance(b, s.Const) and type(b.value) is int else -1 for b in (index.lo, index.hi))
    if lo < 0 or hi < 0:
        raise Read
    return [(head - lo, *path[1:])] if lo <= head and (index.hi is None or head < hi) else []
