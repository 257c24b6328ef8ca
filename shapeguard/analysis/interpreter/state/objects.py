"""What the program made: the objects of its classes with their attributes, and its functions without their decorators."""

from __future__ import annotations

from shapeguard.analysis.facts.store import Store
from shapeguard.analysis.facts.values import Class, Func, Inst, Value


class Objects:
    """Objects and definitions of the project; nodes are kept by id()."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.instances: dict[int, list[Inst]] = {}  # by the node of their class
        self.attributes: dict[int, set[str]] = {}  # names that were ever written on an instance, by its uid
        self.undecorated: dict[int, Func] = {}  # by their nodes
        self.lines: dict[int, list[Class]] = {}  # method resolution orders, by the frame of the class
        self.asked: set[tuple[int, str]] = set()  # the keys that dicts were asked for and did not hold

    def put(self, inst: Inst, name: str, value: Value) -> None:
        """Write an attribute of an instance."""
        self.attributes.setdefault(inst.uid, set()).add(name)
        self._store.set(("a", inst.uid, name), value)
