"""What the program made: the objects of its classes with their attributes, and its functions without their decorators."""

from __future__ import annotations

from typing import cast

from shapeguard.analysis.facts.store import Store
from shapeguard.analysis.facts.values import Class, Func, Inst, Mod, Value
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module


def function_code(func: Func) -> s.FuncDef | s.Lambda:
    """The syntax of a function, of which facts know no more than where it stands."""
    return cast("s.FuncDef | s.Lambda", func.node)


def class_code(cls: Class) -> s.ClassDef:
    """The syntax of a class."""
    return cast(s.ClassDef, cls.node)


def module_of(value: Func | Class | Mod) -> Module:
    """The parsed file in which a function or a class stands, or that a module is."""
    return cast(Module, value.module)


class Objects:
    """Objects and definitions of the project; nodes are kept by id()."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.instances: dict[int, list[Inst]] = {}  # by the node of their class
        self.attributes: dict[int, set[str]] = {}  # names that were ever written on an instance, by its uid
        self.guessed: set[int] = set()  # uids of objects that no code was seen to make: they may be of a class that derives from theirs
        self.undecorated: dict[int, Func] = {}  # by their nodes
        self.lines: dict[int, list[Class]] = {}  # method resolution orders, by the frame of the class
        self.names: dict[str, frozenset[str] | None] = {}  # that a file binds, by its path; None where any may be
        self.annotated: set[int] = set()  # the nodes of the classes of which an object is being made after an annotation
        self.asked: set[tuple[int, str]] = set()  # the keys that dicts were asked for and did not hold

    def put(self, inst: Inst, name: str, value: Value) -> None:
        """Write an attribute of an instance."""
        self.attributes.setdefault(inst.uid, set()).add(name)
        self._store.set(("a", inst.uid, name), value)
