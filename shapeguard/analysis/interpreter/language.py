"""The language as tables: one small function for each form of syntax and each kind of value, found by the type of what it is about.

A row is handed the machine, the syntax or the facts that it is about, and what is named here besides:

    @statement(s.While)
    def run_while(m: Machine, stmt: s.While, frame: Frame) -> bool: ...

Rows of a kind of value also get the value as a variable holds it, which may be a reference to the facts: `held`.
What is done where no row is found is said by `Machine`. To add a form or a kind, write its rows in a file in `expressions`,
`statements` or `values`: each file there is read when the package is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import Args, Value
from shapeguard.analysis.interpreter.state.frames import Frame

M = TypeVar("M")
P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


class Table(Generic[P, R]):
    """Rows by type: of a node of the syntax, or of the facts of a value."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.rows: dict[type, Callable[Concatenate[Any, Any, P], R]] = {}

    @overload
    def __call__(self, a: type[A], /) -> Callable[[Callable[Concatenate[M, A, P], R]], Callable[Concatenate[M, A, P], R]]: ...
    @overload
    def __call__(
        self, a: type[A], b: type[B], /
    ) -> Callable[[Callable[Concatenate[M, A | B, P], R]], Callable[Concatenate[M, A | B, P], R]]: ...
    @overload
    def __call__(
        self, a: type[A], b: type[B], c: type[C], /
    ) -> Callable[[Callable[Concatenate[M, A | B | C, P], R]], Callable[Concatenate[M, A | B | C, P], R]]: ...
    def __call__(self, *kinds: type) -> Callable[[Callable[Concatenate[M, Any, P], R]], Callable[Concatenate[M, Any, P], R]]:
        def keep(row: Callable[Concatenate[M, Any, P], R]) -> Callable[Concatenate[M, Any, P], R]:
            for kind in kinds:
                if kind in self.rows:
                    raise ValueError(f"{self.what}: {kind.__name__} is registered twice")
                self.rows[kind] = row
            return row

        return keep


# forms of syntax

expression: Table[[Frame], Value] = Table("expression")  # its value
statement: Table[[Frame], bool] = Table("statement")  # run it; False where the statement behind it is not reached
target: Table[[Value, Frame], None] = Table("target")  # write a value where it stands on the left of `=`

# kinds of value

calls: Table[[Value, Args], Value] = Table("calls")  # `held(args)`
methods: Table[[Value, str, Args], Value] = Table("methods")  # `held.name(args)` of what a library defines
attributes: Table[[Value, str], Value] = Table("attributes")  # `held.name`
sets_attribute: Table[[Value, str, Value], None] = Table("sets_attribute")  # `held.name = new`
items: Table[[Value, Value], Value] = Table("items")  # `held[index]`
sets_item: Table[[Value, tuple[Value, ...], Value], None] = Table("sets_item")  # `held[indices] = new`
iterates: Table[[Value], Value] = Table("iterates")  # what `for x in held` gives
contains: Table[[object], bool | None] = Table("contains")  # whether a known key is in it
truths: Table[[], bool | None] = Table("truths")  # whether it is true
lengths: Table[[], Dim | None] = Table("lengths")  # how many items iterating gives
keys: Table[[], object] = Table("keys")  # what it is as the key of a dict; None where that is not known

# functions of Python that concern the interpreter's own values, by dotted name

BUILTINS: dict[str, Callable[[Any, Args], Value]] = {}


def builtin(*names: str) -> Callable[[Callable[[M, Args], Value]], Callable[[M, Args], Value]]:
    """Register a function of Python."""

    def keep(row: Callable[[M, Args], Value]) -> Callable[[M, Args], Value]:
        for name in names:
            if name in BUILTINS:
                raise ValueError(f"{name} is registered twice")
            BUILTINS[name] = row
        return row

    return keep
