"""jaxtyping's dimension strings, read once: `"*batch T-1 #V 3"` as a tuple of dimensions."""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Collection
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal, TypeAlias

from shapeguard.runtime.parsing import parse

Kind: TypeAlias = Literal["fixed", "name", "expr", "any", "many", "rest"]

OF_ARGUMENT = "_a_"  # in expressions, before a parameter's name ...
OF_DIM = "_d_"  # ... and before a dimension's


@dataclass(frozen=True, slots=True)
class Dim:
    """One dimension: a fixed size, a name, an expression, `_` (any), `*name` (many) or `...` (rest)."""

    kind: Kind
    text: str
    size: int = 0
    broad: bool = False  # '#': size 1 fits too
    expr: ast.expr | None = None

    @property
    def variadic(self) -> bool:
        return self.kind in ("many", "rest")


class NotRead(ValueError):
    """A dimension that only jaxtyping itself can check."""


@functools.cache
def read(dim_str: str) -> tuple[Dim, ...]:
    """The dimensions of a string that jaxtyping has accepted.

    Raises:
        NotRead: `?name`, which depends on the place inside of a PyTree, or an f-string with a format.
    """
    return tuple(_one(piece) for piece in dim_str.split())


def unnamed(dim: Dim) -> Dim:
    """The dimension without what ties it to others; a fixed size stays."""
    return dim if dim.kind == "fixed" else Dim("rest" if dim.variadic else "any", dim.text)


def _one(piece: str) -> Dim:
    """Reads one dimension of an annotation."""
    if piece == "...":
        return Dim("rest", piece)
    text, broad, many, anonymous = piece, False, False, False
    while text:
        if text[0] == "#":
            broad, text = True, text[1:]
        elif text[0] == "*":
            many, text = True, text[1:]
        elif text[0] == "_":
            anonymous, text = True, text[1:]
        elif text[0] == "?":
            raise NotRead(f"'{piece}' depends on the place inside of a PyTree")
        elif text.count("=") == 1:
            text = text.partition("=")[2]
        else:
            break
    if anonymous:
        return Dim("rest" if many else "any", piece)
    if not text or text.isidentifier():
        return Dim("many" if many else "name", text, broad=broad)
    try:
        return Dim("fixed", text, int(text), broad)
    except ValueError:
        return Dim("expr", text, broad=broad, expr=_expression(text))


def _expression(text: str) -> ast.expr:
    """The expression of a symbolic dimension; what stands in braces speaks of arguments, all else of dimensions."""
    pieces = []
    for value in parse(f"f{text!r}", "eval").body.values:
        if isinstance(value, ast.Constant):
            pieces.append(str(value.value))
        elif value.conversion != -1 or value.format_spec is not None:
            raise NotRead(f"'{text}' formats a value")
        else:
            pieces.append(f"({ast.unparse(_OfArguments().visit(value.value))})")
    tree: ast.expr = parse("".join(pieces), "eval").body
    return tree


class _OfArguments(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(OF_ARGUMENT + node.id, node.ctx)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression whose names are known to be dimensions or arguments of one signature."""

    text: str
    source: str  # with OF_DIM and OF_ARGUMENT before the names
    code: CodeType
    dims: tuple[str, ...]
    arguments: tuple[str, ...]
    unknown: tuple[str, ...]

    def value(self, dims: dict[str, int], arguments: dict[str, Any]) -> Any:
        """Its value; KeyError where a dimension is not bound yet."""
        names: dict[str, Any] = {OF_DIM + name: dims[name] for name in self.dims}
        names.update((OF_ARGUMENT + name, arguments[name]) for name in self.arguments)
        return eval(self.code, names)


def bind(dim: Dim, dims: Collection[str], parameters: Collection[str]) -> Expression:
    """`self.d` is an attribute of an argument where no dimension is called `self`; `min` is Python's own."""
    assert dim.expr is not None
    found: dict[str, list[str]] = {"dims": [], "arguments": [], "unknown": []}

    class Rename(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            name = node.id
            bare = name.removeprefix(OF_ARGUMENT)
            if bare != name and bare in parameters:
                found["arguments"].append(bare)
                return node
            if bare != name and hasattr(builtins, bare):
                return ast.Name(bare, node.ctx)
            if name in dims:
                found["dims"].append(name)
                return ast.Name(OF_DIM + name, node.ctx)
            if name in parameters:
                found["arguments"].append(name)
                return ast.Name(OF_ARGUMENT + name, node.ctx)
            if not hasattr(builtins, name):
                found["unknown"].append(bare)
            return node

    source = ast.unparse(Rename().visit(parse(ast.unparse(dim.expr), "eval")))
    names = {key: tuple(dict.fromkeys(value)) for key, value in found.items()}
    return Expression(dim.text, source, compile(source, f"<dimension {dim.text}>", "eval"), **names)
