"""The small language that the interpreter runs: plain dataclasses, built by `parse` from libcst and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(eq=False, slots=True)
class Node:
    """What every piece of syntax has: the concrete node that it was made from, which `Module.span` turns into a place."""

    at: Any


# expressions


@dataclass(eq=False, slots=True)
class Name(Node):
    id: str


@dataclass(eq=False, slots=True)
class Const(Node):
    value: Any  # int, float, complex, str, bytes, bool, None, ...


@dataclass(eq=False, slots=True)
class FString(Node):
    parts: list[Expr]  # the interpolated expressions only


@dataclass(eq=False, slots=True)
class Attr(Node):
    obj: Expr
    name: str


@dataclass(eq=False, slots=True)
class Arg:
    value: Expr
    name: str | None = None  # keyword
    star: int = 0  # 1 for *args, 2 for **kwargs


@dataclass(eq=False, slots=True)
class Call(Node):
    func: Expr
    args: list[Arg]


@dataclass(eq=False, slots=True)
class Slice(Node):
    lo: Expr | None
    hi: Expr | None
    step: Expr | None


@dataclass(eq=False, slots=True)
class Index(Node):
    obj: Expr
    items: list[Expr]  # `x[a, b]` has two; each an expression or a Slice
    tuple: bool = False  # whether a comma was written (`x[a,]`)


@dataclass(eq=False, slots=True)
class Sequence(Node):
    kind: str  # tuple | list | set
    items: list[Expr]  # may hold Star


@dataclass(eq=False, slots=True)
class Dict(Node):
    items: list[tuple[Expr | None, Expr]]  # a None key is `**value`


@dataclass(eq=False, slots=True)
class Star(Node):
    value: Expr


@dataclass(eq=False, slots=True)
class Binary(Node):
    op: str  # + - * / // % ** @ & | ^ << >>
    left: Expr
    right: Expr


@dataclass(eq=False, slots=True)
class Unary(Node):
    op: str  # - + ~ not
    value: Expr


@dataclass(eq=False, slots=True)
class Compare(Node):
    left: Expr
    rest: list[tuple[str, Expr]]  # == != < <= > >= is, is not, in, not in


@dataclass(eq=False, slots=True)
class BoolOp(Node):
    op: str  # and | or
    left: Expr
    right: Expr


@dataclass(eq=False, slots=True)
class Cond(Node):
    test: Expr
    then: Expr
    other: Expr


@dataclass(eq=False, slots=True)
class Param:
    name: str
    default: Expr | None = None
    annotation: Expr | None = None
    kind: str = "normal"  # posonly | normal | star | kwonly | starstar
    comment: str = ""  # the comment behind the parameter on its line


@dataclass(eq=False, slots=True)
class Lambda(Node):
    params: list[Param]
    body: Expr


@dataclass(eq=False, slots=True)
class CompFor:
    target: Expr
    iter: Expr
    ifs: list[Expr]


@dataclass(eq=False, slots=True)
class Comp(Node):
    kind: str  # list | set | dict | generator
    elt: Expr
    value: Expr | None  # of a dict comprehension (`elt` is its key)
    fors: list[CompFor]


@dataclass(eq=False, slots=True)
class Walrus(Node):
    name: str
    value: Expr


@dataclass(eq=False, slots=True)
class Yield(Node):
    value: Expr | None
    from_: bool = False


@dataclass(eq=False, slots=True)
class Await(Node):
    value: Expr


Expr: TypeAlias = (
    Name | Const | FString | Attr | Call | Slice | Index | Sequence | Dict | Star | Binary | Unary | Compare
    | BoolOp | Cond | Lambda | Comp | Walrus | Yield | Await
)


# statements; `comment` is the text (without `#`) of the comment that ends the statement's last line, `above` that of the
# comment lines directly above it, joined with newlines


@dataclass(eq=False, slots=True)
class Stmt(Node):
    comment: str = field(default="", kw_only=True)
    above: str = field(default="", kw_only=True)


@dataclass(eq=False, slots=True)
class ExprStmt(Stmt):
    value: Expr


@dataclass(eq=False, slots=True)
class Assign(Stmt):
    targets: list[Expr]  # `a = b = value` has two
    value: Expr | None  # None for a bare annotation
    annotation: Expr | None = None


@dataclass(eq=False, slots=True)
class AugAssign(Stmt):
    target: Expr
    op: str  # without the `=`
    value: Expr


@dataclass(eq=False, slots=True)
class Return(Stmt):
    value: Expr | None


@dataclass(eq=False, slots=True)
class Raise(Stmt):
    value: Expr | None


@dataclass(eq=False, slots=True)
class Assert(Stmt):
    test: Expr


@dataclass(eq=False, slots=True)
class Delete(Stmt):
    targets: list[Expr]


@dataclass(eq=False, slots=True)
class Jump(Stmt):
    kind: str  # break | continue | pass


@dataclass(eq=False, slots=True)
class Scope(Stmt):
    kind: str  # global | nonlocal
    names: list[str]


@dataclass(eq=False, slots=True)
class Import(Stmt):
    """`import a.b as c` has names [("a.b", "c")] and module None; `from ..m import x as y` has module "m", level 2."""

    names: list[tuple[str, str | None]]  # ("*", None) for a star import
    module: str | None = None
    level: int = 0
    is_from: bool = False


@dataclass(eq=False, slots=True)
class If(Stmt):
    test: Expr
    body: list[Statement]
    orelse: list[Statement]


@dataclass(eq=False, slots=True)
class For(Stmt):
    target: Expr
    iter: Expr
    body: list[Statement]
    orelse: list[Statement]


@dataclass(eq=False, slots=True)
class While(Stmt):
    test: Expr
    body: list[Statement]
    orelse: list[Statement]


@dataclass(eq=False, slots=True)
class With(Stmt):
    items: list[tuple[Expr, Expr | None]]
    body: list[Statement]


@dataclass(eq=False, slots=True)
class Try(Stmt):
    body: list[Statement]
    handlers: list[tuple[Expr | None, str | None, list[Statement]]]  # type, name, body
    orelse: list[Statement]
    final: list[Statement]


@dataclass(eq=False, slots=True)
class Match(Stmt):
    subject: Expr
    cases: list[tuple[list[str], list[Statement]]]  # names bound by the pattern, body


@dataclass(eq=False, slots=True)
class FuncDef(Stmt):
    name: str
    params: list[Param]
    body: list[Statement]
    decorators: list[Expr]
    returns: Expr | None
    doc: str
    is_async: bool = False
    is_generator: bool = False  # a yield stands in its own body


@dataclass(eq=False, slots=True)
class ClassDef(Stmt):
    name: str
    bases: list[Arg]
    body: list[Statement]
    decorators: list[Expr]
    doc: str


Statement: TypeAlias = (
    ExprStmt | Assign | AugAssign | Return | Raise | Assert | Delete | Jump | Scope | Import | If | For | While
    | With | Try | Match | FuncDef | ClassDef
)
