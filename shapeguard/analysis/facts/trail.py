"""What a value came through besides its steps: the functions that were entered for it, and the constants that it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shapeguard.analysis.facts.values import NONE, UNKNOWN, Const, Func, LibObj, Map, Num, Ref, Seq, Site, SliceV, Step, Tensor, Value

ITEMS = 16  # of a container that are looked into
DEPTH = 3


class Trail:
    """For a step, further steps that what it made rests on.

    Steps say what was done to a tensor, for people. What merely handed it on leaves none, and what a number was read from is
    no part of what an operation tells: whether a change of a file can touch a loss is asked of both.
    """

    def __init__(self, data: Mapping[Any, Any]) -> None:
        self._data = data  # the table behind references
        self._more: dict[int, tuple[Step, dict[int, Step]]] = {}  # by id() of a step, which is kept for that
        self._origins: dict[int, tuple[Value, tuple[Step, ...]]] = {}  # by id() of a number or literal
        self._entered: dict[int, Step] = {}
        self.steering: list[dict[int, Step]] = [{}]  # of each function that is running: the constants that chose its branches

    def note_made_with(self, made: Value, used: Iterable[Value]) -> None:
        """Note that one value was made with others."""
        others = [step for value in used for step in self.steps_of(value)]
        if others:
            self.rest_on(made, others)

    def rest_on(self, made: Value, others: Iterable[Step]) -> None:
        """Note that a value rests on steps."""
        if isinstance(made, (Num, Const)):
            self._origin(made, others)
            return
        for step in self.steps_of(made, 1):
            self.add(step, others)

    def add(self, step: Step, others: Iterable[Step]) -> None:
        """Note that what a step made rests on other steps too."""
        found = self._more.get(id(step))
        for other in others:
            if other is step or other in step.parents:
                continue
            if found is None:
                found = self._more[id(step)] = (step, {})
            found[1][id(other)] = other

    def function_returned(self, func: Func, result: Value, args: Iterable[Value]) -> None:
        """Note that a function was run: what it returns came through it; one that returns nothing may have written into its arguments."""
        step = (self.entry_step(func), *self.steering.pop().values())
        for value in args if result == NONE else (result,):
            self.rest_on(value, step)

    def entry_step(self, func: Func) -> Step:
        """The step that stands for entering a function."""
        step = self._entered.get(id(func.node))
        if step is None:
            step = self._entered[id(func.node)] = Step("entered", Site(func.module, func.node.at), "")
        return step

    def written(self, value: Value, site: Site, depth: int = DEPTH) -> None:
        """Note that a number, a literal, or what holds a few of them, stands in the source under a name."""
        if isinstance(value, (Num, Const)):
            if id(value) not in self._origins:
                self._origin(value, (Step("constant", site, ""),))
            return
        facts = self._behind(value)
        if depth and isinstance(facts, (Seq, Map)):
            items = (facts.items or ()) if isinstance(facts, Seq) else tuple(v for _, v in facts.items)
            for item in items[:ITEMS]:
                self.written(item, site, depth - 1)

    def chose_branch(self, *values: Value) -> None:
        """Note that constants chose a branch."""
        for value in values:
            if isinstance(value, (Num, Const)) and (found := self._origins.get(id(value))) is not None:
                self.steering[-1].update((id(step), step) for step in found[1])

    def behind(self, step: Step) -> Iterator[Step]:
        """What a step rests on directly."""
        yield from step.parents
        if (found := self._more.get(id(step))) is not None:
            yield from found[1].values()

    def steps_of(self, value: Value, depth: int = DEPTH) -> Iterator[Step]:
        """The last steps of a value, and of what it holds."""
        facts = self._behind(value)
        if isinstance(facts, (Num, Const)) and (found := self._origins.get(id(facts))) is not None:
            yield from found[1]
        if isinstance(facts, (Tensor, Num, Const, LibObj, Seq)) and facts.step is not None:
            yield facts.step
        if not depth:
            return
        if isinstance(facts, Seq):
            for item in (facts.items or ())[:ITEMS]:
                yield from self.steps_of(item, depth - 1)
            yield from self.steps_of(facts.elem, depth - 1)
        elif isinstance(facts, Map):
            for _, item in facts.items[:ITEMS]:
                yield from self.steps_of(item, depth - 1)
            yield from self.steps_of(facts.rest or UNKNOWN, depth - 1)
        elif isinstance(facts, SliceV):
            yield from self.steps_of(facts.lo, 0)
            yield from self.steps_of(facts.hi, 0)

    def _origin(self, value: Num | Const, steps: Iterable[Step]) -> None:
        if value is NONE:
            return
        known = self._origins.get(id(value), (value, ()))[1]
        self._origins[id(value)] = (value, tuple({id(s): s for s in (*known, *steps)}.values()))

    def _behind(self, value: Value) -> Value:
        for _ in range(32):
            if not isinstance(value, Ref):
                break
            value = self._data.get(("r", value.id), UNKNOWN)
        return value
