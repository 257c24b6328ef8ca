"""The interpreter's memory: one journaled table, so that branches are forked, undone and joined at the cost of what they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from shapeguard.analysis.values import Num, Tensor, Unknown, Value
from shapeguard.shapes import Axis, Pack, Shape

# ("v", frame, name) a variable; ("r", id) what a Ref points to; ("a", owner, name) an attribute; ("i", owner, key) an item of an
# opaque value; ("p", pack uid) the axes that a pack was found to stand for
Key: TypeAlias = tuple[object, ...]
Changes: TypeAlias = dict[Key, "Value | tuple[Axis | Pack, ...]"]
Join: TypeAlias = Callable[[Value, Value], Value]


class Store:
    """A table with a journal of overwritten entries."""

    def __init__(self) -> None:
        self.data: Changes = {}
        self._journal: list[tuple[Key, object]] = []

    def get(self, key: Key) -> Value | None:
        """The value under a key, or None."""
        return self.data.get(key)  # type: ignore[return-value]

    def set(self, key: Key, value: Value | tuple[Axis | Pack, ...]) -> None:
        """Write, and remember what stood there."""
        self._journal.append((key, self.data.get(key)))
        self.data[key] = value

    def settle(self, key: Key, value: Value) -> None:
        """Replace an entry by what it always meant: this is no change that a branch makes."""
        self.data[key] = value

    def drop(self, key: Key) -> None:
        """Forget a key."""
        if key in self.data:
            self._journal.append((key, self.data.pop(key)))

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._journal)

    def changes(self, mark: int) -> Changes:
        """What was written since a mark, as it is now."""
        out: Changes = {}
        for key, _ in self._journal[mark:]:
            if key in self.data:
                out[key] = self.data[key]
        return out

    def undo(self, mark: int) -> None:
        """Take back all that was written since a mark."""
        journal = self._journal
        while len(journal) > mark:
            key, old = journal.pop()
            if old is None:
                self.data.pop(key, None)
            else:
                self.data[key] = old  # type: ignore[assignment]

    def commit(self, mark: int) -> None:
        """Make what was written since a mark permanent: no undo takes it back (modules are run once, wherever they are first imported)."""
        del self._journal[mark:]

    def apply(self, changes: Changes) -> None:
        """Write a set of changes."""
        for key, value in changes.items():
            if self.data.get(key) is not value:
                self.set(key, value)

    def merge(self, paths: Iterable[Changes], join: Join) -> None:
        """Write the join of several sets of changes, each made from the present state."""
        todo = list(paths)
        if len(todo) == 1:
            self.apply(todo[0])
            return
        keys: dict[Key, None] = {}
        for changes in todo:
            keys.update(dict.fromkeys(changes))
        for key in keys:
            base = self.data.get(key)
            values = [v for changes in todo if (v := changes.get(key, base)) is not None]
            merged = values[0]
            if isinstance(base, Unknown) and key[0] == "r" and (learnt := [v for v in values if not isinstance(v, Unknown)]):
                # an unknown that was found to be an id on one way is one: it did not change, more is known of it
                values = learnt if all(isinstance(v, Num) and v == learnt[0] for v in learnt) else values
                merged = values[0]
            for value in values[1:]:
                if value is not merged and value != merged:
                    if isinstance(merged, tuple) or isinstance(value, tuple):
                        continue  # a pack bound twice: the first stays
                    merged = join(merged, value)
            if merged is not base:
                self.set(key, merged)

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
