"""What became of each loss: every way from its call to a value that was kept, as a set with a bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from shapeguard.analysis.facts.values import After, Uses

Path: TypeAlias = tuple[After, ...]

MAX_PATHS = 64  # ways of one loss; where there are more, none of them is followed
MAX_STEPS = 64  # things done to a loss on one way
TOO_MANY = After("unknown", name="more ways than are followed")


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Everything that may be done from one point on: ways that begin alike are one up to where they part."""

    next: dict[After, _Ways]
    ends: int
    depth: int


_DONE = _Ways({}, 1, 0)
_LOST = _Ways({}, MAX_PATHS + 1, 0)
_NONE = _Ways({}, 0, 0)  # goes into another way, which tells it


def paths(kept: Iterable[Uses]) -> dict[int, tuple[Path, ...]]:
    """For each loss, by its uid, the longest ways to the values that were kept; TOO_MANY alone where there are more than are followed.

    One sum after another is one sum, and of several factors that are written out only the last is kept: they all scale the same thing.
    """
    later = _children(kept)
    ways: dict[Uses, _Ways] = {}
    found: dict[int, _Ways] = {}
    for use in sorted(later, key=lambda u: u.number, reverse=True):  # what is made of something has the larger number
        then = [ways[child] if child.what is None else _prepended(child.what, ways[child]) for child in later[use]]
        here = _NONE if then and all(way is _NONE for way in then) else _DONE
        for way in then:
            here = here if way is _NONE else _ways_of_both(here, way)
        ways[use] = here
        if use.loss is not None:
            found[use.loss] = here
    return {loss: ((TOO_MANY,),) if way is _LOST else tuple(_each_path(way)) for loss, way in found.items()}


def _children(kept: Iterable[Uses]) -> dict[Uses, list[Uses]]:
    """Of everything that the kept values are made of: what was made of it next, in order."""
    later: dict[Uses, list[Uses]] = {}
    todo = list(kept)
    while todo:
        use = todo.pop()
        if use not in later:
            later[use] = []
            todo.extend(use.parents)
    for use in sorted(later, key=lambda u: u.number):
        for parent in use.parents:
            later[parent].append(use)
    return later


def _bounded(next_: dict[After, _Ways]) -> _Ways:
    """The ways that begin with one of these; `_LOST` where they are too many or too long."""
    ends = sum(way.ends for way in next_.values())
    depth = 1 + max(way.depth for way in next_.values())
    return _LOST if ends > MAX_PATHS or depth > MAX_STEPS else _Ways(next_, ends, depth)


def _ways_of_both(a: _Ways, b: _Ways) -> _Ways:
    """The ways of both; one that ends where another goes on is no way of its own."""
    if a is b or b is _DONE:
        return a
    if a is _DONE:
        return b
    if a is _LOST or b is _LOST:
        return _LOST
    if a.next.keys() >= b.next.keys() and all(a.next[what] is way for what, way in b.next.items()):
        return a
    both = dict(a.next)
    for what, way in b.next.items():
        both[what] = _ways_of_both(both[what], way) if what in both else way
    return _bounded(both)


def _prepended(what: After, way: _Ways) -> _Ways:
    """The ways that begin with something that was done, and go on as `way` does."""
    if what.op == "part" or way is _NONE:
        return _NONE
    if way is _LOST:
        return _LOST
    alike = [w for w in way.next if _counts_as_one(what, w)]
    if not alike:
        return _bounded({what: way})
    rest = {w: then for w, then in way.next.items() if w not in alike}
    if what.op == "add":  # the first of them stands for all
        here = _bounded(rest) if rest else _DONE
        for w in alike:
            here = _ways_of_both(here, way.next[w])
        return way if len(alike) == 1 and not rest and alike[0] == what else _bounded({what: here})
    if not rest:
        return way
    return _ways_of_both(_bounded({w: way.next[w] for w in alike}), _bounded({what: _bounded(rest)}))


def _counts_as_one(first: After, second: After) -> bool:
    """Whether two things done one after the other tell no more than one of them."""
    return (first.op == second.op == "add") or (first.factor and second.factor)


def _each_path(way: _Ways) -> Iterable[Path]:
    """The ways one by one; none where nothing was done."""
    todo: list[tuple[Path, _Ways]] = [((what,), then) for what, then in reversed(way.next.items())]
    while todo:
        path, here = todo.pop()
        if here is _DONE:
            yield path
        todo.extend(((*path, what), then) for what, then in reversed(here.next.items()))
