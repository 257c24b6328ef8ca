"""What code calls a loss, and what functions give: what is picked by hand counts where it is taken for a loss."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.analysis.facts.taken import called_loss
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Func, Map, Seq, Value
from shapeguard.analysis.interpreter.machine import Machine

_METHODS = frozenset({"forward", "__call__"})  # what calling an object enters: the name of its class says what it gives


def named(m: Machine, name: str, value: Value) -> None:
    """A value came to stand under a name."""
    if called_loss(name):
        for tensor in _losses(m, value, within=False):
            m.kept.called(tensor)


def returned(m: Machine, func: Func | None, value: Value) -> None:
    """A function gives a value; the losses of one that is called a loss are losses."""
    says = func is not None and called_loss(_name(func))
    for tensor in _losses(m, value, within=True):
        if tensor.losses is not None:
            m.kept.returned[tensor.losses] = None
    for tensor in _losses(m, _first(m, value), within=False) if says else ():
        m.kept.called(tensor)


def _name(func: Func) -> str:
    name = getattr(func.node, "name", "")
    return func.cls.name if name in _METHODS and func.cls is not None else name


def _first(m: Machine, value: Value) -> Value:
    facts = m.get(value)
    return facts.items[0] if isinstance(facts, Seq) and facts.items else value


def _losses(m: Machine, value: Value, within: bool) -> Iterator[Tensor]:
    """The losses in a value, and where asked for those in a tuple, list or dict of values."""
    facts = m.get(value)
    if isinstance(facts, Tensor):
        if facts.losses is not None:
            yield facts
    elif within and isinstance(facts, Seq):
        for item in facts.items or ():
            yield from _losses(m, item, within=False)
    elif within and isinstance(facts, Map):
        for _, item in facts.items:
            yield from _losses(m, item, within=False)
