"""Entry points: functions that nobody is known to call, main blocks, and objects to call methods on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import Args, Class, Func, Inst
from shapeguard.analysis.interpreter import modules
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.work import OutOfFuel
from shapeguard.analysis.interpreter.values import functions, making
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

NESTED = 3  # times that the functions defined in an entry point have as much work as it


def run_function(m: Machine, name: str, func: Func, args: Args) -> None:
    """Run a function that nobody is known to call."""
    known = {id(p.loss.site.node) for p in m.book.pending.values()} if id(func.node) in m.work.again else set()
    before = len(m.book.pending)
    _enter(m, f"{func.module.path}: {name}", 1, lambda: functions.enter(m, func, args))
    m.work.entered[id(func.node)] = None  # with all the work that there is
    # what was reached before was judged by what its callers pass
    for uid in [uid for uid in list(m.book.pending)[before:] if id(m.book.pending[uid].loss.site.node) in known]:
        del m.book.pending[uid]


def run_main(m: Machine, module: Module) -> None:
    """Run the `if __name__ == "__main__":` blocks of a module."""
    frame = modules.module_frame(m, module)

    def block(body: list[s.Statement]) -> Callable[[], None]:
        def run() -> None:
            run_block(m, body, frame)
            m.book.note_unused_masks(frame)

        return run

    for body in m.frames.main_blocks.get(module.path, ()):
        m.frames.current = frame
        frame.local_masks.clear()
        if not _enter(m, f"{module.path}: __main__", 0, block(body)):
            m.work.cut.update({id(stmt): Site(module, stmt) for stmt in body})


def _enter(m: Machine, name: str, calls: int, run: Callable[[], object]) -> bool:
    """Run an entry point, so many calls deep itself, and the functions that are defined in it; False where the bound is met."""
    m.work.fill_up(calls)
    m.work.spent, reached = {}, m.kept.reached
    m.trail.steering = [{}]
    entered = len(m.work.entered)
    mark = m.store.mark()
    try:
        parts: list[Callable[[], object]] = [run, *([partial(_run_nested, m)] * NESTED)]
        for part in parts:
            try:
                part()
            except OutOfFuel:
                m.work.bounded[name] = None
                m.work.cut_off(entered)
                m.work.fill_up(calls)
                m.book.behind = None
        return name not in m.work.bounded
    finally:
        m.work.settle(m.kept.reached > reached)
        m.store.undo(mark)
        m.store.release(mark)
        m.stand_still()
        m.work.nested.clear()


def _run_nested(m: Machine) -> None:
    """Run the functions defined inside others that nobody was seen to call, and those defined inside of these."""
    m.work.outermost = 1
    while m.work.nested:
        func = m.work.nested.pop(0)
        if id(func.node) not in m.work.entered:
            m.frames.stack, m.rounds.marks, m.book.quiet, m.book.behind = [], [], 0, None
            functions.enter(m, func, Args(more=True))


def object_of(m: Machine, cls: Class) -> Inst | None:
    """An object of a class: one that the program makes, or one made with unknown arguments."""
    made = m.objects.instances.get(id(cls.node))
    live = [i for i in made or () if any(("a", i.uid, n) in m.store.data for n in m.objects.attributes.get(i.uid, ()))]
    if live:
        return live[-1]
    m.work.fill_up(calls=1)
    try:
        value = making.instantiate(m, cls, Args(more=True))
        m.objects.guessed.update([value.uid] if isinstance(value, Inst) else ())
    except OutOfFuel:
        m.work.bounded[f"{cls.module.path}: {cls.name}.__init__"] = None
        value = m.objects.instances[id(cls.node)][-1]  # as far as it was made
        m.objects.guessed.add(m.objects.instances[id(cls.node)][-1].uid)
    finally:
        m.stand_still()
    return value if isinstance(value, Inst) else None
