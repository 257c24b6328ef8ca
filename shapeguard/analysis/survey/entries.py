"""The losses of some files, one entry a call: what the interpreter made of each, or why it met none there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapeguard.analysis.facts.spellings import SPELLINGS, is_loss
from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.facts.values import UNKNOWN, Args, Class, Func, Inst, Lib, LibObj, LossCall, Site, Unknown, Value
from shapeguard.analysis.interpreter import entry_points
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.modules import module_frame
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.survey.census import Shown

NO_CALLER = "no caller reaches it"
BOUND = "the work bound was met"
NO_BRANCH = "the branch that it stands in is never taken, as far as its callers are known"
ELSEWHERE = "the analysis did not come here"
# what nobody takes for a loss where the analysis came by is none
_DIVERGENCES = frozenset(spelling.shown for spelling in SPELLINGS.values() if spelling.family == "soft")


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One call that is a loss."""

    site: Site
    spelling: str
    losses: tuple[LossCall, ...] = ()  # what was met there, in each context; of an object or a trainer, the losses inside of it
    gap: str = ""  # what is missing where the interpreter came by and met no loss
    unreached: str = ""  # why it did not come by


def run_unreached_functions(machine: Machine, one: Shown, own: Callable[[Machine, s.FuncDef, Value], Func | None]) -> None:
    """Runs the function around a loss by itself, where no caller was seen to reach it: `f(x, labels=None)` ends before its loss.

    The losses in it that callers do reach are judged by those.
    """
    around = list(one.called.scope.functions())
    node = around[-1] if around else None
    reached = machine.visits.callee(one.called.node) is not None
    behind = machine.visits.behind(one.called.node) is not None
    if one.called.dead or reached or behind or not isinstance(node, s.FuncDef) or not machine.visits.is_first_request(node):
        return
    before, known = set(machine.book.pending), {id(p.loss.site.node) for p in machine.book.pending.values()}
    _run(machine, one, node, own)
    for uid in [u for u, p in machine.book.pending.items() if u not in before and id(p.loss.site.node) in known]:
        del machine.book.pending[uid]


def _run(machine: Machine, one: Shown, node: s.FuncDef, own: Callable[[Machine, s.FuncDef, Value], Func | None]) -> None:
    """Runs a function, or a method on an object of its class, with unknown arguments."""
    scope = one.called.scope
    while scope.node is not node and scope.parent is not None:
        scope = scope.parent
    holder, frame = scope.cls, module_frame(machine, one.module)
    if holder is None:
        func = own(machine, node, machine.store.get(("v", frame.id, node.name)) or UNKNOWN)
        if func is not None:
            entry_points.run_function(machine, node.name, func, Args(more=True))
        return
    cls = machine.get(machine.store.get(("v", frame.id, getattr(holder.node, "name", ""))) or UNKNOWN)
    if isinstance(cls, Class) and cls.node is holder.node:
        func = own(machine, node, machine.store.get(("v", cls.frame, node.name)) or UNKNOWN)
        inst = entry_points.object_of(machine, cls)
        if func is not None and inst is not None:
            first: tuple[Value, ...] = () if func.kind == "static" else (cls,) if func.kind == "class" else (inst,)
            entry_points.run_function(machine, f"{cls.name}.{node.name}", func, Args(first, more=True))


def entries(machine: Machine, shown: Sequence[Shown], losses: Sequence[LossCall], counted: Iterable[str]) -> tuple[Entry, ...]:
    """Every loss of the counted files: those that the syntax shows, and those that only the interpreter knows."""
    at: dict[int, list[LossCall]] = {}
    through: dict[int, list[LossCall]] = {}
    for loss in losses:
        at.setdefault(id(loss.site.node), []).append(loss)
        for call in {id(c.node): c for c in loss.calls}:
            through.setdefault(call, []).append(loss)
    found: dict[int, Entry] = {}
    for one in shown:
        key = id(one.called.node.at)
        site = Site(one.module, one.called.node.at)
        inner = [] if one.form == "user" else through.get(key, [])
        here = [*at.get(key, ()), *inner]
        if here:
            found[key] = Entry(site, one.spelling if inner or one.form == "trainer" else _spelling(here), tuple(here))
        elif machine.visits.callee(one.called.node) is None:
            found[key] = Entry(site, one.spelling, unreached=_behind(machine, one) or _why_unreached(machine, one))
        elif one.spelling not in _DIVERGENCES and not _was_rebound(machine, one):
            found[key] = Entry(site, one.spelling, gap=_gap(machine, one))
    wanted = set(counted)
    for key, here in at.items():
        if key not in found and here[0].site.module.path in wanted:
            found[key] = Entry(here[0].site, _spelling(here), tuple(here))
    return tuple(found.values())


