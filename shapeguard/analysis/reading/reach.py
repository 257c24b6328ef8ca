"""Which functions can lead to a loss at all, by the names that they mention: only those are run on unknown arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import EVERYWHERE, Mentions, closure, definitions, names_in, statements
from shapeguard.analysis.reading.parse import Module

# a keyword is told from a name by its `=`
_NAMES = frozenset(
    "cross_entropy CrossEntropyLoss nll_loss NLLLoss NLLLoss2d loss_function masked_cross_entropy masked_linear_cross_entropy "
    "MaskedCrossEntropyLoss MaskedLinearCrossEntropyLoss labels= train_dataset= log_softmax+gather kl_div KLDivLoss "
    "LigerCrossEntropyLoss LigerFusedLinearCrossEntropyLoss liger_cross_entropy liger_fused_linear_cross_entropy linear_cross_entropy "
    "vocab_parallel_cross_entropy fused_vocab_parallel_cross_entropy SoftmaxCrossEntropyLoss CEWithChunkedOutputLoss "
    "LinearCrossEntropyLoss LinearCrossEntropy".split()
)
# `from torch.nn.functional import cross_entropy as ce`: what the alias stands for
_HOMES = ("functional", "nn", "loss", "shapeguard", "losses")
LOSS_NAMES = _NAMES | {f"{home}:{name}" for home in _HOMES for name in _NAMES if name.isidentifier()}
# a function that mentions one of these trains or evaluates: what it is handed may be a loss
TRAINING_NAMES = frozenset("backward loss losses criterion criterions loss_fn loss_fct loss_func lossfn get_loss compute_loss".split())


def assigned_attributes(node: object) -> Iterator[tuple[str, s.Expr]]:
    """The attributes that are assigned anywhere in a piece of syntax, each with the value."""
    for item in statements(node):
        if isinstance(item, s.Assign) and item.value is not None:
            value = item.value
            yield from ((target.name, value) for target in item.targets if isinstance(target, s.Attr))


class Reach:
    """The names that lead to a loss, over a set of modules."""

    def __init__(self, modules: Sequence[Module], mentions: Mentions, losses: Sequence[str] = ()) -> None:
        self._mentions = mentions
        self._starts: dict[int, bool] = {}  # by id() of a definition
        self._names: dict[int, set[str]] = {}  # id() of a definition -> the names in it
        found = [entry for module in modules for entry in mentions.of(module)]
        self.referenced = {name for _, _, names in found for name in names}  # those probably have a caller
        named = [(known, names) for _, known, names in found]
        seeds = set(LOSS_NAMES) | {name.rpartition(".")[2] for name in losses}
        self._classes = {n.name: (n, module) for module in modules for n in definitions(module.body) if isinstance(n, s.ClassDef)}
        self._kept: dict[str, set[str]] = {}
        self._leads_in: dict[int, set[str]] = {}  # by id() of a class
        self.leading = closure(named, seeds)
        self.training = closure(named, seeds | TRAINING_NAMES)

    def trains(self, node: object, module: Module) -> bool:
        """Whether a definition leads to a loss, or looks as if it were handed one."""
        return self.leads(node, module) or not TRAINING_NAMES.isdisjoint(self.names(node, module))

    def starts(self, node: object, module: Module) -> bool:
        """Whether a block of statements mentions a name that leads to training: the loss may be one that a configuration names."""
        found = self._starts.get(id(node))
        if found is None:
            found = self._starts[id(node)] = not self.training.isdisjoint(self.names(node, module))
        return found

    def leads(self, node: object, module: Module) -> bool:
        """Whether a definition, or a block of statements, mentions a name that leads to a loss."""
        return not self.leading.isdisjoint(self.names(node, module))

    def trains_in(self, cls: s.ClassDef, node: s.FuncDef, module: Module) -> bool:
        """Whether a method trains, or mentions an attribute of its class through which something that leads to a loss is reached."""
        return self.trains(node, module) or not self._attributes(cls).isdisjoint(self.names(node, module))

    def _attributes(self, cls: s.ClassDef) -> set[str]:
        """As `_found_attributes`, looked up once."""
        found = self._leads_in.get(id(cls))
        if found is None:
            found = self._leads_in[id(cls)] = self._found_attributes(cls)
        return found

    def _found_attributes(self, cls: s.ClassDef) -> set[str]:
        """The attributes of a class, and of those that it is derived from, that hold or are something that leads to a loss."""
        kept: set[str] = set()
        methods: list[tuple[set[str], set[str]]] = []
        todo, seen = [cls], {cls.name}
        while todo:
            here = todo.pop()
            module = self._classes[here.name][1] if here.name in self._classes else None
            if here.name not in self._kept:
                scope = None if module is None else self._mentions.scope(module)
                assigned = assigned_attributes(here.body)
                self._kept[here.name] = {name for name, value in assigned if not self.training.isdisjoint(names_in(value, scope))}
            kept |= self._kept[here.name]
            if module is not None:
                own = [n for n in definitions(here.body) if isinstance(n, s.FuncDef) and n.name not in EVERYWHERE]
                methods += [({n.name}, self.names(n, module)) for n in own]
            above = (names_in(here.bases) & self._classes.keys()) - seen
            seen |= above
            todo.extend(self._classes[name][0] for name in above)
        return kept | (closure(methods, kept | self.leading) - self.leading)

    def names(self, node: object, module: Module) -> set[str]:
        """Every name that a definition of a module mentions."""
        names = self._names.get(id(node))
        if names is None:
            names = self._names[id(node)] = names_in(node, self._mentions.scope(module))
        return names
