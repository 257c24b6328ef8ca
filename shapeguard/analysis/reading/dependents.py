"""The files whose losses a change of some files can touch: found by imports, from bytes alone."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shapeguard.analysis.reading.project import Project, mentions_loss

MAX_WALK = 400  # files that are gone through along imports, one way
MAX_DEPTH = 3  # imports from a file to one that computes a loss for it
MAX_FILES = 40  # that are run besides those that were given
MAX_SIZE = 200_000  # bytes of source in them, and half of it in each
_DEFINED = re.compile(rb"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=[^=])", re.MULTILINE)
_WORD = re.compile(rb"[^\W\d]\w*")
# what a file does to something else when it is imported: `@register`, `MODELS.register("x")(...)`, `MODELS["x"] = ...`
_TOUCHED = re.compile(rb"^(?:@([\w.]+)|([\w.]+)(?:\(|\[[^\]\n]*\][ \t]*=))", re.MULTILINE)
# what may be filled by others: an empty dict, or an object, at the top
_FILLED = re.compile(rb"^(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:\{[ \t]*\}|(?:\w+\.)*(?:dict|defaultdict|[A-Z]\w*)\()", re.MULTILINE)

Names: TypeAlias = "frozenset[bytes] | None"  # None: all of them


@dataclass(frozen=True, slots=True)
class Dependents:
    """The files to run for some others, and how many there were in all."""

    paths: tuple[str, ...] = ()
    looked_at: int = 0  # how many files with a loss use something of the given ones and are run for them,
    total: int = 0  # and how many there are
    cut: bool = False  # whether a bound was met
    callers: frozenset[str] = frozenset()  # the files that use something of the given ones: who else calls `paths` touches nothing


ALONE = Dependents()


def dependents(project: Project, given: Sequence[str]) -> Dependents:
    """The files with a loss that are led to by what imports the given ones, directly or not, the nearest first; without the given ones."""
    asked = frozenset(given)
    if asked.issuperset(project.imports.down):
        return ALONE
    walk = _Walk(project)
    above = walk.above(given)
    found = [path for path in above if path not in asked and project.mentions_loss(path)]
    left = MAX_SIZE

    def within(paths: Iterable[str], count: int) -> list[str]:
        nonlocal left
        kept: list[str] = []
        for path in paths:
            size = len(walk.data(path))
            if size <= min(left, MAX_SIZE // 2) and len(kept) < count:
                kept.append(path)
                left -= size
        return kept

    near = within((path for path in above if path not in asked), MAX_FILES)
    taken = [path for path in near if project.mentions_loss(path)]
    cut = walk.cut or len(taken) < len(found)
    left = min(left, MAX_SIZE // 4)
    below = within((path for path in walk.below(above) if path not in asked and path not in near), MAX_FILES)
    return Dependents((*taken, *below), len(taken), len(found), cut, frozenset({*asked, *near, *below, *walk.packages}))


class _Walk:
    """Goes from file to file along imports, with the names of each that matter: those whose definitions mention one that does.

    Or else whoever imports anything of a library would use all of it.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._up, self._down = project.imports.up, project.imports.down
        self._words: dict[str, dict[bytes, frozenset[bytes]]] = {}
        self.cut = False  # whether the bound was met
        self.packages: set[str] = set()  # that hand on what is below

    def above(self, given: Iterable[str]) -> dict[str, Names]:
        """The given files and those that use something of them, directly or not, the nearest first, with the names that do."""
        used: dict[str, Names] = dict.fromkeys(given)
        bound = len(used) + MAX_WALK
        todo = deque(used)
        while todo:
            path = todo.popleft()
            names = used[path]
            for home, others in self._registries(path) if names is None else ():
                if _use(used, home, others):
                    todo.append(home)
            for by in self._up.get(path, ()):
                hit = self._hit(path, names, by)
                if not hit:
                    continue
                if len(used) >= bound and by not in used:
                    self.cut = True
                elif _use(used, by, self._resting(by, hit) | (hit if _is_package(by) else frozenset())):
                    todo.append(by)
        return used

    def below(self, start: Mapping[str, Names]) -> Iterator[str]:
        """The files behind whose names a loss is computed for some others, directly or not, the nearest first.

        They are entered from there in any case: that they lead to a loss is what is to be known of them.
        """
        used = dict(start)
        bound = len(used) + MAX_WALK
        todo = deque((path, 0) for path in used)
        while todo:
            path, depth = todo.popleft()
            if _is_package(path):
                self.packages.add(path)
            words = self._mentioned(path, used[path])
            if depth and self._project.mentions_loss(path) and mentions_loss(b"".join(b".%b( '%b' %b=" % (w, w, w) for w in words)):
                yield path
            for target, taken in self._down.get(path, {}).items() if depth < MAX_DEPTH else ():
                wanted = {name.encode() for name, alias in taken if name and alias.encode() in words}
                if any(name in ("", "*") and (name or alias.encode() in words) for name, alias in taken):
                    wanted |= words & (words if _is_package(target) else self._blocks(target).keys())
                if wanted and (target in used or len(used) < bound) and _use(used, target, frozenset(wanted)) and target not in start:
                    todo.append((target, depth + 1))

    def data(self, path: str) -> bytes:
        """What a file holds; nothing for one that cannot be read."""
        try:
            return self._project.read(path)
        except OSError:
            return b""

    def _hit(self, path: str, names: Names, by: str) -> frozenset[bytes]:
        """The names by which another file goes for what it takes of these; for a module, that of the module."""
        found: set[bytes] = set()
        for name, alias in self._down[by][path]:
            if name == "*":
                found.update(n for n in (self._blocks(path) if names is None else names) if not n.startswith(b"_"))
            elif names is None or name.encode() in names or (not name and any(b"." + n in self.data(by) for n in names)):
                found.add(alias.encode())
        return frozenset(found)

    def _resting(self, path: str, hit: Iterable[bytes]) -> frozenset[bytes]:
        """The names that a file defines by means of others."""
        found: set[bytes] = set()
        resting = set(hit)
        blocks = self._blocks(path)
        while more := {name for name, words in blocks.items() if name not in found and not words.isdisjoint(resting)}:
            found |= more
            resting |= more
        return frozenset(found)

    def _mentioned(self, path: str, names: Names) -> frozenset[bytes]:
        """The words in the definitions of some names, and of those that they mention; the names too, where a package hands them on."""
        if names is None:
            return frozenset(_WORD.findall(self.data(path)))
        blocks = self._blocks(path)
        found, todo, seen = set(names), [n for n in names if n in blocks], set(names)
        while todo:
            words = blocks[todo.pop()]
            found |= words
            more = (words & blocks.keys()) - seen
            seen |= more
            todo.extend(more)
        return frozenset(found)

    def _registries(self, path: str) -> Iterator[tuple[str, frozenset[bytes]]]:
        """The files in which a file registers something when it is imported, each with the names by which others find it there."""
        touched = {word for a, b in _TOUCHED.findall(self.data(path)) for word in (a or b).split(b".")}
        for target, taken in self._down.get(path, {}).items() if touched else ():
            mine = {(name or alias).encode() for name, alias in taken if alias.encode() in touched}
            if any(not name for name, _ in taken):
                mine |= touched
            for home in self._homes(target, mine) if mine else ():
                boxes = set(_FILLED.findall(self.data(home)))
                filled = {box for box in boxes if box in mine or any(box in self._blocks(home).get(name, ()) for name in mine)}
                if home != path and filled:
                    yield home, (self._resting(home, filled) | filled) - (mine - filled)

    def _homes(self, target: str, names: set[bytes]) -> Iterator[str]:
        """The file itself, or those from which a package has the names."""
        yield target
        for inner, taken in self._down.get(target, {}).items() if _is_package(target) else ():
            if any(name in ("", "*") or alias.encode() in names for name, alias in taken):
                yield inner

    def _blocks(self, path: str) -> dict[bytes, frozenset[bytes]]:
        """The names that a file defines at its top, each with the words of its definition."""
        found = self._words.get(path)
        if found is None:
            data = self.data(path)
            marks = list(_DEFINED.finditer(data))
            found = self._words[path] = {}
            ends = [*(m.start() for m in marks[1:]), len(data)]
            for match, end in zip(marks, ends, strict=False):
                name = match[1] or match[2]
                found[name] = found.get(name, frozenset()) | frozenset(_WORD.findall(data, match.start(), end))
        return found


def _use(used: dict[str, Names], path: str, names: Names) -> bool:
    """Notes that something of a file is used; whether that is new."""
    if path in used:
        known = used[path]
        if known is None or (names is not None and names <= known):
            return False
        names = None if names is None else known | names
    used[path] = names
    return True


def _is_package(path: str) -> bool:
    return path.endswith("__init__.py")
