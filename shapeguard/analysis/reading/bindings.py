"""One walk over a module: what its names and attributes are bound to, and every call with the branches that it stands behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

CONSTANT = "it stands behind a constant branch"
ENDED = "the path ends above it, in the same block"
_ENDS = (s.Return, s.Raise)
_KEPT = frozenset("mean sum item float to cpu detach exp abs squeeze unsqueeze div mul to_tuple".split())  # of a loss: one still
_ABOUT = ("fn", "func", "fct", "function", "type", "name", "weight", "weights", "config", "cfg", "kwargs")  # `loss_fn` is no loss yet
_CHILDREN: dict[type, tuple[str, ...]] = {}
_PLAIN = frozenset("at comment above doc kind op star level is_from is_async is_generator from_ tuple module id name names".split())


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """One thing that a name is bound to: `how` says what `what` is."""

    how: str  # value | entry (one of what the value holds) | import | definition
    what: Any
    scope: Scope


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function with the names that are bound in it; of a class also what its methods write on `self`."""

    module: Module
    node: s.FuncDef | s.Lambda | s.ClassDef | None
    parent: Scope | None
    names: dict[str, list[Bound]] = field(default_factory=dict)
    written: dict[str, list[Bound]] = field(default_factory=dict)  # of a class: on `self`; of others: by the text `a.b`
    stars: list[s.Import] = field(default_factory=list)
    params: dict[str, s.Param] = field(default_factory=dict)
    returns: list[s.Expr] = field(default_factory=list)
    calls: list[Called] = field(default_factory=list)
    read: set[tuple[str, str]] = field(default_factory=set)  # names, each with what becomes of it, as in `Called.taken`
    outer: set[str] = field(default_factory=set)  # global and nonlocal names

    @property
    def cls(self) -> Scope | None:
        """The class of which this function is a method."""
        parent = self.parent
        return parent if parent is not None and isinstance(parent.node, s.ClassDef) and isinstance(self.node, s.FuncDef) else None

    @property
    def own(self) -> str | None:
        """The name of the first parameter of a method."""
        if self.cls is None or not isinstance(self.node, s.FuncDef):
            return None
        static = any(isinstance(d, s.Name) and d.id == "staticmethod" for d in self.node.decorators)
        return next(iter(self.params), None) if not static else None

    def functions(self) -> Iterator[s.FuncDef | s.Lambda]:
        """The functions around, the nearest first."""
        here: Scope | None = self
        while here is not None:
            if isinstance(here.node, (s.FuncDef, s.Lambda)):
                yield here.node
            here = here.parent


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """A call: where it stands, behind which branches, and what becomes of its result as far as this says that it is a loss."""

    node: s.Call
    scope: Scope
    branches: tuple[tuple[s.If, bool], ...]  # each with the side: True for the body
    dead: str  # why it is never run, as its syntax shows; "" where it may be
    targets: tuple[str, ...]  # the names that the result is bound to
    taken: frozenset[str]  # what becomes of it on the spot

    @property
    def uses(self) -> set[str]:
        """What becomes of the result.

        loss      an entry of that name is taken of it
        first     its first entry is taken
        named     it goes into a name that speaks of a loss
        part      one of its entries goes into such a name
        returned  a function hands it back
        """
        return {*self.taken, *(what for name, what in self.scope.read if name in self.targets)}


