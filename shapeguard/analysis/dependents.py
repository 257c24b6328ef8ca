"""The files whose losses a change of some files can touch: found by imports, from bytes alone."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shapeguard.analysis.project import Project

MAX_FILES = 40  # with a loss, besides those that were given
MAX_SIZE = 600_000  # bytes of source in them
_DEFINED = re.compile(rb"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=[^=])", re.MULTILINE)
# what a file does to something else when it is imported: `@register`, `MODELS.register("x")(...)`, `MODELS["x"] = ...`
_TOUCHED = re.compile(rb"^(?:@([\w.]+)|([\w.]+)(?:\(|\[[^\]\n]*\][ \t]*=))", re.MULTILINE)

Names: TypeAlias = "frozenset[str] | None"  # None: all of them


@dataclass(frozen=True, slots=True)
class Dependents:
    """The files to run for some others, and how many there were in all."""

    paths: tuple[str, ...] = ()
    total: int = 0

    @property
    def cut(self) -> bool:
        """Whether the bound was met."""
        return len(self.paths) < self.total


def dependents(project: Project, given: Sequence[str]) -> Dependents:
    """The files with a loss that are led to by what imports the given ones, directly or not, the nearest first; without the given ones."""
    asked = frozenset(given)
    if asked.issuperset(project.imports.down):
        return Dependents()
    walk = _Walk(project)
    found = [path for path in walk.below(walk.above(given)) if path not in asked and project.mentions_loss(path)]
    taken: list[str] = []
    left = MAX_SIZE
    for path in found[:MAX_FILES]:
        left -= len(walk.data(path))
        if left < 0 and taken:
            break
        taken.append(path)
    return Dependents(tuple(taken), len(found))


class _Walk:
    """Goes from file to file along imports, with the names of each that matter.

    A package that only hands names on is followed by these names: or else whoever imports anything of a library would use all of it.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._up, self._down = project.imports.up, project.imports.down
        self._names: dict[str, frozenset[str]] = {}

    def above(self, given: Iterable[str]) -> list[str]:
        """The given files and those that use something of them, directly or not, the nearest first."""
        used: dict[str, Names] = dict.fromkeys(given)
        todo = deque(used)
        while todo:
            path = todo.popleft()
            names = used[path]
            for target in self._touched(path):
                _use(used, todo, target, None)
            for by in self._up.get(path, ()):
                hit = self._hit(path, names, by)
                if hit is None or hit:
                    _use(used, todo, by, hit | self._defined(by) if hit is not None and _is_package(by) else None)
        return list(used)

    def below(self, start: Sequence[str]) -> list[str]:
        """The files, and those whose names they take, directly or not, the nearest first."""
        used: dict[str, Names] = dict.fromkeys(start)
        todo = deque(used)
        while todo:
            path = todo.popleft()
            names = used[path]
            for target, taken in self._down.get(path, {}).items():
                wanted = taken
                if names is not None and _is_package(path) and taken is not None:
                    wanted = names if "*" in taken else names & taken
                    if not wanted or not (_is_package(target) or wanted & self._defined(target)):
                        continue
                elif taken is not None and "*" in taken:
                    wanted = None
                _use(used, todo, target, wanted if _is_package(target) else None)
        return list(used)

    def data(self, path: str) -> bytes:
        """What a file holds; nothing for one that cannot be read."""
        try:
            return self._project.read(path)
        except OSError:
            return b""

    def _hit(self, path: str, names: Names, by: str) -> Names:
        """Which of the names of a file another takes; None where it takes the module itself."""
        taken = self._down[by][path]
        if taken is None:
            if names is None or not _is_package(path):
                return None
            data = self.data(by)
            return frozenset(name for name in names if b"." + name.encode() in data)
        if "*" in taken:
            return frozenset(n for n in (self._defined(path) if names is None else names) if not n.startswith("_"))
        return taken if names is None else taken & names

    def _touched(self, path: str) -> list[str]:
        """The files whose names a file calls or writes into when it is imported: what it registers there is found by others."""
        words = {word for a, b in _TOUCHED.findall(self.data(path)) for word in (a or b).decode("utf-8", "replace").split(".")}
        found: list[str] = []
        for target, names in self._down.get(path, {}).items() if words else ():
            if not words.isdisjoint(names or {_stem(target)}):
                found.append(target)
        return found

    def _defined(self, path: str) -> frozenset[str]:
        """The names that a file defines at its top."""
        found = self._names.get(path)
        if found is None:
            found = frozenset((a or b).decode("utf-8", "replace") for a, b in _DEFINED.findall(self.data(path)))
            self._names[path] = found
        return found


def _use(used: dict[str, Names], todo: deque[str], path: str, names: Names) -> None:
    """Notes that something of a file is used, and that it is to be looked at where that is new."""
    if path in used:
        known = used[path]
        if known is None or (names is not None and names <= known):
            return
        names = None if names is None else known | names
    used[path] = names
    todo.append(path)


def _is_package(path: str) -> bool:
    return path.endswith("__init__.py")


def _stem(path: str) -> str:
    folder, file = os.path.split(path)
    return os.path.basename(folder) if file == "__init__.py" else os.path.splitext(file)[0]
