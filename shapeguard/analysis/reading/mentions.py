"""The names that a piece of code mentions, each with what it stands for there: of this file, imported from another, or any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

LOG_PROBS = frozenset("log_softmax LogSoftmax logsumexp log_probs logprobs logps".split())
# what picks the targets' entries out of them, or weighs them
PICKING = frozenset("gather take_along_dim arange one_hot scatter scatter_ softmax".split())
# names that so many files define that importing them says nothing of where a call goes
EVERYWHERE = frozenset("forward __init__ __call__ __len__ __getitem__ __iter__ to cuda eval get items keys append main".split())

_FIELDS: dict[type, tuple[str, ...]] = {}
_PLAIN = frozenset("at comment above doc kind op star level is_from is_async is_generator from_ tuple module id names".split())


@dataclass(slots=True)
class Scope:
    """What the names of a module's top stand for: `here` those that it defines, `there` those that it imports, as `folder:name`."""

    path: str
    here: set[str] = field(default_factory=set)
    there: dict[str, str] = field(default_factory=dict)
    open: bool = False  # whether a star import may bring any name

    def resolved(self, name: str) -> str | None:
        """The name as the definition that it stands for is known to others."""
        if name in self.here:
            return f"{self.path}:{name}"
        return f":{name}" if self.open and name not in self.there else self.there.get(name)


def scope_of(module: Module) -> Scope:
    """What the names of a module's top, and those imported anywhere in it, stand for."""
    scope = Scope(module.path)
    for stmt in statements(module.body):
        if not isinstance(stmt, s.Import):
            continue
        for name, alias in stmt.names:
            if name == "*":
                scope.open = True
            elif stmt.is_from:
                scope.there[alias or name] = f"{(stmt.module or '').rpartition('.')[2]}:{name}"
            elif alias:
                head, _, last = name.rpartition(".")
                scope.there[alias] = f"{head.rpartition('.')[2]}:{last}"
            else:
                scope.there[name.partition(".")[0]] = f":{name.partition('.')[0]}"
    scope.here.update(name for name, _ in _defined(module.body))
    return scope


def known_as(path: str, name: str) -> set[str]:
    """How others, and the file itself, mention what a file defines at its top."""
    own = f"{path}:{name}"
    if name in EVERYWHERE:
        return {own}
    parts = path.replace("\\", "/").removesuffix(".py").removesuffix("/__init__").split("/")
    return {own, f":{name}", *(f"{part}:{name}" for part in parts[-6:])}


def names_in(node: object, scope: Scope | None = None) -> set[str]:
    """Every name, attribute and keyword that a piece of syntax mentions, and what those of the module's top stand for."""
    names: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is list or kind is tuple:
            stack.extend(item)  # type: ignore[arg-type]
            continue
        if kind is s.Name:
            names.add(item.id)  # type: ignore[attr-defined]
            continue
        if kind is s.Attr:
            names.add(item.name)  # type: ignore[attr-defined]
            if scope is not None and (found := _member(item, scope)) is not None:  # type: ignore[arg-type]
                names.add(found)
        elif kind is s.Arg and item.name is not None:  # type: ignore[attr-defined]
            names.update((item.name, item.name + "="))  # type: ignore[attr-defined]
        known = _FIELDS.get(kind)
        if known is None:
            known = _FIELDS[kind] = _children(kind)
        for name in known:
            child = getattr(item, name)
            if child is not None:
                stack.append(child)
    if (not PICKING.isdisjoint(names) and not LOG_PROBS.isdisjoint(names)) or {"log", "gather"} <= names:
        names.add("log_softmax+gather")
    if scope is not None:
        names.update([found for name in names if (found := scope.resolved(name)) is not None])
    return names


def _member(node: s.Attr, scope: Scope) -> str | None:
    """What an attribute of something imported stands for: `utils.train` is `utils:train`."""
    root = node.obj
    while isinstance(root, s.Attr):
        root = root.obj
    if not isinstance(root, s.Name) or (origin := scope.there.get(root.id)) is None:
        return None
    last = node.obj.name if isinstance(node.obj, s.Attr) else origin.rpartition(":")[2]
    return f"{last}:{node.name}"


def _children(kind: type) -> tuple[str, ...]:
    if kind.__module__ != s.__name__:
        return ()
    return tuple(f.name for f in fields(kind) if f.name not in _PLAIN and not (f.name == "name" and kind is not s.Attr))


