"""Modules of the project: each is run once, when it is first asked for, as an entry point of its own."""

from __future__ import annotations

import sys

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import Const
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state import work
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.work import OutOfFuel
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

DEFINITION_FUEL = 200  # of one statement behind the work bound of its module
DEFINING = (s.FuncDef, s.ClassDef, s.Import, s.If, s.Try)


def module_frame(m: Machine, module: Module) -> Frame:
    """The frame of a module, run when first asked for."""
    frame = m.frames.modules.get(module.path)
    if frame is not None:
        return frame
    frame = Frame(m.store.number(), module, "module", None)
    outermost = not m.frames.runs or m.frames.runs[-1][1] <= frame.id
    if outermost:
        m.frames.runs.append((frame.id, sys.maxsize))
    m.frames.by_id[frame.id] = frame
    m.frames.modules[module.path] = frame
    saved = (m.book.quiet, m.frames.stack, m.rounds.marks, m.site, m.work.fuel, m.frames.current or frame, m.book.behind)
    paid = (m.work.aside, m.work.beside, m.work.outermost, m.work.fruitless_calls)
    m.book.quiet, m.frames.stack, m.rounds.marks, m.frames.current, m.book.behind = 0, [], [], frame, None
    m.work.fill_up(calls=0)
    nested, m.work.nested = m.work.nested, []
    m.trail.steering.append({})
    mark = m.store.mark()
    m.store.set(("v", frame.id, "__name__"), Const(module.name))
    m.store.set(("v", frame.id, "__file__"), Const(module.path))
    try:
        _run_module(m, module, frame)
    finally:
        m.store.commit(mark)
        m.work.nested = nested
        m.trail.steering.pop()
        m.store.release(mark)
        m.book.quiet, m.frames.stack, m.rounds.marks, m.site, m.work.fuel, m.frames.current, m.book.behind = saved
        m.work.aside, m.work.beside, m.work.outermost, m.work.fruitless_calls = paid
        if outermost:
            m.frames.runs[-1] = (frame.id, m.store.number())
    m.book.note_unused_masks(frame)
    return frame


def _run_module(m: Machine, module: Module, frame: Frame) -> None:
    """Runs the statements of a module; behind the work bound they have as much again, most of it for those that lead to a loss."""
    left = work.FUEL
    met = False
    for stmt in module.body:
        if met:
            leads = not isinstance(stmt, DEFINING) and m.trains(stmt, module)
            m.work.fuel = max(min(left // 2 if leads else DEFINITION_FUEL, left), 0)
            left -= m.work.fuel
        entered = len(m.work.entered)
        try:
            ended = len(frame.refusals)
            if not run_block(m, [stmt], frame):
                if len(frame.refusals) == ended:
                    return
                m.book.behind = frame.refusals[-1]
        except OutOfFuel:
            met = True
            m.work.bounded[f"{module.path}: module"] = None
            m.work.cut[id(stmt)] = Site(module, stmt)
            m.work.cut_off(entered)
            m.stand_still()
            m.frames.current, m.book.behind = frame, next(iter(frame.refusals), None)
        left += max(m.work.fuel, 0) if met else 0
