"""Every call that the syntax of some modules shows to be a loss, whether or not the interpreter came by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapeguard.analysis.ops.modules.families import is_model
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.bindings import Called, Index, Scope
from shapeguard.analysis.reading.parse import Module
from shapeguard.analysis.reading.project import Project, mentions_loss
from shapeguard.analysis.survey.kinds import LOSSES, NOTHING, Kind, Reader

Form: TypeAlias = Literal["torch", "class", "labels", "trainer", "user"]
ROUNDS = 4  # how often what calls hand to parameters is looked at again, since it has grown
DEPTH = 4  # functions through which a class is known to call a loss
LABELS = frozenset({"labels", "lm_labels", "masked_lm_labels"})
_HANDED = (s.Name, s.Attr, s.Call, s.Index, s.Dict, s.Sequence, s.BoolOp, s.Cond)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A call that is a loss by its syntax.

    torch    a function of torch, or an object of one of its losses
    class    an object of a class of the project that is derived from such a class, or that calls one
    labels   a model that is given its labels, and whose loss is used
    trainer  the `.train()` of a trainer; where none is seen, the call that makes the trainer
    user     a function that the configuration names
    """

    called: Called
    spelling: str
    form: Form

    @property
    def module(self) -> Module:
        """The file that it stands in."""
        return self.called.scope.module


