"""What an expression stands for by its syntax: a loss of torch, an object of one, a class or function of the project, a trainer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shapeguard.analysis.facts.spellings import SPELLINGS, Spelling
from shapeguard.analysis.ops.modules.families import is_model, last
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.bindings import Bound, Index, Scope, dotted

MOST = 16  # kinds of one expression that are told apart
SAME = frozenset("to cuda cpu eval train float half double bfloat16 requires_grad_ share_memory type copy".split())
THROUGH = frozenset(
    "torch.compile torch.jit.script torch.nn.DataParallel torch.nn.parallel.DistributedDataParallel functools.partial copy.copy "
    "copy.deepcopy typing.cast torch.vmap torch.func.vmap".split()
)
HOLDERS = frozenset(
    "torch.nn.ModuleList torch.nn.ModuleDict torch.nn.Sequential builtins.dict builtins.list builtins.tuple builtins.zip "
    "builtins.enumerate builtins.reversed builtins.sorted builtins.iter builtins.next collections.OrderedDict types.SimpleNamespace "
    "easydict.EasyDict omegaconf.OmegaConf.create".split()
)
_BUILTINS = frozenset("dict list tuple zip enumerate reversed sorted iter next getattr".split())
TRAINER_PACKAGES = ("transformers", "trl", "unsloth", "optimum", "sentence_transformers", "setfit", "adapters")

# what torch and other libraries offer beside those that are followed
OTHERS: dict[str, Spelling] = {
    "torch.nn.functional.linear_cross_entropy": Spelling("F.linear_cross_entropy", "cross_entropy", (), head=True),
    "torch.nn.LinearCrossEntropyLoss": Spelling("nn.LinearCrossEntropyLoss", "cross_entropy", (), is_class=True, head=True),
    "torch.nn.NLLLoss2d": Spelling("nn.NLLLoss2d", "nll", (), is_class=True),
    "torchtune.modules.loss.CEWithChunkedOutputLoss": Spelling("CEWithChunkedOutputLoss", "cross_entropy", (), is_class=True),
    "torchtune.modules.loss.LinearCrossEntropyLoss": Spelling("LinearCrossEntropyLoss", "cross_entropy", (), is_class=True, head=True),
    "apex.contrib.xentropy.SoftmaxCrossEntropyLoss.apply": Spelling("SoftmaxCrossEntropyLoss.apply", "cross_entropy", ()),
    "cut_cross_entropy.LinearCrossEntropy": Spelling("LinearCrossEntropy", "masked", (), is_class=True, head=True),
    "flash_attn.ops.triton.cross_entropy.cross_entropy_loss": Spelling("cross_entropy_loss", "cross_entropy", ()),
    "torch.nn.AdaptiveLogSoftmaxWithLoss": Spelling("nn.AdaptiveLogSoftmaxWithLoss", "nll", (), is_class=True),
}
LOSSES = SPELLINGS | OTHERS
_READ = frozenset({s.Attr, s.Call, s.Index, s.Sequence, s.Dict, s.Comp, s.Cond, s.BoolOp, s.Walrus, s.Await, s.Star})


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that an expression may stand for.

    lib      something of a library, `of` its dotted name
    loss     an object of one of torch's losses, `of` its dotted name
    class, func, inst   of the project, `of` the scope (of an object: of its class)
    module   of the project, `of` its path
    table    a dict, list or tuple, `of` what it holds
    trainer  `of` the name of the class, `at` the call that made it
    model    an object of a library's model, `of` its dotted name
    method   `of` the kind of the owner, `at` the name
    super    `of` the scope of the class
    """

    what: str
    of: Any
    at: Any = None


Kinds = frozenset[Kind]
NOTHING: Kinds = frozenset()


def is_trainer(name: str) -> bool:
    """Whether a dotted name is a class that trains a model on its labels."""
    return name.partition(".")[0] in TRAINER_PACKAGES and last(name).endswith("Trainer")


