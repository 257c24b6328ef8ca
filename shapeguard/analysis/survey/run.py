"""From files to loss calls: which modules are run, in which order, and which functions on unknown arguments."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shapeguard.analysis.facts.trail import Trail
from shapeguard.analysis.facts.values import UNKNOWN, Args, Class, Func, LossCall, Site, Value
from shapeguard.analysis.interpreter import entry_points
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.modules import module_frame
from shapeguard.analysis.interpreter.state.objects import class_code, module_of
from shapeguard.analysis.questions.padding import ends_of, scored_by
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.dependents import ALONE, Dependents
from shapeguard.analysis.reading.mentions import Mentions, definitions
from shapeguard.analysis.reading.parse import Module, Unparsable
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.reading.reach import LOSS_NAMES, TRAINING_NAMES, Reach
from shapeguard.analysis.survey import records, thrown_away, tried_out
from shapeguard.analysis.survey.census import Census, Shown
from shapeguard.analysis.survey.entries import Entry, entries, run_unreached_functions
from shapeguard.analysis.survey.python_stack import with_deep_stack

ROUNDS = 2  # over the functions that nobody was seen to call
MAX_IMPORTERS = 40  # files that import a file with a loss, directly or not, that are run for it


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of ours: a rule or an operation that raised."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found out of some files."""

    losses: tuple[LossCall, ...]
    failures: tuple[Failure, ...]
    bounded: tuple[str, ...]  # entry points where the work bound was met
    modules: dict[str, Module]  # every module that was parsed, by path
    broken: tuple[Unparsable, ...]
    entries: tuple[Entry, ...]  # every loss of the files that are counted, one a call
    trail: Trail  # what steps rest on besides those before them
    cut: tuple[Site, ...] = ()  # the functions and statements whose end was never reached, for the work bound was met in them


def analyse(
    project: Project,
    paths: Sequence[str],
    others: Dependents = ALONE,
    *,
    losses: Sequence[str] = (),
    ignore_index: int | None = None,
    counted: Iterable[str] | None = None,
) -> Analysis:
    """The loss calls of the files, of the others, and of those that they reach, each in every context in which the project calls it.

    `counted` are the files whose losses are all to have an entry; those of `paths` when left out.
    """
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, 12_000))
    gc.disable()  # a third of the time, spent on trees that live to the end of the run; facts hold no cycles
    try:
        roots = [os.path.abspath(p) for p in paths]
        return with_deep_stack(lambda: _analyse(project, roots, others, losses, ignore_index, roots if counted is None else list(counted)))
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _analyse(
    project: Project, paths: list[str], others: Dependents, losses: Sequence[str], ignore_index: int | None, counted: list[str]
) -> Analysis:
    """Runs modules, then the functions and methods that nobody called, and once more those that the work bound cut off."""
    machine = Machine(project, losses=losses, ignore_index=ignore_index)
    roots = {*paths, *others.paths}
    mentions = Mentions()
    order = _callers_first(project, paths, others, mentions, losses)
    modules = [m for p in order if (m := project.module_at(p)) is not None]
    failures: list[Failure] = []
    reach = Reach(modules, mentions, losses)
    machine.trains = reach.starts
    for module in modules:
        _safely(failures, module, lambda module=module: module_frame(machine, module))
    for module in modules:
        wanted = reach.starts if module.path in roots else reach.leads
        if any(wanted(body, module) for body in machine.frames.main_blocks.get(module.path, ())):
            _safely(failures, module, lambda module=module: entry_points.run_main(machine, module))
    for _ in range(ROUNDS):
        for module in modules:
            _safely(failures, module, lambda module=module: _run_functions(machine, module, reach, module.path in roots, failures))
        if machine.work.again <= machine.work.entered.keys():
            break  # nothing was cut off by the work bound of what called it
    shown = _shown(machine, counted, losses, failures)
    read = thrown_away.mark_thrown_away(machine, records.finished(machine))
    found = tuple(sorted(_with_ends_scored_elsewhere(tried_out.told(machine, read)), key=lambda loss: loss.uid))
    failures.extend(Failure(path, message) for path, message in machine.failures)
    parsed = {m.path: m for m in (project.module_at(p) for p in list(project.parsed)) if m is not None}
    cut = tuple(site for node, site in machine.work.cut.items() if node not in machine.work.ended)
    listed = entries(machine, shown, found, counted)
    return Analysis(found, tuple(failures), tuple(machine.work.bounded), parsed, tuple(project.broken.values()), listed, machine.trail, cut)


def _with_ends_scored_elsewhere(losses: Sequence[LossCall]) -> list[LossCall]:
    """The records, each with the ends of sequences that the others score."""
    return [_scored_elsewhere(loss, losses) for loss in losses]


def _scored_elsewhere(loss: LossCall, others: Sequence[LossCall]) -> LossCall:
    """The record with the ends of sequences that another loss scores on the same targets."""
    ends, source = ends_of(loss), loss.targets.origin.source if loss.targets.origin is not None else None
    if not ends or source is None:
        return loss
    same = [o for o in others if o is not loss and not o.discarded and o.targets.origin is not None and o.targets.origin.source == source]
    scored = tuple(dict.fromkeys(end for o in same for end in scored_by(o, ends)))
    return replace(loss, scored=scored) if scored else loss


