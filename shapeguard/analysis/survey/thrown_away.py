"""The losses whose value is never read, as far as that is proven: from the call up through the functions that hand it on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.values import BoundLib, Either, Func, Inst, Lib, LibObj, LossCall, Method, Site, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.ops.modules.families import is_model
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.held import Flow
from shapeguard.analysis.reading.held_paths import OUTPUT, Held, Read
from shapeguard.analysis.reading.mentions import parts
from shapeguard.analysis.reading.parse import Module
from shapeguard.analysis.survey.known_calls import KnownCalls


def mark_thrown_away(machine: Machine, losses: Iterable[LossCall]) -> list[LossCall]:
    """The losses, those that are thrown away marked as such."""
    ways = _Ways(machine)
    return [replace(loss, discarded=True) if ways.lead_nowhere(loss) else loss for loss in losses]


class _Ways:
    """The ways of values up through the calls, each place looked at once."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._calls: dict[str, dict[int, tuple[s.Call, s.Node | None]]] = {}  # by path: the calls, with the definition around each
        self._known_calls = KnownCalls(machine)
        self._known: dict[tuple[int, Held, bool], Held | None] = {}

    def lead_nowhere(self, loss: LossCall) -> bool:
        """Whether a loss, called as it is in this context, is never read."""
        held: Held = frozenset({(OUTPUT,) if loss.family == "model" else ()})
        found = self._call(loss.site)
        if found is None or not (_labelled(found[0], loss) or self._yields(self._machine.visits.callee(found[0]), loss)):
            return False
        sites: Sequence[Site] = (*loss.calls, loss.site)
        for at in range(len(sites) - 1, -1, -1):
            returned = self._returned(sites[at], held, sites[at] is not loss.site)
            if not returned:  # a loss that is written out is judged where it stands: a first try of a program ends there
                return returned is not None and (loss.family == "model" or sites[at] is not loss.site)
            held = returned
            around = self._call(sites[at])
            above = self._call(sites[at - 1]) if at else None
            if around is None or above is None or not self._enters(self._machine.visits.callee(above[0]), around[1]):
                return False
        return False

    def _returned(self, site: Site, held: Held, above: bool) -> Held | None:
        """Where the value that a call yields lies in what the function around it returns; None where it may be read."""
        key = (id(site.node), held, above)
        if key not in self._known:
            self._known[key] = self._follow(site, held, above)
        return self._known[key]

    def _follow(self, site: Site, held: Held, above: bool) -> Held | None:
        """`step(x, y)` alone on its line only tries out a function that returns a loss, and a notebook shows what a line yields."""
        found = self._call(site)
        if found is None:
            return None
        call, around = found
        module = site.module
        assert isinstance(module, Module)
        if isinstance(around, s.FuncDef) and not around.is_generator:
            body = around.body
        elif around is None:
            body = module.body
        else:
            return None
        try:
            return Flow(call, held, self._known_calls, above or (bool(module.cells) and around is None)).returned(body)
        except Read:
            return None

    def _call(self, site: Site) -> tuple[s.Call, s.Node | None] | None:
        """The call that stands at a site, and the definition around it: None for the module."""
        module = site.module
        assert isinstance(module, Module)
        calls = self._calls.get(module.path)
        if calls is None:
            calls = self._calls[module.path] = _calls(module)
        return calls.get(id(site.node))

    def _yields(self, callee: Value | None, loss: LossCall) -> bool:
        """Whether what is called yields the loss itself, or the output of a library's model."""
        if isinstance(callee, Either):
            return all(self._yields(self._machine.get(o), loss) for o in callee.options)
        if isinstance(callee, Lib):
            return is_loss(canonical(callee.name))
        if isinstance(callee, LibObj):
            return is_model(callee.cls) if loss.family == "model" else is_loss(callee.cls)
        if isinstance(callee, BoundLib):
            return callee.name in (("gather",) if loss.family == "gather" else ("forward", "__call__"))
        return isinstance(callee, (Inst, Func))

    @staticmethod
    def _enters(callee: Value | None, node: s.Node | None) -> bool:
        """Whether what a call gives is what the function returns."""
        if isinstance(callee, (Func, Method)):
            return (callee.func if isinstance(callee, Method) else callee).node is node
        return isinstance(callee, Inst) and isinstance(node, s.FuncDef) and node.name in ("forward", "__call__")


def _labelled(call: s.Call, loss: LossCall) -> bool:
    """`model(x, labels=y)`, whichever of several models it is: what trains one by itself is given no labels."""
    return loss.family == "model" and any(arg.name is not None and arg.name.endswith("labels") for arg in call.args)


def _calls(module: Module) -> dict[int, tuple[s.Call, s.Node | None]]:
    found: dict[int, tuple[s.Call, s.Node | None]] = {}
    stack: list[tuple[Any, s.Node | None]] = [(stmt, None) for stmt in module.body]
    while stack:
        node, around = stack.pop()
        if isinstance(node, s.Call):
            found[id(node.at)] = (node, around)
        inside = node if isinstance(node, (s.FuncDef, s.ClassDef, s.Lambda)) else around
        stack.extend((part, inside) for part in parts(node))
    return found