class Reader:
    """Works out kinds, each expression once."""

    def __init__(self, index_of: Callable[[str], Index | None], locate: Callable[[Any, str, int], str | None]) -> None:
        self._index_of = index_of
        self._locate = locate
        self.handed: dict[tuple[int, str], set[Kind]] = {}  # by id() of a function's node and a parameter: what calls hand to it
        self.below: dict[int, list[Scope]] = {}  # by id() of a class: those that are derived from it
        self._known: dict[int, Kinds] = {}  # by id() of an expression
        self._seen: dict[tuple[int, str], Kinds] = {}  # by id() of the scope in which a name is read
        self._names: dict[tuple[int, str], Kinds] = {}  # by id() of the scope in which it is bound
        self._attrs: dict[tuple[int, str], Kinds] = {}
        self._lines: dict[int, tuple[list[Scope], set[str]]] = {}

    def forget(self) -> None:
        """Starts anew, since parameters were learnt to hold more."""
        self._known.clear()
        self._seen.clear()
        self._names.clear()
        self._attrs.clear()

    def of(self, node: s.Expr, scope: Scope) -> Kinds:
        """What an expression may stand for."""
        if type(node) is s.Name:
            return self.name(node.id, scope)
        if type(node) not in _READ:
            return NOTHING
        found = self._known.get(id(node))
        if found is None:
            self._known[id(node)] = NOTHING  # asked for again below: a cycle
            found = self._known[id(node)] = _few(self._read(node, scope))
        return found

    def _read(self, node: s.Expr, scope: Scope) -> Iterable[Kind]:
        """Works out what an expression may stand for."""
        if isinstance(node, s.Attr):
            found = {k for owner in self.of(node.obj, scope) for k in self.attr(owner, node.name)}
            text = dotted(node)
            here: Scope | None = scope
            while text is not None and here is not None:
                if text in here.written:
                    found |= self._bound(here.written[text])
                here = here.parent
            return found
        if isinstance(node, s.Call):
            return self._called(node, scope)
        if isinstance(node, s.Index):
            return self.entries(self.of(node.obj, scope))
        if isinstance(node, s.Sequence):
            return self._table(k for item in node.items for k in self.of(item, scope))
        if isinstance(node, s.Dict):
            return self._table(k for _, value in node.items for k in self.of(value, scope))
        if isinstance(node, s.Comp):
            return self._table(self.of(node.value or node.elt, scope))
        if isinstance(node, s.Cond):
            return self.of(node.then, scope) | self.of(node.other, scope)
        if isinstance(node, s.BoolOp):
            return self.of(node.left, scope) | self.of(node.right, scope)
        if isinstance(node, (s.Walrus, s.Await, s.Star)):
            return self.of(node.value, scope)
        return NOTHING

    @staticmethod
    def _table(held: Iterable[Kind]) -> Kinds:
        inner = frozenset(k for k in held if k.what != "module")
        return frozenset({Kind("table", inner)}) if inner else NOTHING

    @staticmethod
    def entries(kinds: Iterable[Kind]) -> Kinds:
        """What is taken out of something by an index, or by going over it."""
        return frozenset(k for table in kinds if table.what == "table" for k in table.of)

    # names

    def name(self, name: str, scope: Scope) -> Kinds:
        """What a name may stand for in a scope."""
        key = (id(scope), name)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = _few(self._looked_up(name, scope))
        return found

    def _looked_up(self, name: str, scope: Scope) -> Kinds:
        """What a name stands for, from the scope outwards."""
        here: Scope | None = scope
        while here is not None:
            if not isinstance(here.node, s.ClassDef) or here is scope:
                if name in here.params:
                    return self._named(name, here) | self._parameter(name, here)
                if name in here.names and name not in here.outer:
                    return self._named(name, here)
            here = here.parent
        top = scope
        while top.parent is not None:
            top = top.parent
        for star in reversed([x for owner in (scope, top) for x in owner.stars]):
            found = self._starred(star, name, top)
            if found:
                return found
        return frozenset({Kind("lib", f"builtins.{name}")}) if name in _BUILTINS else NOTHING

    def _named(self, name: str, scope: Scope) -> Kinds:
        found = self._names.get((id(scope), name))
        if found is None:
            self._names[id(scope), name] = NOTHING
            found = self._names[id(scope), name] = _few(self._bound(scope.names.get(name, ())))
        return found

    def _bound(self, bounds: Iterable[Bound]) -> Kinds:
        found: set[Kind] = set()
        for b in bounds:
            if b.how == "definition":
                found.add(Kind("class" if isinstance(b.what.node, s.ClassDef) else "func", b.what))
            elif b.how == "import":
                module, name, level = b.what
                found |= self._imported(module, name, level, b.scope)
            else:
                kinds = self.of(b.what, b.scope)
                found |= kinds if b.how == "value" else self.entries(self.entries(kinds)) | self.entries(kinds)
        return frozenset(found)

    def _parameter(self, name: str, scope: Scope) -> Kinds:
        found = frozenset(self.handed.get((id(scope.node), name), ()))
        if name == scope.own and scope.cls is not None:
            found |= {Kind("inst", scope.cls)}
        above = scope.parent
        while above is not None and scope.cls is None:  # a method that was written inside of another, by its indentation
            if above.own == name and above.cls is not None:
                found |= {Kind("inst", above.cls)}
            above = above.parent
        annotation = scope.params[name].annotation
        if annotation is not None and scope.parent is not None:
            for kind in self.of(annotation, scope.parent):
                if kind.what in ("lib", "class"):
                    found |= self.made_by_call(kind, None)
        return found

    def _imported(self, module: str, name: str | None, level: int, scope: Scope) -> Kinds:
        if name is None:
            path = self._locate(scope.module, module, 0)
            return frozenset({Kind("lib", canonical(module)) if path is None else Kind("module", path)})
        head = f"{module}." if module else ""
        if canonical(head + name) in LOSSES and not level:
            return frozenset({Kind("lib", canonical(head + name))})
        sub = self._locate(scope.module, head + name, level)
        if sub is not None and sub != scope.module.path:
            return frozenset({Kind("module", sub)})
        path = self._locate(scope.module, module, level)
        if path is None:
            return NOTHING if level else frozenset({Kind("lib", canonical(head + name))})
        return self.member(path, name) if path != scope.module.path else NOTHING

    def member(self, path: str, name: str) -> Kinds:
        """What a module of the project calls by a name."""
        index = self._index_of(path)
        return NOTHING if index is None else self.name(name, index.top)

    def _starred(self, star: s.Import, name: str, top: Scope) -> Kinds:
        path = self._locate(top.module, star.module or "", star.level)
        if path is not None:
            return self.member(path, name) if path != top.module.path and not name.startswith("_") else NOTHING
        full = canonical(f"{star.module}.{name}")
        plain = full in LOSSES or is_trainer(full) or is_model(full) or full in ("torch.nn", "torch.nn.functional")
        return frozenset({Kind("lib", full)}) if plain and not star.level else NOTHING

    # attributes

    def attr(self, owner: Kind, name: str) -> Kinds:
        """What an attribute of something may stand for."""
        if owner.what == "lib":
            return frozenset({Kind("lib", canonical(f"{owner.of}.{name}"))})
        if owner.what == "module":
            found = self.member(owner.of, name)
            if not found:
                index = self._index_of(owner.of)
                path = self._locate(index.module, name, 1) if index is not None and index.module.package else None
                found = NOTHING if path is None else frozenset({Kind("module", path)})
            return found
        if owner.what in ("class", "inst"):
            found = self._of_class(owner.of, name)
            return found or frozenset({Kind("method", owner, name)})
        if owner.what == "super":
            line = self.lineage(owner.of)[0][1:]
            inner = next((c for c in line if name in c.names), None)
            return self._named(name, inner) if inner is not None else frozenset({Kind("method", owner, name)})
        if owner.what in ("loss", "trainer", "model", "table"):
            return frozenset({Kind("method", owner, name)})
        return NOTHING

    def _of_class(self, cls: Scope, name: str) -> Kinds:
        key = (id(cls), name)
        found = self._attrs.get(key)
        if found is None:
            self._attrs[key] = NOTHING
            line = self.lineage(cls)[0]
            own = next((c for c in line if name in c.names), None)
            gathered = set(self._named(name, own)) if own is not None else set()
            for c in (*line, *self.below.get(id(cls.node), ())):  # a base reads what a derived class writes
                gathered |= self._bound(c.written.get(name, ()))
            found = self._attrs[key] = _few(gathered)
        return found

    def lineage(self, cls: Scope) -> tuple[list[Scope], set[str]]:
        """A class and the project's classes that it is derived from, and the library classes above."""
        found = self._lines.get(id(cls))
        if found is None:
            found = self._lines[id(cls)] = ([cls], set())
            bases = cls.node.bases if isinstance(cls.node, s.ClassDef) else []
            for base in bases:
                for kind in self.of(base.value, cls.parent or cls):
                    if kind.what == "class" and kind.of is not cls and len(found[0]) < MOST:
                        classes, libs = self.lineage(kind.of)
                        found[0].extend(c for c in classes if c not in found[0])
                        found[1].update(libs)
                    elif kind.what == "lib":
                        found[1].add(kind.of)
        return found

    # calls

    def _called(self, node: s.Call, scope: Scope) -> Iterable[Kind]:
        """What a call gives."""
        if isinstance(node.func, s.Name) and node.func.id == "super" and "super" not in scope.names:
            here: Scope | None = scope
            while here is not None and here.cls is None:
                here = here.parent
            return {Kind("super", here.cls)} if here is not None and here.cls is not None else NOTHING
        found: set[Kind] = set()
        for kind in self.of(node.func, scope):
            if kind.what == "lib" and kind.of in THROUGH:
                at = 1 if kind.of == "typing.cast" else 0
                found |= self.of(node.args[at].value, scope) if len(node.args) > at else NOTHING
            elif kind.what == "lib" and kind.of in HOLDERS:
                found |= self._held(node, scope)
            elif kind.what == "lib" and kind.of == "builtins.getattr":
                found |= self._got(node, scope)
            elif kind.what == "method":
                found |= self._by_method(kind, node, scope)
            elif kind.what == "func":
                for returned in kind.of.returns:
                    found |= self.of(returned, kind.of)
            else:
                found |= self.made_by_call(kind, node)
        return found

    def made_by_call(self, kind: Kind, node: s.Call | None) -> Kinds:
        """What calling a class gives."""
        if kind.what == "lib":
            name = kind.of
            if name in LOSSES:
                return frozenset({Kind("loss", name)}) if LOSSES[name].is_class else NOTHING
            if is_trainer(name):
                return frozenset({Kind("trainer", last(name), node)})
            owner = name if is_model(name) else name.rpartition(".")[0]
            return frozenset({Kind("model", owner)}) if is_model(owner) else NOTHING
        if kind.what != "class":
            return NOTHING
        made = {Kind("inst", kind.of)}
        if any(is_trainer(lib) for lib in self.lineage(kind.of)[1]):
            made.add(Kind("trainer", kind.of.node.name, node))
        return frozenset(made)

    def _held(self, node: s.Call, scope: Scope) -> Kinds:
        inner: set[Kind] = set()
        for arg in node.args:
            kinds = self.of(arg.value, scope)
            inner |= self.entries(kinds) | {k for k in kinds if k.what != "table"}
        return self._table(inner)

    def _got(self, node: s.Call, scope: Scope) -> Kinds:
        name = node.args[1].value if len(node.args) > 1 else None
        if not isinstance(name, s.Const) or not isinstance(name.value, str):
            return NOTHING
        return frozenset(k for owner in self.of(node.args[0].value, scope) for k in self.attr(owner, name.value))

    def _by_method(self, method: Kind, node: s.Call, scope: Scope) -> Kinds:
        owner, name = method.of, method.at
        if owner.what == "table":
            if name in ("get", "pop", "setdefault"):
                default = self.of(node.args[1].value, scope) if len(node.args) > 1 else NOTHING
                return frozenset(owner.of) | default
            return frozenset({owner}) if name in ("items", "values", "copy") else NOTHING
        if name in SAME and owner.what in ("loss", "model", "inst"):
            return frozenset({owner})
        return NOTHING


def _few(kinds: Iterable[Kind]) -> Kinds:
    found = kinds if isinstance(kinds, frozenset) else frozenset(kinds)
    if len(found) <= MOST:
        return found
    return frozenset(sorted(found, key=_rank)[:MOST])


def _rank(kind: Kind) -> tuple[bool, str, str]:
    of = kind.of
    name = f"{of.module.path}:{getattr(of.node, 'name', '')}" if isinstance(of, Scope) else of if isinstance(of, str) else ""
    return kind.what not in ("loss", "lib", "trainer"), kind.what, name