class Census:
    """The losses of the modules of a project, by syntax."""

    def __init__(self, project: Project, modules: Iterable[Module], losses: Sequence[str] = ()) -> None:
        self._project = project
        self._user = frozenset(losses)
        self._indexes: dict[str, Index | None] = {}
        self._reader = Reader(self._index_of, project.locate)
        self._needs: dict[int, list[frozenset[str]] | None] = {}
        self._leads: dict[int, bool] = {}
        self._uses: dict[int, set[str]] = {}  # by id() of a function's node: what becomes of what it gives to those who call it
        for module in modules:
            self._indexes[module.path] = Index(module)
        self._inherit()
        self._hand_on()

    def of(self, module: Module) -> Iterator[Shown]:
        """The losses of one module, in no order; each call once."""
        index = self._index_of(module.path)
        if index is None:
            return
        calls = [(called, self._reader.of(called.node.func, called.scope)) for called in index.calls()]
        trained = {id(kind.of.at) for _, kinds in calls for kind in kinds if _trains(kind)}
        for called, kinds in calls:
            found = self._shown(called, kinds, trained)
            if found is not None:
                yield found

    def _index_of(self, path: str) -> Index | None:
        if path not in self._indexes:
            self._indexes[path] = None
            if path in self._project.parsed or self._may_lose(path):
                module = self._project.module_at(path)
                self._indexes[path] = None if module is None else Index(module)
        return self._indexes[path]

    def _may_lose(self, path: str) -> bool:
        try:
            return mentions_loss(self._project.read(path))
        except OSError:
            return False

    # what is learnt of the whole before the calls are looked at

    def _inherit(self) -> None:
        for index in [i for i in self._indexes.values() if i is not None]:
            for scope in index.scopes.values():
                if isinstance(scope.node, s.ClassDef):
                    for above in self._reader.lineage(scope)[0][1:]:
                        self._reader.below.setdefault(id(above.node), []).append(scope)
        self._reader.forget()

    def _hand_on(self) -> None:
        """Which losses calls hand to the parameters of the project's functions."""
        standing: dict[int, list[Called]] = {}  # by id() of the definition at the top of a module in which they stand
        for called in (c for i in self._indexes.values() if i is not None for c in i.calls() if c.node.args):
            standing.setdefault(id(_outermost(called.scope)), []).append(called)
        calls = [called for within in standing.values() for called in within]
        callers: dict[int, set[int]] = {}  # by id() of a function's scope: the definitions that call it
        for _ in range(ROUNDS):
            grown = {id(function): function for called in calls for function in self._handed_by(called, callers)}
            self._needs.clear()
            self._leads.clear()
            if not grown:
                return
            self._reader.forget()
            touched = {key for function in grown.values() for key in self._touched(function, callers)}
            calls = [called for key in touched for called in standing.get(key, ())]

    def _handed_by(self, called: Called, callers: dict[int, set[int]]) -> Iterator[Scope]:
        """Notes what a call hands to functions, and gives those that hold more by it."""
        functions = list(self._functions(self._reader.of(called.node.func, called.scope)))
        if not functions:
            return
        uses, key = called.uses, id(_outermost(called.scope))
        given = [(n, a, k) for n, a in enumerate(called.node.args) if a.star == 0 and (k := self._bearing(a.value, called.scope))]
        for function in functions:
            callers.setdefault(id(function), set()).add(key)
            if uses:
                self._uses.setdefault(id(function.node), set()).update(uses)
            names = list(function.params)[1:] if function.own is not None else list(function.params)
            for n, arg, kinds in given:
                name = arg.name if arg.name is not None else names[n] if n < len(names) else None
                if name in function.params:
                    held = self._reader.handed.setdefault((id(function.node), name), set())
                    if not kinds <= held:
                        held |= kinds
                        yield function

    def _touched(self, function: Scope, callers: dict[int, set[int]]) -> Iterator[int]:
        """The definitions in which something may be another thing, since a function is handed more."""
        yield id(_outermost(function))
        yield from callers.get(id(function), ())
        if function.cls is not None:
            for cls in (*self._reader.lineage(function.cls)[0], *self._reader.below.get(id(function.cls.node), ())):
                yield id(_outermost(cls))

    def _bearing(self, node: s.Expr, scope: Scope) -> set[Kind]:
        if not isinstance(node, _HANDED):
            return set()
        return {kind for kind in self._reader.of(node, scope) if self._bears(kind)}

    def _bears(self, kind: Kind) -> bool:
        if kind.what == "table":
            return any(self._bears(k) for k in kind.of)
        if kind.what == "inst":
            return self.needs(kind.of) is not None
        return kind.what in ("loss", "trainer", "model") or (kind.what == "lib" and kind.of in LOSSES)

    def _functions(self, kinds: Iterable[Kind]) -> Iterator[Scope]:
        """The functions of the project that a call of such a thing enters."""
        for kind in kinds:
            if kind.what == "func":
                yield kind.of
            elif kind.what in ("class", "inst"):
                for name in ("__init__",) if kind.what == "class" else ("forward", "__call__"):
                    yield from (k.of for k in self._reader.attr(kind, name) if k.what == "func")

    # classes that call a loss

    def needs(self, cls: Scope) -> list[frozenset[str]] | None:
        """The parameters without which calling an object of a class meets no loss, one set a loss in it; None where there is none."""
        if id(cls) not in self._needs:
            self._needs[id(cls)] = None
            self._needs[id(cls)] = self._found_needs(cls) or None
        return self._needs[id(cls)]

    def _found_needs(self, cls: Scope) -> list[frozenset[str]]:
        if any(LOSSES[lib].is_class for lib in self._reader.lineage(cls)[1] if lib in LOSSES):
            return [frozenset()]
        forward = self._forward(cls)
        calls = forward.calls if forward is not None else ()
        return [_needed(called) for called in calls if not called.dead and self._meets(called, DEPTH)]

    def _forward(self, cls: Scope) -> Scope | None:
        """The function that calling an object of a class enters."""
        inst = Kind("inst", cls)
        found = (f.of for name in ("forward", "__call__") for f in self._reader.attr(inst, name) if f.what == "func")
        return next(found, None)

    def _meets(self, called: Called, depth: int) -> bool:
        """Whether a call is a loss, or enters a function that calls one."""
        kinds = self._reader.of(called.node.func, called.scope)
        if self._shown(called, kinds, NOTHING) is not None:
            return True
        return any(self._leading(kind.of, depth) for kind in kinds if kind.what == "func")

    def _leading(self, function: Scope, depth: int) -> bool:
        key = id(function)
        if key not in self._leads:
            if depth == 0:
                return False
            self._leads[key] = False
            self._leads[key] = any(self._meets(called, depth - 1) for called in function.calls if not called.dead)
        return self._leads[key]

    # one call

    def _shown(self, called: Called, kinds: Iterable[Kind], trained: Iterable[object]) -> Shown | None:
        """The loss that a call is by its syntax, if it is one."""
        names: dict[str, Form] = {}
        for kind in kinds:
            if kind.what == "loss" or (kind.what == "lib" and kind.of in LOSSES and not LOSSES[kind.of].is_class):
                names[LOSSES[kind.of].shown] = "torch"
            elif kind.what == "method":
                names |= self._by_method(kind)
            elif kind.what == "inst" and self._given(kind.of, called):
                names[getattr(kind.of.node, "name", "")] = "class"
            elif (name := self._named_by_user(kind)) is not None:
                names[name] = "user"
        if not names:
            made = [k for kind in kinds for k in self._reader.made_by_call(kind, called.node) if k.what == "trainer"]
            if made and id(called.node) not in trained:
                names[made[0].of] = "trainer"
        if not names and (spelling := _labelled(called, kinds, self._used(called))):
            names[spelling] = "labels"
        if not names:
            return None
        form = next(f for f in ("torch", "user", "class", "trainer", "labels") if f in names.values())
        return Shown(called, " or ".join(sorted(names)), form)  # type: ignore[arg-type]

    def _used(self, called: Called) -> set[str]:
        """What becomes of the result of a call; where it is returned, also what callers make of it."""
        uses = called.uses
        return uses | self._uses.get(id(called.scope.node), set()) if "returned" in uses else uses

    def _by_method(self, kind: Kind) -> dict[str, Form]:
        owner: Kind = kind.of
        if owner.what == "trainer" and kind.at == "train":
            return {f"{owner.of}.train": "trainer"}
        if kind.at not in ("forward", "__call__"):
            return {}
        if owner.what == "loss":
            return {LOSSES[owner.of].shown: "torch"}
        if owner.what == "super":
            libs = [lib for lib in self._reader.lineage(owner.of)[1] if lib in LOSSES and LOSSES[lib].is_class]
            return {LOSSES[lib].shown: "torch" for lib in libs}
        return {}

    def _given(self, cls: Scope, called: Called) -> bool:
        """Whether a call of an object gives what the loss in its class needs."""
        needs = self.needs(cls)
        if not needs:
            return False
        if frozenset() in needs:
            return True
        forward = self._forward(cls)
        names = list(forward.params)[1:] if forward is not None else []
        given: set[str] = set()
        for n, arg in enumerate(called.node.args):
            if arg.star:
                return True
            if not (isinstance(arg.value, s.Const) and arg.value.value is None):
                given.update((arg.name,) if arg.name is not None else names[n : n + 1])
        return any(need <= given for need in needs)

    def _named_by_user(self, kind: Kind) -> str | None:
        if not self._user:
            return None
        if kind.what == "lib":
            return kind.of if kind.of in self._user else None
        if kind.what != "func" or not isinstance(kind.of.node, s.FuncDef):
            return None
        name = kind.of.node.name
        return name if name in self._user or f"{kind.of.module.name}.{name}" in self._user else None


