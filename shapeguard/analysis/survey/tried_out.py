"""The losses of a first try: `model(x, x)` on ids that were drawn or counted up, in code that trains nothing, only to see that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import LossCall
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import names_in, parts
from shapeguard.analysis.reading.parse import Module

_DRAWN = frozenset({"randint", "rand", "randn", "ones", "zeros", "empty", "arange"})
# by which something is trained, whoever computes its gradients
_TRAINS = frozenset("""
    backward manual_backward step fit fit_generator minimize grad value_and_grad zero_grad Trainer train_step training_step
    train_one_epoch train_epoch train_model fine_tune finetune
""".split())


def told(machine: Machine, losses: Iterable[LossCall]) -> list[LossCall]:
    """The losses, those that are only tried out marked as such."""
    known: dict[tuple[int, bool], bool] = {}
    return [replace(loss, tried=True) if _drawn(loss) and not _trains(machine, loss, known) else loss for loss in losses]


def _drawn(loss: LossCall) -> bool:
    """Whether all that the targets were made from was drawn or counted up, and handed over as inputs and as targets alike."""
    if loss.targets_step is None or loss.looped or not any(map(_given_twice, loss.calls)):
        return False
    first = [step for step in loss.targets_step.history() if not step.parents]
    return bool(first) and all(step.kind in _DRAWN for step in first)


def _given_twice(site: Site) -> bool:
    """Whether a call is given one variable in two places."""
    assert isinstance(site.module, Module)
    call = next((one for stmt in site.module.body for one in _within(stmt) if isinstance(one, s.Call) and one.at is site.node), None)
    names = [a.value.id for a in call.args if isinstance(a.value, s.Name)] if call is not None else []
    return len(set(names)) < len(names)


def _trains(machine: Machine, loss: LossCall, known: dict[tuple[int, bool], bool]) -> bool:
    """Whether the run that the loss is met in may train with it."""
    if any(a.op in ("backward", "unknown") for path in loss.after for a in path):
        return True
    return any(_in_training_code(machine, site, at == 0, known) for at, site in enumerate((*loss.calls, loss.site)))


def _in_training_code(machine: Machine, site: Site, outermost: bool, known: dict[tuple[int, bool], bool]) -> bool:
    """Whether the function around a call, or the module or main block that it stands in, mentions what trains."""
    module = site.module
    assert isinstance(module, Module)
    key = (id(site.node), outermost)
    if key not in known:
        code = _around(machine, module, site.node)
        hands_out = outermost and isinstance(code, s.FuncDef) and _gives(code.body)  # to whom nobody knows
        known[key] = code is None or hands_out or not _TRAINS.isdisjoint(names_in(code.body if isinstance(code, s.FuncDef) else code))
    return known[key]


def _around(machine: Machine, module: Module, node: object) -> s.FuncDef | list[s.Statement] | None:
    """The outermost function around a node, the main block, or else what a module runs when it is imported."""
    blocks = [stmt for body in machine.frames.main_blocks.get(module.path, ()) for stmt in body]
    for stmt in module.body:
        if _holds(stmt, node):
            if isinstance(stmt, (s.FuncDef, s.ClassDef)):
                return _method(stmt, node) if isinstance(stmt, s.ClassDef) else stmt
            inside = any(_holds(one, node) for one in blocks)
            return blocks if inside else [one for one in module.body if not isinstance(one, (s.FuncDef, s.ClassDef, s.Import))]
    return None


def _method(stmt: s.ClassDef, node: object) -> s.FuncDef | None:
    return next((one for one in stmt.body if isinstance(one, s.FuncDef) and _holds(one, node)), None)


def _holds(stmt: object, node: object) -> bool:
    return any(getattr(one, "at", None) is node for one in _within(stmt))


def _within(stmt: object) -> Iterator[object]:
    """A statement and all the syntax in it."""
    stack: list[object] = [stmt]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(parts(one))


def _gives(body: list[s.Statement]) -> bool:
    """Whether a function hands anything out."""
    stack: list[object] = list(body)
    while stack:
        one = stack.pop()
        if isinstance(one, s.Return) and one.value is not None:
            return True
        if not isinstance(one, (s.FuncDef, s.ClassDef, s.Lambda)):
            stack.extend(parts(one))
    return False
