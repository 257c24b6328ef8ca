"""Where one value goes in one scope, by the syntax alone: the names that hold it, what is returned, and whether it may be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.captured import captured
from shapeguard.analysis.reading.held_paths import NOTHING, OUTPUT, Held, Key, Path, Read, as_tuple, field_of, further, item_of
from shapeguard.analysis.reading.mentions import parts

State: TypeAlias = dict[str, Held]  # by the name of a variable

_TAKES_NO_VALUE = frozenset("isinstance hasattr len type id callable".split())
_OF_MAPPINGS = frozenset("keys values items get pop popitem to_tuple update copy setdefault".split())


class Calls(Protocol):
    """What is known of the calls of a program."""

    def fields(self, call: s.Call) -> Callable[[Key], str | None] | None:
        """By place or keyword, the field that an argument becomes, of what does nothing but keep them; None of any other call."""

    def handed(self, call: s.Call, given: Sequence[tuple[Key, Held]]) -> Held | None:
        """Where values that are handed to a function, each by place or keyword, lie in what it gives; None where it may read them."""


class Flow:
    """One scope, run over its syntax with the call in it that yields the value; raises Read where it is or may be read.

    With no call the value is handed to the scope, by the names of its parameters.
    """

    def __init__(self, call: s.Call | None, held: Held, calls: Calls, alone: bool = False, given: State | None = None) -> None:
        self._target = id(call.at) if call is not None else None
        self._held = held
        self._calls = calls
        self._alone = alone  # whether a call that is a statement of its own reads what it yields
        self._met = call is None
        self._now: State | None = given or {}  # None where no way leads
        self._returned: set[Path] = set()
        self._shared: frozenset[str] = frozenset()  # names that other scopes may read
        self._leaving: list[list[State | None]] = []  # of each loop that is open
        self._tried: list[State] = []  # of each `try` that is open: what was held at any point

    def returned(self, body: Sequence[s.Statement]) -> Held:
        """Where the value lies in what the scope returns; nothing where it is never read at all."""
        shared = captured(body)
        if shared is None:
            raise Read
        self._shared = shared
        if any(held and name in shared for name, held in (self._now or {}).items()):
            raise Read
        self._block(body)
        if not self._met:
            raise Read
        return frozenset(self._returned)

    # statements

    def _block(self, body: Iterable[s.Statement]) -> None:
        for stmt in body:
            if self._now is None:
                return
            _STATEMENTS[type(stmt)](self, stmt)

    def _expr(self, stmt: s.ExprStmt) -> None:
        held = self._eval(stmt.value)
        if held and (self._alone or not isinstance(stmt.value, s.Call)):
            raise Read

    def _assign(self, stmt: s.Assign) -> None:
        if stmt.value is not None:
            held = self._eval(stmt.value)
            for target in stmt.targets:
                self._bind(target, held)

    def _augassign(self, stmt: s.AugAssign) -> None:
        self._read(stmt.target)
        self._read(stmt.value)

    def _return(self, stmt: s.Return) -> None:
        self._returned |= self._eval(stmt.value)
        self._now = None

    def _raise(self, stmt: s.Raise) -> None:
        self._read(stmt.value)
        self._now = None

    def _assert(self, stmt: s.Assert) -> None:
        self._read(stmt.test)

    def _delete(self, stmt: s.Delete) -> None:
        for target in stmt.targets:
            self._bind(target, NOTHING)

    def _jump(self, stmt: s.Jump) -> None:
        if stmt.kind != "pass" and self._leaving:
            self._leaving[-1].append(self._now)
            self._now = None

    def _nothing(self, stmt: s.Scope | s.Import) -> None:
        pass

    def _if(self, stmt: s.If) -> None:
        self._read(stmt.test)
        before = self._now
        self._block(stmt.body)
        then, self._now = self._now, before
        self._block(stmt.orelse)
        self._now = _joined(then, self._now)

    def _for(self, stmt: s.For) -> None:
        self._read(stmt.iter)
        self._loop(lambda: self._bind(stmt.target, NOTHING), stmt)

    def _while(self, stmt: s.While) -> None:
        self._loop(lambda: self._read(stmt.test), stmt)

    def _loop(self, head: Callable[[], None], stmt: s.For | s.While) -> None:
        """As often as what is held at its head still grows."""
        start: State | None = None
        while start != self._now:
            start = self._now
            self._leaving.append([])
            head()
            self._block(stmt.body)
            self._now = _joined(start, self._now, *self._leaving.pop())
        self._block(stmt.orelse)

    def _with(self, stmt: s.With) -> None:
        for value, target in stmt.items:
            self._read(value)
            if target is not None:
                self._bind(target, NOTHING)
        self._block(stmt.body)

    def _try(self, stmt: s.Try) -> None:
        self._tried.append(dict(self._now or {}))
        self._block(stmt.body)
        anywhere: State | None = self._tried.pop()
        self._block(stmt.orelse)
        ends = [self._now]
        for kind, name, body in stmt.handlers:
            self._now = anywhere
            self._read(kind)
            if name:
                self._bind_name(name, NOTHING)
            self._block(body)
            ends.append(self._now)
        self._now = _joined(*ends)
        if stmt.final:
            self._now = _joined(self._now, anywhere)
            self._block(stmt.final)

    def _match(self, stmt: s.Match) -> None:
        self._read(stmt.subject)
        before = self._now
        ends = [before]
        for names, body in stmt.cases:
            self._now = before
            for name in names:
                self._bind_name(name, NOTHING)
            self._block(body)
            ends.append(self._now)
        self._now = _joined(*ends)

    def _definition(self, stmt: s.FuncDef | s.ClassDef) -> None:
        for made in stmt.decorators:
            self._read(made)
        given = stmt.bases if isinstance(stmt, s.ClassDef) else stmt.params
        for one in given:
            self._read(one.value if isinstance(one, s.Arg) else one.default)
        self._bind_name(stmt.name, NOTHING)

    # names

    def _bind(self, target: s.Expr, held: Held) -> None:
        if isinstance(target, s.Name):
            self._bind_name(target.id, held)
        elif isinstance(target, s.Sequence):
            spread: list[set[Path]] = [set() for _ in target.items]
            for path in held:
                at = 0 if path and path[0] == OUTPUT else path[0] if path else None
                if not isinstance(at, int) or at >= len(spread) or any(isinstance(t, s.Star) for t in target.items[: at + 1]):
                    raise Read
                spread[at].add(path[1:])
            for item, inner in zip(target.items, spread, strict=True):
                self._bind(item, frozenset(inner))
        elif isinstance(target, s.Star) and not held:
            self._bind(target.value, NOTHING)
        elif held:
            raise Read  # kept where others may find it
        elif isinstance(target, (s.Attr, s.Index)):
            self._eval(target.obj)  # a field is written
            for item in target.items if isinstance(target, s.Index) else ():
                self._read(item)

    def _bind_name(self, name: str, held: Held) -> None:
        if held and name in self._shared:
            raise Read
        self._now = {**(self._now or {}), name: held}
        for state in self._tried:
            state[name] = state.get(name, NOTHING) | held

    # expressions

    def _read(self, node: s.Expr | None) -> None:
        if self._eval(node):
            raise Read

    def _eval(self, node: s.Expr | None) -> Held:
        return NOTHING if node is None else _EXPRESSIONS.get(type(node), Flow._other)(self, node)

    def _other(self, node: s.Expr) -> Held:
        """Whatever is done with its parts reads them."""
        for part in parts(node):
            self._read(part)
        return NOTHING

    def _name(self, node: s.Name) -> Held:
        return (self._now or {}).get(node.id, NOTHING)

    def _attr(self, node: s.Attr) -> Held:
        held = self._eval(node.obj)
        if held and (node.name in _OF_MAPPINGS or node.name.startswith("__")):
            raise Read
        return frozenset(found for path in held for found in field_of(path, node.name))

    def _index(self, node: s.Index) -> Held:
        held = self._eval(node.obj)
        for item in node.items:
            self._read(item)
        if not held:
            return NOTHING
        if len(node.items) != 1 or node.tuple:
            raise Read
        return frozenset(found for path in held for found in item_of(path, node.items[0]))

    def _call(self, node: s.Call) -> Held:
        func = node.func
        if isinstance(func, s.Attr) and (owner := self._eval(func.obj)):
            if func.name in ("keys", "to_tuple") and not node.args and () not in owner:
                return NOTHING if func.name == "keys" else as_tuple(owner)
            given = [a.value for a in node.args if a.name is None and not a.star]
            if func.name != "get" or not given or () in owner:
                raise Read
            for arg in node.args:
                self._read(arg.value)
            return frozenset(found for path in owner for found in item_of(path, given[0]))
        if not isinstance(func, s.Attr):
            self._read(func)
        if isinstance(func, s.Name) and func.id in _TAKES_NO_VALUE:
            for arg in node.args:
                self._eval(arg.value)
            return NOTHING
        handed = [(i if arg.name is None else arg.name, held) for i, arg in enumerate(node.args) if (held := self._eval(arg.value))]
        if handed and any(arg.star for arg in node.args):
            raise Read
        kept = self._kept(node, handed) if handed else NOTHING
        if id(node.at) == self._target:
            self._met = True
            return self._held
        return kept

    def _kept(self, node: s.Call, handed: Sequence[tuple[Key, Held]]) -> Held:
        becomes = self._calls.fields(node)
        if becomes is None:
            found = self._calls.handed(node, handed)
            if found is None:
                raise Read
            return found
        fields: set[Path] = set()
        for at, held in handed:
            name = becomes(at)
            if name is None:
                raise Read
            fields.update((OUTPUT if name == "loss" else name, *path) for path in held)
        return frozenset(fields)

    def _sequence(self, node: s.Sequence) -> Held:
        found = [(i, path) for i, item in enumerate(node.items) for path in self._eval(item)]
        if found and (node.kind == "set" or any(isinstance(item, s.Star) for item in node.items)):
            raise Read
        return frozenset((i, *path) for i, path in found)

    def _dict(self, node: s.Dict) -> Held:
        found: set[Path] = set()
        for key, value in node.items:
            self._read(key)
            for path in self._eval(value):
                if key is None and path and not isinstance(path[0], int):
                    found.add(("loss" if path[0] == OUTPUT else path[0], *path[1:]))
                elif isinstance(key, s.Const) and isinstance(key.value, str):
                    found.add((key.value, *path))
                else:
                    raise Read
        return frozenset(found)

    def _binary(self, node: s.Binary) -> Held:
        """`(loss,) + others`: what stands in front stays where it is, what stands behind so many is so far on."""
        left, right = self._eval(node.left), self._eval(node.right)
        if right:
            first = node.left.items if isinstance(node.left, s.Sequence) else []
            if left or node.op != "+" or not first or any(isinstance(item, s.Star) for item in first):
                raise Read
            return further(right, len(first))
        if left and (node.op != "+" or any(not path or not isinstance(path[0], int) for path in left)):
            raise Read
        return left

    def _compare(self, node: s.Compare) -> Held:
        names = all(op in ("in", "not in") for op, _ in node.rest) and isinstance(node.left, s.Const) and isinstance(node.left.value, str)
        if all(op in ("is", "is not") for op, _ in node.rest) or names:
            for part in (node.left, *(right for _, right in node.rest)):
                self._eval(part)
            return NOTHING
        return self._other(node)

    def _boolop(self, node: s.BoolOp) -> Held:
        self._read(node.left)
        return self._eval(node.right)

    def _cond(self, node: s.Cond) -> Held:
        self._read(node.test)
        return self._eval(node.then) | self._eval(node.other)

    def _lambda(self, node: s.Lambda) -> Held:
        for param in node.params:
            self._read(param.default)
        return NOTHING

    def _comp(self, node: s.Comp) -> Held:
        before = self._now
        for one in node.fors:
            self._read(one.iter)
            self._bind(one.target, NOTHING)
            for test in one.ifs:
                self._read(test)
        self._read(node.elt)
        self._read(node.value)
        self._now = _joined(before, self._now)
        return NOTHING

    def _walrus(self, node: s.Walrus) -> Held:
        held = self._eval(node.value)
        self._bind_name(node.name, held)
        return held

    def _await(self, node: s.Await) -> Held:
        return self._eval(node.value)


def _joined(*states: State | None) -> State | None:
    found: State | None = None
    for state in states:
        if state is not None:
            found = {**(found or {}), **{name: (found or {}).get(name, NOTHING) | held for name, held in state.items()}}
    return found


_STATEMENTS: dict[type, Callable[[Flow, Any], None]] = {
    s.ExprStmt: Flow._expr,
    s.Assign: Flow._assign,
    s.AugAssign: Flow._augassign,
    s.Return: Flow._return,
    s.Raise: Flow._raise,
    s.Assert: Flow._assert,
    s.Delete: Flow._delete,
    s.Jump: Flow._jump,
    s.Scope: Flow._nothing,
    s.Import: Flow._nothing,
    s.If: Flow._if,
    s.For: Flow._for,
    s.While: Flow._while,
    s.With: Flow._with,
    s.Try: Flow._try,
    s.Match: Flow._match,
    s.FuncDef: Flow._definition,
    s.ClassDef: Flow._definition,
}
_EXPRESSIONS: dict[type, Callable[[Flow, Any], Held]] = {
    s.Name: Flow._name,
    s.Attr: Flow._attr,
    s.Index: Flow._index,
    s.Call: Flow._call,
    s.Sequence: Flow._sequence,
    s.Dict: Flow._dict,
    s.Binary: Flow._binary,
    s.Compare: Flow._compare,
    s.BoolOp: Flow._boolop,
    s.Cond: Flow._cond,
    s.Lambda: Flow._lambda,
    s.Comp: Flow._comp,
    s.Walrus: Flow._walrus,
    s.Await: Flow._await,
}