def _outermost(scope: Scope) -> Scope:
    while scope.parent is not None and scope.parent.parent is not None:
        scope = scope.parent
    return scope


def _trains(kind: Kind) -> bool:
    return kind.what == "method" and kind.at == "train" and kind.of.what == "trainer"


def _labelled(called: Called, kinds: Iterable[Kind], uses: set[str]) -> str:
    """How a call of a model that is given its labels is spelled; "" where it is none."""
    kinds = list(kinds)
    models = [k for k in kinds if k.what == "model" or (k.what == "lib" and is_model(k.of))]
    other = [k for k in kinds if k.what != "method" or k.of.what not in ("inst", "super")]  # an attribute that nothing is known of
    if not models and any(k.what in ("lib", "func", "class", "module", "loss", "method") for k in other):
        return ""
    named = [a for a in called.node.args if a.name in LABELS and not (isinstance(a.value, s.Const) and a.value.value is None)]
    func = called.node.func
    name = func.name if isinstance(func, s.Attr) else ""
    name = func.id if isinstance(func, s.Name) else name
    # the result of one that is only called so may be a tensor that somebody else makes the loss of
    unseen = name.lower().endswith("model") and all(k.what == "method" for k in kinds)
    if named and (unseen or uses & {"loss", "first", "named", "part"} or any(k.what == "model" for k in models)):
        return f"model({named[0].name}=)"
    return "model(**)" if uses & {"loss", "part"} and any(a.star == 2 for a in called.node.args) else ""


def _needed(called: Called) -> frozenset[str]:
    """The parameters that must be given for a call in a function to be reached, as the tests around it say."""
    function = called.scope
    needed: set[str] = set()
    for stmt, side in called.branches:
        needed |= _asked(stmt.test, side)
    return frozenset(n for n in needed if n in function.params and function.params[n].default is not None)


def _asked(test: s.Expr, side: bool) -> set[str]:
    """The names that are given where a test comes out on one side."""
    if isinstance(test, s.Name):
        return {test.id} if side else set()
    if isinstance(test, s.Unary) and test.op == "not":
        return _asked(test.value, not side)
    if isinstance(test, s.BoolOp):
        both = test.op == ("and" if side else "or")
        return _asked(test.left, side) | _asked(test.right, side) if both else _asked(test.left, side) & _asked(test.right, side)
    if isinstance(test, s.Compare) and len(test.rest) == 1 and isinstance(test.left, s.Name):
        op, other = test.rest[0]
        if isinstance(other, s.Const) and other.value is None and op in ("is", "is not", "==", "!="):
            return {test.left.id} if (op in ("is not", "!=")) is side else set()
    return set()
