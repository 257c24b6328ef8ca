"""Which functions can lead to a loss at all, by the names that they mention: only those are run on unknown arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from shapeguard.analysis import syntax as s
from shapeguard.analysis.parse import Module

# a keyword is told from a name by its `=`
LOSS_NAMES = frozenset(
    "cross_entropy CrossEntropyLoss nll_loss NLLLoss NLLLoss2d loss_function masked_cross_entropy masked_linear_cross_entropy "
    "MaskedCrossEntropyLoss MaskedLinearCrossEntropyLoss labels= log_softmax+gather".split()
)
LOG_PROBS = frozenset("log_softmax LogSoftmax logsumexp log_probs logprobs logps".split())
# a function that mentions one of these trains or evaluates: what it is handed may be a loss
TRAINING_NAMES = frozenset("backward loss losses criterion criterions loss_fn loss_fct loss_func lossfn get_loss compute_loss".split())
# names that so many classes define that mentioning them says nothing of where a call goes
EVERYWHERE = frozenset("forward __init__ __call__ __len__ __getitem__ __iter__ to cuda eval get items keys append main".split())

_FIELDS: dict[type, tuple[str, ...]] = {}
_PLAIN = frozenset("at comment above doc kind op star level is_from is_async is_generator from_ tuple module id names".split())


def names_in(node: object) -> set[str]:
    """Every name, attribute and keyword that a piece of syntax mentions."""
    names: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is list or kind is tuple:
            stack.extend(item)  # type: ignore[arg-type]
            continue
        if isinstance(item, s.Name):
            names.add(item.id)
            continue
        if isinstance(item, s.Attr):
            names.add(item.name)
        elif isinstance(item, s.Arg) and item.name is not None:
            names.update((item.name, item.name + "="))
        known = _FIELDS.get(kind)
        if known is None:
            known = _FIELDS[kind] = _children(kind)
        for name in known:
            child = getattr(item, name)
            if child is not None:
                stack.append(child)
    if "gather" in names and not LOG_PROBS.isdisjoint(names):
        names.add("log_softmax+gather")
    return names


def _children(kind: type) -> tuple[str, ...]:
    if kind.__module__ != s.__name__:
        return ()
    return tuple(f.name for f in fields(kind) if f.name not in _PLAIN and not (f.name == "name" and kind is not s.Attr))


def assigned_attributes(node: object) -> Iterator[tuple[str, s.Expr]]:
    """The attributes that are assigned anywhere in a piece of syntax, each with the value."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, s.Assign) and item.value is not None:
            value = item.value
            yield from ((target.name, value) for target in item.targets if isinstance(target, s.Attr))
        elif isinstance(item, s.Stmt):
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


def _top(body: Iterable[s.Statement]) -> Iterator[s.Statement]:
    """The statements that run when a module does, outside of definitions."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, s.If):
            yield from _top(stmt.body)
            yield from _top(stmt.orelse)
        elif isinstance(stmt, (s.With, s.Try, s.For, s.While)):
            yield from _top(stmt.body)


def _named(module: Module) -> list[tuple[str, set[str]]]:
    """Each name that a module defines at its top, with the names that its definition mentions."""
    out: list[tuple[str, set[str]]] = []
    for node in definitions(module.body):
        names = names_in(node.body)
        if isinstance(node, s.ClassDef):
            names |= names_in(node.bases)
        out.append((node.name, names))
    for stmt in _top(module.body):
        if isinstance(stmt, s.Assign) and stmt.value is not None:
            value = names_in(stmt.value)
            out.extend((name, value) for target in stmt.targets for name in names_in(target))
        elif isinstance(stmt, s.Import):
            out.extend((alias, {name.rpartition(".")[2]}) for name, alias in stmt.names if alias)
    return out


def _closure(named: list[tuple[str, set[str]]], seeds: set[str]) -> set[str]:
    """The seeds, and every name whose definition leads to one."""
    leading = set(seeds)
    todo = named
    while todo:
        found = {name for name, names in todo if not leading.isdisjoint(names)} - EVERYWHERE
        if found <= leading:
            break
        todo = [(name, names) for name, names in todo if leading.isdisjoint(names)]
        leading |= found
    return leading


class Mentions:
    """What each module defines and mentions, looked up once however often it is asked for."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[str, set[str]]]] = {}

    def of(self, module: Module) -> list[tuple[str, set[str]]]:
        """Each name that a module defines at its top, with the names that its definition mentions."""
        found = self._of.get(module.path)
        if found is None:
            found = self._of[module.path] = _named(module)
        return found

    def leading(self, module: Module, seeds: set[str]) -> set[str]:
        """The names of a module through which one of the seeds is reached."""
        named = self.of(module)
        return (_closure(named, seeds) & {name for name, _ in named}) | _handed_on(module, seeds)


def _handed_on(module: Module, seeds: set[str]) -> set[str]:
    """The names that a package takes from its own modules, for others to import."""
    if not module.path.endswith("__init__.py"):
        return set()
    taken = {name for stmt in _top(module.body) if isinstance(stmt, s.Import) and stmt.is_from for name, _ in stmt.names}
    return set(seeds) if "*" in taken else taken & seeds


class Reach:
    """The names that lead to a loss, over a set of modules."""

    def __init__(self, modules: Sequence[Module], mentions: Mentions, losses: Sequence[str] = ()) -> None:
        self.mentions: dict[int, set[str]] = {}  # id() of a definition -> the names in it
        named = [pair for module in modules for pair in mentions.of(module)]
        self.referenced = {name for _, names in named for name in names}  # those probably have a caller
        seeds = set(LOSS_NAMES) | {name.rpartition(".")[2] for name in losses}
        self._classes = {n.name: n for module in modules for n in definitions(module.body) if isinstance(n, s.ClassDef)}
        self._kept: dict[str, set[str]] = {}
        self.leading = _closure(named, seeds)
        self.training = _closure(named, seeds | TRAINING_NAMES)

    def trains(self, node: object) -> bool:
        """Whether a definition leads to a loss, or looks as if it were handed one."""
        return self.leads(node) or not TRAINING_NAMES.isdisjoint(self._names(node))

    def starts(self, node: object) -> bool:
        """Whether a block of statements mentions a name that leads to training: the loss may be one that a configuration names."""
        return not self.training.isdisjoint(self._names(node))

    def leads(self, node: object) -> bool:
        """Whether a definition, or a block of statements, mentions a name that leads to a loss."""
        return not self.leading.isdisjoint(self._names(node))

    def trains_in(self, cls: s.ClassDef, node: s.FuncDef) -> bool:
        """Whether a method trains, or mentions an attribute in which its class keeps something that leads to a loss."""
        return self.trains(node) or not self._attributes(cls).isdisjoint(self._names(node))

    def _attributes(self, cls: s.ClassDef) -> set[str]:
        """What a class, or one that it is derived from, assigns from something that leads to a loss."""
        kept: set[str] = set()
        todo, seen = [cls], {cls.name}
        while todo:
            here = todo.pop()
            if here.name not in self._kept:
                assigned = assigned_attributes(here.body)
                self._kept[here.name] = {name for name, value in assigned if not self.training.isdisjoint(names_in(value))}
            kept |= self._kept[here.name]
            above = (names_in(here.bases) & self._classes.keys()) - seen
            seen |= above
            todo.extend(self._classes[name] for name in above)
        return kept

    def _names(self, node: object) -> set[str]:
        names = self.mentions.get(id(node))
        if names is None:
            names = self.mentions[id(node)] = names_in(node)
        return names
