"""What one signature asks for: its parameters and its result as nodes, and its dimensions by name."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, ClassVar

from shapeguard.runtime import dims as dimensions
from shapeguard.runtime.annotations import (
    Each,
    Fixed,
    Free,
    Leaf,
    Node,
    OneOf,
    Plain,
    Record,
    Untestable,
    bare,
    fits_head,
    holds_tensors,
    leaves,
    node_without_tensors,
    only,
    read,
    text_of,
)
from shapeguard.runtime.dims import Dim, Expression
from shapeguard.runtime.resolve import Scope, Unresolved

RETURN = "return"


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    name: str
    kind: inspect._ParameterKind
    node: Node
    text: str
    default: Any

    empty: ClassVar[Any] = inspect.Parameter.empty


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A signature, read. `expressions` are the symbolic dimensions; `skipped` says what is not checked, and why."""

    name: str
    file: str
    line: int
    form: str  # function, async, generator, async generator
    parameters: tuple[Parameter, ...]
    returns: Node
    yields: Node
    returns_text: str
    dims: frozenset[str]
    expressions: dict[Dim, Expression]
    skipped: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Nothing is annotated that could be checked."""
        return all(isinstance(n, Free) for n in (*(p.node for p in self.parameters), self.returns, self.yields))

    @property
    def has_tensors(self) -> bool:
        return any(holds_tensors(n) for n in (*(p.node for p in self.parameters), self.returns, self.yields))


def make(
    fn: Callable[..., Any], scope: Scope, frame: FrameType | None = None, *, last: bool, tensors_only: bool = False
) -> Plan:
    """Reads a function's annotations.

    Args:
        fn: the function itself.
        scope: where the names of strings are looked up.
        frame: where it is decorated, or called: a name that `scope` lacks may stand in a function around.
        last: what is not known now will never be: it is skipped, and `skipped` says so.
        tensors_only: leave out the hints that hold no tensor.

    Raises:
        Unresolved: a name is not known yet, and this is not the last try.
        Unreadable: jaxtyping and beartype have to check this signature.
    """
    skipped: list[str] = []

    def node_of(hint: Any, where: str) -> Node:
        if hint is inspect.Parameter.empty:
            return Free()
        try:
            node = read(scope.resolve(hint), scope.resolve)
        except Untestable as error:
            skipped.append(f"{where}: {error}")
            return Free()
        except Unresolved as error:
            if scope.take(error.name, frame):
                return node_of(hint, where)
            if not last:
                raise
            skipped.append(f"{where}: {text_of(hint)} ({error})")
            return Free()
        return Free() if tensors_only and not holds_tensors(node) else node

    signature = inspect.signature(fn)
    parameters = []
    for p in signature.parameters.values():
        packed = _unpacked(p.annotation, scope) if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) else None
        node = node_of(p.annotation if packed is None else packed, p.name)
        if packed is None and not isinstance(node, Free) and p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            node = Each(dict if p.kind is p.VAR_KEYWORD else tuple, node, keyed=p.kind is p.VAR_KEYWORD)
        node, text = _with_default(node, p)
        parameters.append(Parameter(p.name, p.kind, node, text, p.default))

    form, returns, yields = form_of(fn), signature.return_annotation, inspect.Parameter.empty
    if returns is not inspect.Parameter.empty and form != (written := form_of(inspect.unwrap(fn))):
        kind = "async function" if written == "async" else written
        skipped.append(f"{RETURN}: another decorator hides the {kind} that {text_of(returns)} was written for")
        returns = inspect.Parameter.empty
    if form in ("generator", "async generator") and returns is not inspect.Parameter.empty:
        try:
            parts: tuple[Any, ...] = getattr(bare(_resolved(returns, scope, frame)), "__args__", ())
        except Unresolved:
            if not last:
                raise
            skipped.append(f"{RETURN}: {returns}")
            parts = ()
        yields = parts[0] if parts else inspect.Parameter.empty
        returns = parts[-1] if len(parts) == 3 else inspect.Parameter.empty
    result, yielded = node_of(returns, RETURN), node_of(yields, RETURN)

    found = [leaf for n in (*(p.node for p in parameters), result, yielded) for leaf in leaves(n)]
    dims = frozenset(d.text for leaf in found for d in leaf.dims if d.kind == "name")
    expressions: dict[Dim, Expression] = {}
    for leaf in found:
        for dim in leaf.dims:
            if dim.kind == "expr":
                made = dimensions.bind(dim, dims, signature.parameters)
                expressions[dim] = made
                if made.unknown:
                    skipped.append(f"dimension {dim.text} of {leaf.text}: no argument gives {', '.join(made.unknown)}")
    code = getattr(inspect.unwrap(fn), "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if code is not None else ("<unknown>", 0)
    return Plan(
        _name(fn), file, line, form, tuple(parameters), result, yielded, short(result, returns), dims, expressions, tuple(skipped)
    )


def _with_default(node: Node, p: inspect.Parameter) -> tuple[Node, str]:
    """The node that takes a parameter's default too, and how a message writes it."""
    if p.default is None and not _takes_none(node):
        node = OneOf((node, node_without_tensors(None)))  # x: Tensor = None, as it was written before Optional
    text = short(node, p.annotation)
    if p.default is not p.empty and not fits_head(node, p.default):
        node = OneOf((node, only(p.default)))  # a sentinel for what is left out, as dataclasses have for default_factory
    return node, text


def _unpacked(hint: Any, scope: Scope) -> Any:
    """The type behind `*args: *tuple[...]` and `**kwargs: Unpack[...]`, else None."""
    try:
        hint = scope.resolve(hint)
    except Unresolved:
        return None
    if typing.get_origin(hint) is typing.Unpack:
        return typing.get_args(hint)[0]
    return typing.get_origin(hint)[typing.get_args(hint)] if getattr(hint, "__unpacked__", False) else None


def _resolved(hint: Any, scope: Scope, frame: FrameType | None) -> Any:
    while True:
        try:
            return scope.resolve(hint)
        except Unresolved as error:
            if not scope.take(error.name, frame):
                raise


def _name(fn: Callable[..., Any]) -> str:
    return str(getattr(fn, "__qualname__", repr(fn))).rpartition("<locals>.")[2]


def form_of(fn: Callable[..., Any]) -> str:
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    if inspect.iscoroutinefunction(fn):
        return "async"
    return "generator" if inspect.isgeneratorfunction(fn) else "function"


def _takes_none(node: Node) -> bool:
    if isinstance(node, OneOf):
        return any(_takes_none(o) for o in node.options)
    return isinstance(node, Free) or (isinstance(node, Plain) and node.test(None))


def short(node: Node, hint: Any) -> str:
    """How a message writes an annotation: `Float[B T V]`, without the array's class."""
    if isinstance(node, Leaf):
        return node.text
    if isinstance(node, OneOf):
        parts = [short(o, getattr(o, "hint", "")) for o in node.options if not (isinstance(o, Plain) and o.single)]
        return f"{parts[0]}?" if parts[1:] == ["None"] else " | ".join(parts)
    if isinstance(node, Each):
        return f"{node.kind.__name__}[{short(node.item, '')}{', ...' if node.kind is tuple else ''}]"
    if isinstance(node, Fixed):
        return f"tuple[{', '.join(short(i, getattr(i, 'hint', 'Any')) for i in node.items)}]"
    if isinstance(node, Record):
        return node.kind.__name__
    return "" if hint is inspect.Parameter.empty else re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", text_of(hint))


def every(plan: Plan) -> Iterator[tuple[str, Node]]:
    """The parameters in order, by name."""
    for p in plan.parameters:
        yield p.name, p.node
