"""Annotations that are strings: looked up in globals, closures and the functions around, and again at the first call."""

from __future__ import annotations

import ast
import builtins
import sys
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import unwrap
from typing import Any

from shapeguard.runtime import typing_only
from shapeguard.runtime.parsing import parse


class Unresolved(NameError):
    """A name of an annotation that is not known (yet)."""


@dataclass(slots=True)
class Scope:
    """Where the names of one function's annotations are looked up.

    `kept` holds the names that its strings mention and that stood in a function or a class body around when it was
    decorated: nothing else of a frame is kept alive.
    """

    fn: Callable[..., Any]
    kept: dict[str, Any] = field(default_factory=dict)

    def names(self) -> dict[str, Any]:
        found = dict(self.kept)
        inner = unwrap(self.fn)
        cells = getattr(inner, "__closure__", None) or ()
        for name, cell in zip(getattr(getattr(inner, "__code__", None), "co_freevars", ()), cells, strict=False):
            try:
                found[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        return found

    def resolve(self, hint: Any, owner: type | None = None) -> Any:
        """The object for an annotation of the function, or of a field of the class `owner`.

        Raises:
            Unresolved: a name is not known; the message says which.
        """
        if not _has_text(hint):
            return hint
        names = self.names()
        space = self._globals()
        if owner is not None:
            module = sys.modules.get(owner.__module__)
            names = {**space, **names, owner.__name__: owner}
            space = vars(module) if module is not None else space
        try:
            return _evaluated(hint, space, names)
        except NameError as error:
            raise Unresolved(str(error), name=error.name) from None
        except Exception as error:  # whatever an annotation does when it is evaluated is its author's
            raise Unresolved(f"{type(error).__name__}: {error}") from None

    def _globals(self) -> dict[str, Any]:
        inner = unwrap(self.fn)
        space: dict[str, Any] = getattr(inner, "__globals__", {})
        if str(space.get("__name__", "")).startswith("namedtuple_"):  # where Python makes the __new__ of a named tuple
            return vars(sys.modules[inner.__module__]) if inner.__module__ in sys.modules else space
        return space

    def keep(self, frame: types.FrameType | None) -> None:
        """Takes the names that the strings mention out of the frames around the function."""
        inside = getattr(self.fn, "__qualname__", "")
        wanted = set(self._wanted()) if "." in inside else set()
        while frame is not None and wanted - self.kept.keys():
            if inside.startswith(f"{frame.f_code.co_qualname}."):
                local = frame.f_locals
                self.kept.update({name: local[name] for name in wanted - self.kept.keys() if name in local})
            frame = frame.f_back

    def take(self, name: str | None, frame: types.FrameType | None) -> bool:
        """Whether a name that was missing, in a field of a local class or a string in a string, stands in a frame around."""
        if name is None or name in self.kept:
            return False
        inside = getattr(self.fn, "__qualname__", "")
        while frame is not None:
            if inside.startswith(f"{frame.f_code.co_qualname}.") and name in frame.f_locals:
                self.kept[name] = frame.f_locals[name]
                return True
            frame = frame.f_back
        return False

    def _wanted(self) -> Iterator[str]:
        space = self._globals()
        for hint in getattr(unwrap(self.fn), "__annotations__", {}).values():
            for text in _texts(hint):
                try:
                    tree = parse(text, "eval")
                except SyntaxError:
                    continue
                for node in ast.walk(tree):
                    if isinstance(node, ast.Name) and node.id not in space and not hasattr(builtins, node.id):
                        yield node.id


def _evaluated(hint: Any, space: dict[str, Any], names: dict[str, Any]) -> Any:
    try:
        if isinstance(hint, str):
            hint = eval(f"({hint},)[0]" if hint.startswith("*") else hint, space, names)
        if not _has_text(hint):
            return hint
        holder = types.SimpleNamespace(__annotations__={"it": hint})
        return typing.get_type_hints(holder, space, names, include_extras=True)["it"]
    except NameError as error:
        if error.name is None or error.name in names:
            raise
        found = typing_only.find(space, error.name)
        if found is typing_only.ABSENT:
            raise
        return _evaluated(hint, space, {**names, error.name: found})


def _has_text(hint: Any) -> bool:
    return next(_texts(hint), None) is not None


def _texts(hint: Any) -> Iterator[str]:
    if isinstance(hint, str):
        yield hint
    elif isinstance(hint, typing.ForwardRef):
        yield hint.__forward_arg__
    elif typing.get_origin(hint) is typing.Literal:
        return
    elif typing.get_origin(hint) is typing.Annotated:
        yield from _texts(typing.get_args(hint)[0])
    else:
        for inner in typing.get_args(hint):
            yield from _texts(inner)
