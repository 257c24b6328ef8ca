"""Python loops: which are running, how they are left, and which rows of a tensor their indices pick one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shapeguard.analysis.facts.shapes import Sym
from shapeguard.analysis.facts.store import Changes, Mark
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Num, Seq, Value
from shapeguard.analysis.interpreter.state.heap import Heap

_WIDE = ("logits", "log_probs", "probs", "embedding")  # one position of these is a row, of ids a number


class Rounds:
    """The loops that are running."""

    def __init__(self, heap: Heap) -> None:
        self._heap = heap
        self.marks: list[tuple[Mark, list[Changes], list[Changes]]] = []  # (mark, break states, continue states)
        self.leaves = False  # whether the loop body that was run last has a break or continue
        self.running: list[frozenset[Sym]] = []  # of each loop that is running: the numbers that tell its round
        self.conditional = False  # under a condition of the innermost loop, or going over what a filter left

    @contextmanager
    def over(self, item: Value, source: Value, conditional: bool = False) -> Iterator[None]:
        """One round of a loop, over an item of a source."""
        before = self.conditional
        facts = self._heap.get(source)
        self.conditional = conditional or (isinstance(facts, Seq) and facts.sifted)
        self.running.append(self._numbers(item))
        try:
            yield
        finally:
            self.running.pop()
            self.conditional = before

    @contextmanager
    def under_condition(self) -> Iterator[None]:
        """A context in which a branch is run that may or may not be taken."""
        before = self.conditional
        self.conditional = before or bool(self.running)
        try:
            yield
        finally:
            self.conditional = before

    def _numbers(self, item: Value, depth: int = 0) -> frozenset[Sym]:
        facts = self._heap.get(item)
        if isinstance(facts, Num):
            return facts.dim.symbols
        if isinstance(facts, Tensor):
            return facts.value.symbols if facts.value is not None else frozenset()
        if isinstance(facts, Seq) and facts.items is not None and depth < 3:
            return frozenset().union(*(self._numbers(i, depth + 1) for i in facts.items))
        return frozenset()

    def picked_by(self, items: tuple[Value, ...]) -> int:
        """By the indices of how many running loops an entry is picked; 0 where it is cut or masked."""
        found = [self._numbers(i) if isinstance(self._heap.get(i), (Num, Tensor)) else None for i in items]
        if None in found:
            return 0
        return sum(any(numbers & mine for mine in found if mine is not None) for numbers in self.running)

    def one_position(self, x: Tensor) -> bool:
        """Whether it is one position that was picked in Python out of many: by two loops, or by one with a condition."""
        rank = x.shape.rank
        small = rank == 0 or (rank == 1 and x.scale in _WIDE)
        return small and (x.picked > 1 or (x.picked == 1 and self.conditional))
