"""The interpreter: the mixins put together, and modules run when they are first needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shapeguard.analysis.facts.values import Args, Class, Const, Func, Inst, Site, Super, Value
from shapeguard.analysis.interpreter.calls import Calls
from shapeguard.analysis.interpreter.checked import Checked
from shapeguard.analysis.interpreter.evaluate import Expressions
from shapeguard.analysis.interpreter.execute import Statements
from shapeguard.analysis.interpreter.machine import ASIDE, FUEL, Frame, OutOfFuel
from shapeguard.analysis.interpreter.objects import Objects
from shapeguard.analysis.interpreter.rounds import Rounds
from shapeguard.analysis.reading import syntax as s

if TYPE_CHECKING:
    from shapeguard.analysis.reading.parse import Module
    from shapeguard.analysis.reading.project import Project

NESTED = 3  # times that the functions defined in an entry point have as much work as it
DEFINITION_FUEL = 200  # of one statement behind the work bound of its module
DEFINING = (s.FuncDef, s.ClassDef, s.Import, s.If, s.Try)


class Interpreter(Rounds, Checked, Expressions, Objects, Calls, Statements):
    """Runs project code on facts."""

    def __init__(self, project: Project, *, losses: Sequence[str] = (), ignore_index: int | None = None) -> None:
        super().__init__(project, losses=losses, ignore_index=ignore_index)
        self.classes: dict[int, Class] = {}
        self.main_blocks: dict[str, list[list[s.Statement]]] = {}
        self.bounded: dict[str, None] = {}
        self.broken = []

    def module_frame(self, module: Module) -> Frame:
        frame = self.module_frames.get(module.path)
        if frame is not None:
            return frame
        frame = Frame(self.store.number(), module, "module", None)
        outermost = not self.module_runs or self.module_runs[-1][1] <= frame.id
        if outermost:
            self.module_runs.append((frame.id, sys.maxsize))
        self.frames[frame.id] = frame
        self.module_frames[module.path] = frame
        saved = (self.quiet, self.stack, self.loop_marks, self.site, self.fuel, getattr(self, "current", frame))
        paid = (self.aside, self.beside, self.outermost, self.vain_calls)
        self.quiet, self.stack, self.loop_marks, self.current = 0, [], [], frame
        self._fill_up(calls=0)
        nested, self.nested = self.nested, []
        self.trail.steering.append({})
        mark = self.store.mark()
        self.store.set(("v", frame.id, "__name__"), Const(module.name))
        self.store.set(("v", frame.id, "__file__"), Const(module.path))
        try:
            self._run_module(module, frame)
        finally:
            self.store.commit(mark)
            self.nested = nested
            self.trail.steering.pop()
            self.store.release(mark)
            self.quiet, self.stack, self.loop_marks, self.site, self.fuel, self.current = saved
            self.aside, self.beside, self.outermost, self.vain_calls = paid
            if outermost:
                self.module_runs[-1] = (frame.id, self.store.number())
        self.frame_done(frame)
        return frame

    def _run_module(self, module: Module, frame: Frame) -> None:
        """Runs the statements of a module; behind the work bound they have as much again, most of it for those that lead to a loss."""
        left = FUEL
        met = False
        for stmt in module.body:
            if met:
                leads = not isinstance(stmt, DEFINING) and self.trains(stmt, module)
                self.fuel = max(min(left // 2 if leads else DEFINITION_FUEL, left), 0)
                left -= self.fuel
            entered = len(self.entered)
            try:
                if not self.exec_block([stmt], frame):
                    return
            except OutOfFuel:
                met = True
                self.bounded[f"{module.path}: module"] = None
                self.cut[id(stmt)] = Site(module, stmt)
                self.cut_off(entered)
                self.quiet, self.stack, self.loop_marks, self.current, self.beside = 0, [], [], frame, False
            left += max(self.fuel, 0) if met else 0

    def super_of(self, frame: Frame) -> Value:
        """`super()` in a method's frame."""
        here: Frame | None = frame
        while here is not None and (here.func is None or here.func.cls is None):
            here = here.parent
        if here is None or here.func is None or here.func.cls is None or here.self_value is None:
            return self.opaque("super")
        return Super(here.func.cls, here.self_value)

    def run_entry(self, name: str, func: Func, args: Args) -> None:
        """Run a function that nobody is known to call."""
        known = {id(p.loss.site.node) for p in self.pending.values()} if id(func.node) in self.again else set()
        before = len(self.pending)
        self._enter(f"{func.module.path}: {name}", 1, lambda: self.call_func(func, args))
        self.entered[id(func.node)] = None  # with all the work that there is
        # what was reached before was judged by what its callers pass
        for uid in [uid for uid in list(self.pending)[before:] if id(self.pending[uid].loss.site.node) in known]:
            del self.pending[uid]

    def run_main(self, module: Module) -> None:
        """Run the `if __name__ == "__main__":` blocks of a module."""
        frame = self.module_frame(module)

        def block(body: list[s.Statement]) -> Callable[[], None]:
            def run() -> None:
                self.exec_block(body, frame)
                self.frame_done(frame)

            return run

        for body in self.main_blocks.get(module.path, ()):
            self.current = frame
            frame.local_masks.clear()
            if not self._enter(f"{module.path}: __main__", 0, block(body)):
                self.cut.update({id(stmt): Site(module, stmt) for stmt in body})

    def _enter(self, name: str, calls: int, run: Callable[[], object]) -> bool:
        """Run an entry point, so many calls deep itself, and the functions that are defined in it; False where the bound is met."""
        self._fill_up(calls)
        self.spent, reached = {}, self.reached
        self.trail.steering = [{}]
        entered = len(self.entered)
        mark = self.store.mark()
        try:
            for part in (run, *([self._run_nested] * NESTED)):
                try:
                    part()
                except OutOfFuel:
                    self.bounded[name] = None
                    self.cut_off(entered)
                    self._fill_up(calls)
            return name not in self.bounded
        finally:
            self._settle(self.reached > reached)
            self.store.undo(mark)
            self.store.release(mark)
            self.stack, self.loop_marks, self.quiet, self.beside = [], [], 0, False
            self.nested.clear()

    def _fill_up(self, calls: int) -> None:
        """The work of an entry point that is so many calls deep itself."""
        self.fuel, self.aside, self.beside, self.outermost, self.vain_calls = FUEL, ASIDE, False, calls, set()

    def _run_nested(self) -> None:
        """Run the functions defined inside others that nobody was seen to call, and those defined inside of these."""
        self.outermost = 1
        while self.nested:
            func = self.nested.pop(0)
            if id(func.node) not in self.entered:
                self.stack, self.loop_marks, self.quiet = [], [], 0
                self.call_func(func, Args(more=True))

    def _settle(self, met: bool) -> None:
        """After an entry point: what was done in it was in vain unless it met a loss."""
        for node, work in self.spent.items():
            self.vain[node] = self.vain.get(node, 0) + (-4 * work if met else work)

    def object_of(self, cls: Class) -> Inst | None:
        """An object of a class: one that the program makes, or one made with unknown arguments."""
        made = self.instances.get(id(cls.node))
        live = [i for i in made or () if any(("a", i.uid, n) in self.store.data for n in self.attr_names.get(i.uid, ()))]
        if live:
            return live[-1]
        self._fill_up(calls=1)
        try:
            value = self.instantiate(cls, Args(more=True))
        except OutOfFuel:
            self.bounded[f"{cls.module.path}: {cls.name}.__init__"] = None
            value = self.instances[id(cls.node)][-1]  # as far as it was made
        finally:
            self.stack, self.loop_marks, self.quiet, self.beside = [], [], 0, False
        return value if isinstance(value, Inst) else None