def parts(node: object) -> Iterator[Any]:
    """The expressions and statements that a piece of syntax is made of, each with parts of its own."""
    stack = [getattr(node, name) for name in _children(type(node))]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, s.Node):
            yield item
        elif item is not None:
            stack.extend(getattr(item, name) for name in _children(type(item)))


def statements(node: object) -> Iterator[s.Stmt]:
    """Every statement, those of functions and classes too."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, s.Stmt):
            yield item
            stack.extend(child for name in _children(type(item)) if isinstance(child := getattr(item, name), (list, tuple, s.Stmt)))


def definitions(body: Iterable[s.Statement]) -> list[s.FuncDef | s.ClassDef]:
    """The functions and classes of a module or class body, also those below an `if`, `with` or `try`."""
    out: list[s.FuncDef | s.ClassDef] = []
    for stmt in body:
        if isinstance(stmt, (s.FuncDef, s.ClassDef)):
            out.append(stmt)
        elif isinstance(stmt, s.If):
            out.extend(definitions(stmt.body))
            out.extend(definitions(stmt.orelse))
        elif isinstance(stmt, (s.With, s.Try)):
            out.extend(definitions(stmt.body))
    return out


def top(body: Iterable[s.Statement]) -> Iterator[s.Statement]:
    """The statements that run when a module does, outside of definitions."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, s.If):
            yield from top(stmt.body)
            yield from top(stmt.orelse)
        elif isinstance(stmt, (s.With, s.Try, s.For, s.While)):
            yield from top(stmt.body)


def _defined(body: list[s.Statement]) -> Iterator[tuple[str, list[object]]]:
    """Each name that a module defines at its top, with the code of its definition."""
    for node in definitions(body):
        yield node.name, [node.body, node.bases] if isinstance(node, s.ClassDef) else [node.body]
    for stmt in top(body):
        if isinstance(stmt, s.Assign) and stmt.value is not None:
            for target in stmt.targets:
                for name in names_in(target):
                    yield name, [stmt.value]


class Mentions:
    """What each module defines and mentions, looked up once however often it is asked for."""

    def __init__(self) -> None:
        self._scopes: dict[str, Scope] = {}
        self._defined: dict[str, list[tuple[str, set[str], set[str]]]] = {}

    def scope(self, module: Module) -> Scope:
        """What the names of a module's top stand for."""
        found = self._scopes.get(module.path)
        if found is None:
            found = self._scopes[module.path] = scope_of(module)
        return found

    def of(self, module: Module) -> list[tuple[str, set[str], set[str]]]:
        """Each name that a module defines at its top: the name, how it is mentioned, and what its definition mentions."""
        found = self._defined.get(module.path)
        if found is None:
            scope = self.scope(module)
            found = [(name, known_as(module.path, name), names_in(code, scope)) for name, code in _defined(module.body)]
            self._defined[module.path] = found
        return found

    def names_leading_to(self, module: Module, seeds: set[str]) -> dict[str, set[str]]:
        """The names of a module through which one of the seeds is reached, each with how it is mentioned."""
        named = self.of(module)
        leading = closure([(known, names) for _, known, names in named], seeds)
        found = {name: known for name, known, _ in named if not known.isdisjoint(leading)}
        return {**_handed_on(module, seeds), **found}


def closure(named: list[tuple[set[str], set[str]]], seeds: set[str]) -> set[str]:
    """The seeds, and every name whose definition leads to one; of each definition: how it is mentioned, what it mentions."""
    leading = set(seeds)
    todo = named
    while True:
        found: set[str] = set()
        left = []
        for known, names in todo:
            if leading.isdisjoint(names):
                left.append((known, names))
            else:
                found |= known
        if found <= leading:
            return leading
        todo = left
        leading |= found


def _handed_on(module: Module, seeds: set[str]) -> dict[str, set[str]]:
    """The names that a package takes from its own modules, for others to import."""
    if not module.path.endswith("__init__.py"):
        return {}
    imports = [stmt for stmt in top(module.body) if isinstance(stmt, s.Import) and stmt.is_from]
    found: dict[str, set[str]] = {}
    for stmt in imports:
        for name, alias in stmt.names:
            for seed in seeds:
                last = seed.rpartition(":")[2]
                if name in ("*", last):
                    found[last if name == "*" else alias or name] = known_as(module.path, last if name == "*" else alias or name)
    return found