def elsewhere(losses: Iterable[LossCall], places: Collection[Place]) -> tuple[Entry, ...]:
    """The losses of other files that stand in one of these places, one entry a call."""
    paths = {place.path for place in places}
    at: dict[int, list[LossCall]] = {}
    for loss in losses:
        if loss.site.module.path in paths and loss.site.place in places:
            at.setdefault(id(loss.site.node), []).append(loss)
    return tuple(Entry(here[0].site, _spelling(here), tuple(here)) for here in at.values())


def _spelling(losses: Iterable[LossCall]) -> str:
    return " or ".join(sorted({loss.spelling for loss in losses}))


def _was_rebound(machine: Machine, one: Shown) -> bool:
    """Whether a name that is bound to a loss elsewhere in its function was something else when it was called."""
    func, callee = one.called.node.func, machine.visits.callee(one.called.node)
    if one.form != "torch" or not isinstance(func, s.Name) or func.id not in one.called.scope.names or func.id in one.called.scope.params:
        return False
    name = callee.name if isinstance(callee, Lib) else callee.cls if isinstance(callee, LibObj) else ""
    return bool(name) and not is_loss(canonical(name))


def _gap(machine: Machine, one: Shown) -> str:
    """What is missing to judge a call that was reached and gave no loss."""
    callee = machine.visits.callee(one.called.node)
    if one.form == "trainer":
        return "what the trainer hands to its model: its data set, its collator or its model could not be followed"
    if one.form == "labels":
        return "what is called: its class was not seen, and so not what it does with its labels"
    if isinstance(callee, (Lib, LibObj)):
        name = callee.name if isinstance(callee, Lib) else callee.cls
        if not is_loss(canonical(name)):
            return f"{one.spelling}: it is not followed yet"
        return "its arguments: they are handed on with * or **, and could not be followed"
    if isinstance(callee, Inst):
        return f"the loss inside of {callee.cls.name}: it was not met on this way"
    if isinstance(callee, Unknown):
        return "what is called: which of several it is, or where it was made, could not be followed"
    return "the call: it could not be followed"


def _behind(machine: Machine, one: Shown) -> str:
    """The call that Python refuses, where a loss is reached only through it or stands behind it."""
    refusal = machine.visits.behind(one.called.node)
    if refusal is None or one.called.dead:
        return ""
    place = refusal.site.place
    file = "" if place.path == one.module.path else f" of {Path(place.path).name}"
    cell = "" if place.cell is None else f" of cell {place.cell}"
    return f"Python refuses the call in line {place.row}{cell}{file}, and nothing behind it runs: {refusal.says}"


def _why_unreached(machine: Machine, one: Shown) -> str:
    """Why the interpreter never came to a call, as far as that is known."""
    called, path = one.called, one.module.path
    if called.dead:
        return called.dead
    visits = machine.visits
    for stmt, side in called.branches:
        if visits.passed_by(stmt, side):
            return NO_BRANCH
    around = list(called.scope.functions())
    if any(id(node) in machine.work.cut and id(node) not in machine.work.ended for node in around):
        return BOUND
    if any(id(node) not in machine.work.entered for node in around):
        return NO_CALLER
    if not around and any(f"{path}: {kind}" in machine.work.bounded for kind in ("module", "__main__")):
        return BOUND
    return ELSEWHERE