class Index:
    """The scopes of one module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.top = Scope(module, None, None)
        self.scopes: dict[int, Scope] = {}  # by id() of the node of a function or class
        self._branches: tuple[tuple[s.If, bool], ...] = ()
        self._dead = ""
        self._results: dict[int, tuple[tuple[str, ...], frozenset[str]]] = {}  # by id() of a call
        self._block(module.body, self.top)

    def calls(self) -> Iterator[Called]:
        """Every call of the module."""
        yield from self.top.calls
        for scope in self.scopes.values():
            yield from scope.calls

    # statements

    def _block(self, body: Iterable[s.Statement], scope: Scope) -> None:
        before = self._dead
        for stmt in body:
            self._statement(stmt, scope)
            if isinstance(stmt, _ENDS) or (isinstance(stmt, s.Jump) and stmt.kind != "pass"):
                self._dead = self._dead or ENDED
        self._dead = before

    def _statement(self, stmt: s.Statement, scope: Scope) -> None:
        if isinstance(stmt, s.Assign):
            self._assign(stmt, scope)
        elif isinstance(stmt, (s.FuncDef, s.ClassDef)):
            self._define(stmt, scope)
        elif isinstance(stmt, s.If):
            self._if(stmt, scope)
        elif isinstance(stmt, s.Import):
            self._import(stmt, scope)
        elif isinstance(stmt, s.For):
            self._expr(stmt.iter, scope)
            self._bind(stmt.target, stmt.iter, scope, "entry")
            self._block(stmt.body, scope)
            self._block(stmt.orelse, scope)
        elif isinstance(stmt, s.While):
            self._expr(stmt.test, scope)
            never = constant(stmt.test) is False
            self._within(stmt.body, scope, CONSTANT if never else "")
            self._block(stmt.orelse, scope)
        elif isinstance(stmt, s.With):
            for value, target in stmt.items:
                self._expr(value, scope)
                if target is not None:
                    self._bind(target, value, scope)
            self._block(stmt.body, scope)
        elif isinstance(stmt, s.Try):
            self._block(stmt.body, scope)
            for kind, _, body in stmt.handlers:
                self._expr(kind, scope)
                self._block(body, scope)
            self._block(stmt.orelse, scope)
            self._block(stmt.final, scope)
        elif isinstance(stmt, s.Match):
            self._expr(stmt.subject, scope)
            for _, body in stmt.cases:
                self._block(body, scope)
        elif isinstance(stmt, s.Scope):
            scope.outer.update(stmt.names)
        elif isinstance(stmt, s.Return):
            if stmt.value is not None:
                scope.returns.append(stmt.value)
                self._taken(stmt.value, scope, "returned")
            self._expr(stmt.value, scope)
        else:
            self._visit_children(stmt, scope)

    def _within(self, body: list[s.Statement], scope: Scope, dead: str) -> None:
        before, self._dead = self._dead, self._dead or dead
        self._block(body, scope)
        self._dead = before

    def _if(self, stmt: s.If, scope: Scope) -> None:
        self._expr(stmt.test, scope)
        known = constant(stmt.test)
        before = self._branches
        for side, body in ((True, stmt.body), (False, stmt.orelse)):
            self._branches = (*before, (stmt, side))
            self._within(body, scope, CONSTANT if known is not None and known is not side else "")
        self._branches = before
        if scope.node is not None and not stmt.orelse and stmt.body and isinstance(stmt.body[-1], _ENDS):
            self._branches = (*before, (stmt, False))  # what follows in the function stands behind the other side

    def _define(self, stmt: s.FuncDef | s.ClassDef, scope: Scope) -> None:
        inner = Scope(self.module, stmt, scope)
        self.scopes[id(stmt)] = inner
        scope.names.setdefault(stmt.name, []).append(Bound("definition", inner, scope))
        for decorator in stmt.decorators:
            self._expr(decorator, scope)
        branches, self._branches = self._branches, self._branches if isinstance(stmt, s.ClassDef) else ()
        if isinstance(stmt, s.ClassDef):
            for base in stmt.bases:
                self._expr(base.value, scope)
        else:
            self._parameters(stmt.params, inner, scope)
        self._block(stmt.body, inner)
        self._branches = branches

    def _parameters(self, params: list[s.Param], inner: Scope, scope: Scope) -> None:
        for p in params:
            inner.params[p.name] = p
            self._expr(p.default, scope)
            if p.default is not None:
                inner.names.setdefault(p.name, []).append(Bound("value", p.default, scope))

    @staticmethod
    def _import(stmt: s.Import, scope: Scope) -> None:
        for name, alias in stmt.names:
            if name == "*":
                scope.stars.append(stmt)
            elif stmt.is_from:
                scope.names.setdefault(alias or name, []).append(Bound("import", (stmt.module or "", name, stmt.level), scope))
            else:
                whole = name if alias else name.partition(".")[0]
                scope.names.setdefault(alias or whole, []).append(Bound("import", (whole, None, 0), scope))

    def _assign(self, stmt: s.Assign, scope: Scope) -> None:
        value = stmt.value
        if value is None:
            return
        names = tuple(n.id for t in stmt.targets for n in (t.items if isinstance(t, s.Sequence) else [t]) if isinstance(n, s.Name))
        if isinstance(value, s.Call):
            self._results[id(value)] = (names, frozenset())
        if any(speaks_of_loss(t) for t in stmt.targets):
            self._named(value, scope, "part" if all(isinstance(t, s.Sequence) for t in stmt.targets) else "named")
        self._expr(value, scope)
        for target in stmt.targets:
            self._bind(target, value, scope)

    def _bind(self, target: s.Expr, value: s.Expr, scope: Scope, how: str = "value") -> None:
        if isinstance(target, s.Name):
            at = scope
            while target.id in at.outer and at.parent is not None:
                at = at.parent
            at.names.setdefault(target.id, []).append(Bound(how, value, scope))
        elif isinstance(target, s.Attr):
            self._expr(target.obj, scope)
            method = scope
            while method.parent is not None and method.cls is None and isinstance(method.parent.node, (s.FuncDef, s.Lambda)):
                method = method.parent
            if method.cls is not None and isinstance(target.obj, s.Name) and target.obj.id == method.own:
                method.cls.written.setdefault(target.name, []).append(Bound(how, value, scope))
            elif (text := dotted(target)) is not None:
                scope.written.setdefault(text, []).append(Bound(how, value, scope))
        elif isinstance(target, s.Sequence):
            parts = value.items if isinstance(value, s.Sequence) and how == "value" and len(value.items) == len(target.items) else None
            for n, item in enumerate(target.items):
                self._bind(item, value if parts is None else parts[n], scope, "entry" if parts is None else how)
        elif isinstance(target, s.Star):
            self._bind(target.value, value, scope, "entry")
        elif isinstance(target, s.Index):
            self._expr(target, scope)
            self._bind(target.obj, s.Sequence(target.at, "list", [value]), scope)

    def _named(self, value: s.Expr, scope: Scope, what: str) -> None:
        """Notes that what a value is made of goes into a name that speaks of a loss."""
        self._taken(value, scope, what)
        if isinstance(value, s.Index):
            self._named(value.obj, scope, "part")
        elif isinstance(value, s.Call) and isinstance(value.func, s.Attr) and value.func.name in _KEPT:
            of = value.args[0].value if len(value.args) == 1 and isinstance(value.func.obj, s.Name) else value.func.obj
            self._named(of, scope, what)

    # expressions

    def _expr(self, node: s.Expr | None, scope: Scope) -> None:
        """Notes the calls of an expression and what it binds."""
        if node is None or type(node) is s.Name or type(node) is s.Const:
            return
        if isinstance(node, s.Call):
            self._entry(node, scope)
            targets, taken = self._results.get(id(node), ((), frozenset()))
            scope.calls.append(Called(node, scope, self._branches, self._dead, targets, taken))
            self._expr(node.func, scope)
            for arg in node.args:
                self._expr(arg.value, scope)
        elif isinstance(node, s.Attr):
            if node.name == "loss":
                self._taken(node.obj, scope, "loss")
            self._expr(node.obj, scope)
        elif isinstance(node, s.Index):
            if _zero(node) or any(isinstance(i, s.Const) and i.value == "loss" for i in node.items):
                self._taken(node.obj, scope, "first" if _zero(node) else "loss")
            self._visit_children(node, scope)
        elif isinstance(node, s.Lambda):
            inner = self.scopes[id(node)] = Scope(self.module, node, scope)
            self._parameters(node.params, inner, scope)
            branches, self._branches = self._branches, ()
            inner.returns.append(node.body)
            self._expr(node.body, inner)
            self._branches = branches
        elif isinstance(node, s.Comp):
            for loop in node.fors:
                self._expr(loop.iter, scope)
                self._bind(loop.target, loop.iter, scope, "entry")
                for test in loop.ifs:
                    self._expr(test, scope)
            self._expr(node.elt, scope)
            self._expr(node.value, scope)
        elif isinstance(node, s.Walrus):
            self._expr(node.value, scope)
            scope.names.setdefault(node.name, []).append(Bound("value", node.value, scope))
        else:
            self._visit_children(node, scope)

    def _entry(self, node: s.Call, scope: Scope) -> None:
        """Notes what a call takes out of its object: `output.get("loss")`, `getattr(output, "loss")`."""
        func = node.func
        texts = [a.value.value for a in node.args[:2] if isinstance(a.value, s.Const)]
        if isinstance(func, s.Attr) and func.name in ("get", "pop") and texts[:1] == ["loss"]:
            self._taken(func.obj, scope, "loss")
        elif isinstance(func, s.Name) and func.id == "getattr" and texts[:1] == ["loss"]:
            self._taken(node.args[0].value, scope, "loss")
        elif isinstance(func, s.Attr) and func.name in ("register_module", "add_module") and len(texts) == 1 and len(node.args) == 2:
            self._bind(s.Attr(node.at, func.obj, str(texts[0])), node.args[1].value, scope)
        elif isinstance(func, s.Attr) and func.name == "to_tuple" and isinstance(func.obj, s.Call):
            self._results[id(func.obj)] = self._results.get(id(node), ((), frozenset()))

    def _taken(self, node: s.Expr, scope: Scope, what: str) -> None:
        if isinstance(node, s.Call):
            targets, before = self._results.get(id(node), ((), frozenset()))
            self._results[id(node)] = (targets, before | {what})
        elif isinstance(node, s.Name):
            scope.read.add((node.id, what))

    def _visit_children(self, node: Any, scope: Scope) -> None:
        kind = type(node)
        known = _CHILDREN.get(kind)
        if known is None:
            known = _CHILDREN[kind] = tuple(f.name for f in fields(kind) if f.name not in _PLAIN)
        for name in known:
            child = getattr(node, name)
            if isinstance(child, list):
                for item in child:
                    for part in item if isinstance(item, tuple) else (item,):
                        if isinstance(part, s.Node):
                            self._expr(part, scope)  # type: ignore[arg-type]
            elif isinstance(child, s.Node):
                self._expr(child, scope)  # type: ignore[arg-type]


def speaks_of_loss(target: s.Expr) -> bool:
    """Whether something is bound to a name, an attribute or a key that speaks of a loss."""
    if isinstance(target, s.Sequence):
        return any(speaks_of_loss(item) for item in target.items)
    if isinstance(target, s.Index):
        return any(isinstance(i, s.Const) and isinstance(i.value, str) and "loss" in i.value.lower() for i in target.items)
    name = (target.id if isinstance(target, s.Name) else target.name if isinstance(target, s.Attr) else "").lower()
    return "loss" in name and not name.endswith(_ABOUT)


def dotted(node: s.Expr) -> str | None:
    """`a.b.c` as text; None for anything but names and attributes."""
    parts: list[str] = []
    while isinstance(node, s.Attr):
        parts.append(node.name)
        node = node.obj
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, s.Name) else None


def constant(test: s.Expr) -> bool | None:
    """What a test always is, where its text says so: `if False`, `if 0`, `if TYPE_CHECKING`."""
    if isinstance(test, s.Const):
        return bool(test.value)
    if isinstance(test, s.Unary) and test.op == "not":
        inner = constant(test.value)
        return None if inner is None else not inner
    name = test.id if isinstance(test, s.Name) else test.name if isinstance(test, s.Attr) else ""
    return False if name == "TYPE_CHECKING" else None


def _zero(node: s.Index) -> bool:
    return len(node.items) == 1 and isinstance(node.items[0], s.Const) and node.items[0].value == 0 and node.items[0].value is not False
