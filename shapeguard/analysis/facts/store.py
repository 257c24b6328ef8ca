"""The interpreter's memory: one journaled table, so that branches are forked, undone and joined at the cost of what they wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Pack, Shape
from shapeguard.analysis.facts.values import Map, Num, Ref, Seq, Tensor, Unknown, Value

# ("v", frame, name) a variable; ("r", id) what a Ref points to; ("a", owner, name) an attribute; ("i", owner, key) an item of an
# opaque value; ("p", pack uid) the axes that a pack was found to stand for
Key: TypeAlias = tuple[object, ...]
Entry: TypeAlias = "Value | tuple[Axis | Pack, ...]"
Changes: TypeAlias = dict[Key, Entry]
Join: TypeAlias = Callable[[Value, Value], Value]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point to come back to."""

    at: int  # length of the journal
    born: int  # whatever has this number or a later one was made since
    outer: int  # the `born` of the mark around it


class Store:
    """A table with a journal of overwritten entries.

    What was made since the innermost mark is written without a journal: no state before the mark can refer to it, so that
    neither an undo nor a join has anything to say about it.
    """

    def __init__(self) -> None:
        self.data: Changes = {}
        self._journal: list[tuple[Key, object]] = []
        self._next = 1
        self._born = 0

    def number(self) -> int:
        """A number for a new reference, frame or object."""
        self._next += 1
        return self._next

    def get(self, key: Key) -> Value | None:
        """The value under a key, or None."""
        return self.data.get(key)  # type: ignore[return-value]

    def make(self, key: Key, value: Value) -> None:
        """Write the first facts of something new."""
        self.data[key] = value

    def set(self, key: Key, value: Value | tuple[Axis | Pack, ...]) -> None:
        """Write, and remember what stood there."""
        owner = key[1]
        if type(owner) is not int or owner < self._born or key[0] == "p":
            self._journal.append((key, self.data.get(key)))
        self.data[key] = value

    def settle(self, key: Key, value: Value) -> None:
        """Replace an entry by what it always meant: this is no change that a branch makes."""
        self.data[key] = value

    def mark(self) -> Mark:
        """A point to come back to, until it is released."""
        found = Mark(len(self._journal), self._next + 1, self._born)
        self._born = found.born
        return found

    def release(self, mark: Mark) -> None:
        """Give up a mark that is no longer needed."""
        self._born = mark.outer

    def changes(self, mark: Mark) -> Changes:
        """What was written since a mark to what stood before it, as it is now."""
        data = self.data
        return {key: data[key] for key, _ in self._journal[mark.at :] if key in data}

    def undo(self, mark: Mark) -> None:
        """Take back all that was written since a mark."""
        journal, data = self._journal, self.data
        for i in range(len(journal) - 1, mark.at - 1, -1):
            key, old = journal[i]
            if old is None:
                data.pop(key, None)
            else:
                data[key] = old  # type: ignore[assignment]
        del journal[mark.at :]

    def commit(self, mark: Mark) -> None:
        """Make what was written since a mark permanent: no undo takes it back (modules are run once, wherever they are first imported)."""
        del self._journal[mark.at :]

    def apply(self, changes: Changes) -> None:
        """Write a set of changes."""
        for key, value in changes.items():
            if self.data.get(key) is not value:
                self.set(key, value)

    def merge(self, paths: Sequence[Changes], join: Join) -> None:
        """Write the join of several sets of changes, each made from the present state."""
        if len(paths) == 1:
            self.apply(paths[0])
            return
        found: dict[Key, list[Entry]] = {}
        for changes in paths:
            for key, value in changes.items():
                found.setdefault(key, []).append(value)
        # what stands behind a reference first: a join of what refers to it reads it, and is to read what holds of all ways
        for key in sorted(found, key=lambda k: _depth(k, found[k])):
            values = found[key]
            value = values[0]
            for other in values[1:]:
                value = _joined(value, other, join)
            base = self.data.get(key)
            # an unknown that was found to be an id on one way did not change: more is known of it
            learnt = key[0] == "r" and isinstance(base, Unknown) and isinstance(value, Num)
            if base is not None and len(values) < len(paths) and not learnt:
                value = _joined(base, value, join)
            if value is not base:
                self.set(key, value)

    def resolve(self, shape: Shape) -> Shape:
        """A shape with its known packs filled in."""
        data = self.data
        for _ in range(32):
            for part in shape.parts():
                if isinstance(part, Pack):
                    axes = data.get(("p", part.uid))
                    if isinstance(axes, tuple):
                        shape = shape.substitute(part, axes)
                        break
            else:
                return shape
        return shape

    def resolved(self, tensor: Tensor) -> Tensor:
        """A tensor with its known packs filled in."""
        shape = self.resolve(tensor.shape)
        if shape is tensor.shape:
            return tensor
        return replace(tensor, shape=shape)


def _depth(key: Key, values: Sequence[Entry]) -> int:
    """0 for facts that refer to nothing, 1 for those of a container of references, 2 for what holds a reference itself."""
    if key[0] != "r":
        return 2 if key[0] != "p" else 0
    return int(any(_refers(v) for v in values))


def _refers(value: Entry) -> bool:
    if isinstance(value, Seq):
        return isinstance(value.elem, (Ref, Seq)) or any(isinstance(i, (Ref, Seq)) for i in value.items or ())
    return isinstance(value, (Ref, Map))


def _joined(a: Entry, b: Entry, join: Join) -> Entry:
    if a is b or isinstance(a, tuple) or isinstance(b, tuple) or a == b:
        return a  # a pack that was bound twice keeps what it was bound to first
    return join(a, b)