def _shown(machine: Machine, counted: Iterable[str], losses: Sequence[str], failures: list[Failure]) -> list[Shown]:
    """The losses that the syntax of some files shows; functions that end before theirs are run by themselves."""
    project, found = machine.project, []
    modules = {path: m for path in project.parsed if (m := project.module_at(path)) is not None}
    try:
        census = Census(project, modules.values(), losses)
        found = [one for path in sorted(set(counted)) if path in modules for one in census.of(modules[path])]
    except Exception as error:  # our own failure never stops the rest
        failures.append(Failure(str(project.root), f"{type(error).__name__}: {error}"))
    for one in found:
        _safely(failures, one.module, lambda one=one: run_unreached_functions(machine, one, _undecorated))
    return found


def _text(project: Project, path: str) -> bytes:
    try:
        return project.read(path)
    except OSError:
        return b""


def _safely(failures: list[Failure], module: Module, run: object) -> None:
    assert callable(run)
    try:
        run()
    except (Exception, RecursionError) as error:  # our own failure never stops the rest
        failures.append(Failure(module.path, f"{type(error).__name__}: {error}"))


def _callers_first(project: Project, paths: Sequence[str], others: Dependents, mentions: Mentions, losses: Sequence[str]) -> list[str]:
    """The roots and what calls into them, callers before what they call."""
    roots = [*paths, *(path for path in others.paths if path not in paths)]
    importers: dict[str, set[str]] = {path: set() for path in roots}
    texts: dict[str, bytes] = {}
    seeds = set(LOSS_NAMES | TRAINING_NAMES) | {name.rpartition(".")[2] for name in losses}
    for root in roots:
        module = project.module_at(root)
        todo = [(root, mentions.names_leading_to(module, seeds))] if module is not None else []
        seen = {root}
        while todo and len(seen) <= MAX_IMPORTERS:
            path, names = todo.pop(0)
            known = {mention for mentions_of in names.values() for mention in mentions_of}
            for up in _mentioning(project, project.importers(path), set(names), texts):
                if up in seen or (root in others.paths and up not in others.callers):
                    continue
                seen.add(up)
                importers.setdefault(path, set()).add(up)
                importers.setdefault(up, set())
                caller = project.module_at(up)
                if caller is not None:
                    todo.append((up, mentions.names_leading_to(caller, known)))
    order: list[str] = []
    state: dict[str, int] = {}

    def visit(start: str) -> None:
        stack = [(start, False)]
        while stack:
            path, done = stack.pop()
            if done:
                order.append(path)
            elif path not in state:
                state[path] = 1
                stack.append((path, True))
                stack.extend((up, False) for up in sorted(importers.get(path, ()), reverse=True))

    for path in sorted(importers):
        visit(path)
    return order


def _mentioning(project: Project, importers: Sequence[str], names: set[str], texts: dict[str, bytes]) -> list[str]:
    """The files among the importers whose bytes hold one of the names; a name that very many hold tells nothing of who calls."""
    for path in importers if names else ():
        if path not in texts:
            texts[path] = _text(project, path)
    found: dict[str, None] = {}
    for word in (name.encode() for name in sorted(names)):
        holding = [path for path in importers if word in texts[path]]
        if len(holding) <= MAX_IMPORTERS:
            found.update(dict.fromkeys(holding))
    return sorted(found)


def _run_functions(machine: Machine, module: Module, reach: Reach, root: bool, failures: list[Failure]) -> None:
    """Functions and methods that nobody was seen to call, those first that nobody mentions, later ones before earlier ones."""
    frame = module_frame(machine, module)
    found = definitions(module.body)[::-1]
    for node in sorted(found, key=lambda n: n.name in reach.referenced):
        if not (reach.trains(node, module) if root else reach.leads(node, module)):
            continue
        value = machine.get(machine.store.get(("v", frame.id, node.name)) or UNKNOWN)
        if isinstance(node, s.FuncDef):
            func = _undecorated(machine, node, value)
            if id(node) not in machine.work.entered and func is not None:
                _safely(failures, module, lambda f=func, n=node: entry_points.run_function(machine, n.name, f, Args(more=True)))
        elif isinstance(value, Class) and value.node is node:
            _safely(failures, module, lambda v=value: _run_methods(machine, v, reach, failures))


def _undecorated(machine: Machine, node: s.FuncDef, value: Value) -> Func | None:
    """The function of a definition, without what a decorator put around it."""
    facts = machine.get(value)
    return facts if isinstance(facts, Func) and facts.node is node else machine.objects.undecorated.get(id(node))


def _run_methods(machine: Machine, cls: Class, reach: Reach, failures: list[Failure]) -> None:
    code, module = class_code(cls), module_of(cls)
    own = [n for n in definitions(code.body) if isinstance(n, s.FuncDef) and id(n) not in machine.work.entered]
    todo = [n for n in own if reach.trains_in(code, n, module)]
    if not todo:
        return
    inst = entry_points.object_of(machine, cls)
    if inst is None:
        return
    for node in sorted(todo, key=lambda n: n.name in reach.referenced):
        if id(node) in machine.work.entered:
            continue
        func = _undecorated(machine, node, machine.store.get(("v", cls.frame, node.name)) or UNKNOWN)
        if func is not None:
            first = () if func.kind == "static" else (cls,) if func.kind == "class" else (inst,)
            args = Args(first, more=True)
            _safely(failures, module, lambda f=func, a=args, n=node: entry_points.run_function(machine, f"{cls.name}.{n.name}", f, a))
