"""Python loops over positions: which are running, and which rows of a tensor their indices pick one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from shapeguard.analysis.facts.shapes import Sym
from shapeguard.analysis.facts.values import Note, Num, Seq, Tensor, Value
from shapeguard.analysis.interpreter.machine import Machine

_WIDE = ("logits", "log_probs", "probs", "embedding")  # one position of these is a row, of ids a number


class Rounds(Machine):
    """The loops that are running."""

    @contextmanager
    def in_round(self, item: Value, source: Value, sifting: bool = False) -> Iterator[None]:
        """One round of a loop, over an item of a source."""
        before = self.sifting
        facts = self.get(source)
        self.sifting = sifting or (isinstance(facts, Seq) and facts.sifted)
        self.rounds.append(self._numbers(item))
        try:
            yield
        finally:
            self.rounds.pop()
            self.sifting = before

    @contextmanager
    def on_condition(self) -> Iterator[None]:
        """A branch that may or may not be taken."""
        before = self.sifting
        self.sifting = before or bool(self.rounds)
        try:
            yield
        finally:
            self.sifting = before

    def _numbers(self, item: Value, depth: int = 0) -> frozenset[Sym]:
        facts = self.get(item)
        if isinstance(facts, Num):
            return facts.dim.symbols
        if isinstance(facts, Tensor):
            return facts.value.symbols if facts.value is not None else frozenset()
        if isinstance(facts, Seq) and facts.items is not None and depth < 3:
            return frozenset().union(*(self._numbers(i, depth + 1) for i in facts.items))
        return frozenset()

    def picked_by(self, items: tuple[Value, ...]) -> int:
        """By the indices of how many running loops an entry is picked; 0 where it is cut or masked."""
        found = [self._numbers(i) if isinstance(self.get(i), (Num, Tensor)) else None for i in items]
        if None in found:
            return 0
        return sum(any(numbers & mine for mine in found if mine is not None) for numbers in self.rounds)

    def one_position(self, x: Tensor) -> bool:
        """Whether it is one position that was picked in Python out of many: by two loops, or by one with a condition."""
        rank = x.shape.rank
        small = rank == 0 or (rank == 1 and x.scale in _WIDE)
        return small and (x.picked > 1 or (x.picked == 1 and self.sifting))

    def one_by_one(self, value: Value) -> Value:
        """A member of a list that is being put together: with a note where it is a position picked in Python."""
        facts = self.get(value)
        if not isinstance(facts, Tensor) or not self.one_position(facts) or facts.note("python-filter"):
            return value
        step = self.step("filter", "rows are picked one by one in Python", facts.step)
        return self.new(replace(facts, notes=(*facts.notes, Note("python-filter", step))))
