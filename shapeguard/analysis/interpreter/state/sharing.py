"""Tensors that share memory: writing an entry writes what it is of, and writing losses writes every view of them."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Ref, Value
from shapeguard.analysis.interpreter.state.heap import Heap
from shapeguard.analysis.ops.tensors import blanked


class Sharing:
    """Which references see the same memory."""

    def __init__(self, heap: Heap) -> None:
        self._heap = heap
        self.rows: dict[int, tuple[Ref, Value]] = {}  # by a Ref's id: the tensor that it is an entry of, and which
        self.views: dict[int, Ref] = {}  # by a Ref's id: the losses that it is a view of

    def view_of(self, row: Value, owner: Value, index: Value) -> None:
        """Remember that writing into an entry of a tensor writes into the tensor."""
        facts = self._heap.get(owner)
        if isinstance(owner, Ref) and isinstance(row, Ref) and isinstance(facts, Tensor) and isinstance(self._heap.get(row), Tensor):
            self.rows[row.id] = (owner, index)

    def share(self, view: Value, owner: Value, name: str) -> None:
        """Remember that a method or attribute made a view of losses."""
        facts = self._heap.get(owner)
        if not isinstance(facts, Tensor) or not facts.losses or not isinstance(view, Ref) or not isinstance(owner, Ref) or view == owner:
            return
        if name in blanked.VIEWS or name in ("data", "T", "mT", "[]") or (name in blanked.PERHAPS_VIEWS and facts.contiguous):
            self.views[view.id] = self.views.get(owner.id, owner)

    def write_through(self, value: Value, before: Tensor, now: Tensor) -> None:
        """Losses were written in place: those that share their memory are what they are."""
        if not isinstance(value, Ref) or not before.losses or now.losses is before.losses:
            return
        base = self.views.get(value.id, value)
        for ref in (base, *(Ref(i) for i, b in self.views.items() if b == base)):
            other = self._heap.get(ref)
            if ref != value and isinstance(other, Tensor) and other.losses is before.losses:
                self._heap.set(ref, replace(other, losses=now.losses))
