"""What stands behind references: facts that change, written, copied and joined where branches meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_

from shapeguard.analysis.facts.contents import Origin
from shapeguard.analysis.facts.join import both_texts
from shapeguard.analysis.facts.join import join as join_facts
from shapeguard.analysis.facts.read_back import read_or_made
from shapeguard.analysis.facts.shapes import Axis, Pack
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.store import Changes, Store
from shapeguard.analysis.facts.tensors import Tensor, unknown_tensor
from shapeguard.analysis.facts.uses import After, Uses
from shapeguard.analysis.facts.values import UNKNOWN, LibObj, Map, Ref, Seq, Unknown, Value


class Kept:
    """How far losses have come: every value made of losses that a variable came to hold."""

    def __init__(self) -> None:
        self.values: dict[Uses, None] = {}
        self.named: dict[Uses, None] = {}  # that were bound to a name which says that it holds a loss
        self.returned: dict[Uses, None] = {}  # that functions gave
        self.reached = 0  # losses that were met, recorded or not

    def note(self, tensor: Tensor) -> None:
        """Remember how far the losses in a tensor have come."""
        if tensor.losses is not None:
            self.reached += 1
            self.values[tensor.losses] = None

    def called(self, tensor: Tensor) -> None:
        """Note that something says that a tensor is a loss."""
        if tensor.losses is not None:
            self.named[tensor.losses] = None

    def note_backward(self, tensor: Tensor) -> None:
        """Note that a backward pass starts from a tensor."""
        self.then(tensor, After("backward"))

    def then(self, tensor: Tensor, what: After) -> None:
        """Note that something was done with the losses in a tensor that makes no new value."""
        if tensor.losses is not None:
            self.values[tensor.losses.then(what)] = None


class Heap:
    """Facts behind references."""

    def __init__(self, store: Store, kept: Kept) -> None:
        self._store = store
        self._kept = kept

    def get(self, value: Value) -> Value:
        """The present facts behind a Ref."""
        if isinstance(value, Ref):
            data = self._store.data
            for _ in range(32):
                found = data.get(("r", value.id))
                if found is None:
                    return UNKNOWN
                value = found  # type: ignore[assignment]
                if not isinstance(value, Ref):
                    break
            else:
                return UNKNOWN
        return self._store.resolved(value) if isinstance(value, Tensor) else value

    def new(self, facts: Value) -> Ref:
        """A Ref to fresh mutable facts."""
        ref = Ref(self._store.number())
        self._store.make(("r", ref.id), facts)
        return ref

    def set(self, ref: Value, facts: Value) -> None:
        """Overwrite what a Ref points to."""
        if isinstance(ref, Ref):
            target = ref
            while isinstance(inner := self._store.get(("r", target.id)), Ref):
                target = inner
            self._store.set(("r", target.id), self.get(facts) if isinstance(facts, Ref) else facts)

    def wrap(self, value: Value) -> Value:
        """The value as a variable holds it: mutable facts behind a Ref."""
        if isinstance(value, Tensor):
            self._kept.note(value)
            return self.new(value)
        if isinstance(value, (Map, LibObj, Unknown)) or (isinstance(value, Seq) and value.kind != "tuple"):
            return self.new(value)
        if isinstance(value, Seq) and value.items is not None and any(isinstance(i, (Tensor, Map, Seq, Unknown)) for i in value.items):
            return replace(value, items=tuple(self.wrap(i) for i in value.items))
        return value

    def opaque(self, name: str = "", why: str = "") -> Ref:
        """A fresh unknown that is nevertheless one thing: what is learnt of it stays."""
        return self.new(Unknown(why, name))

    def as_tensor(self, value: Value) -> Tensor | None:
        """The tensor facts of a value; an opaque one is from now on a tensor of unknown shape."""
        facts = self.get(value)
        if isinstance(facts, Unknown):
            tensor = unknown_tensor(facts.name or "x", origin=Origin(uid()))
            if isinstance(value, Ref):
                self.set(value, tensor)
            return tensor
        return facts if isinstance(facts, Tensor) else None

    def bind(self, pack: object, axes: tuple[object, ...]) -> None:
        """A pack is now known to stand for these axes."""
        if isinstance(pack, Pack) and self._store.get(("p", pack.uid)) is None and pack not in axes:
            self._store.set(("p", pack.uid), tuple(a for a in axes if isinstance(a, (Axis, Pack))))

    def join(self, a: Value, b: Value) -> Value:
        """What is true of both; mutable facts that stood behind different references get a reference of their own."""
        if a == b:
            return a
        if isinstance(a, Ref) or isinstance(b, Ref):
            fa, fb = self.get(a), self.get(b)
            if isinstance(fa, Unknown) or isinstance(fb, Unknown):
                for unknown, made in ((fa, fb), (fb, fa)):
                    if isinstance(unknown, Unknown) and unknown.read is not None and not isinstance(made, Unknown):
                        found = read_or_made(unknown.read, self._followed(made))
                        return self.new(Unknown("", unknown.name, read=unknown.read)) if found is None else self.wrap(found)
                name = fa.name if isinstance(fa, Unknown) else fb.name if isinstance(fb, Unknown) else ""
                return self.new(Unknown("", name, text=both_texts(fa, fb)))
            return self.wrap(self._joined(fa, fb))
        return self.wrap(self._joined(a, b))

    def _joined(self, a: Value, b: Value) -> Value:
        """`join` of facts, following the references inside containers."""
        if isinstance(a, (Seq, Map)) and type(a) is type(b):
            a, b = self._followed(a), self._followed(b)
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            a, b = _empty_mask(a, b), _empty_mask(b, a)
        return join_facts(a, b)

    def _followed(self, value: Value) -> Value:
        """A container with the references inside of it followed."""
        if isinstance(value, Map):
            return replace(value, items=tuple((k, self._dereferenced_item(v)) for k, v in value.items))
        return self._dereferenced(value) if isinstance(value, Seq) else value

    def _dereferenced_item(self, value: Value, depth: int = 0) -> Value:
        facts = self.get(value)
        return self._dereferenced(facts, depth + 1) if isinstance(facts, Seq) and depth < 4 else facts

    def _dereferenced(self, seq: Seq, depth: int = 0) -> Seq:
        items = None if seq.items is None else tuple(self._dereferenced_item(i, depth) for i in seq.items)
        elem = self._dereferenced_item(seq.elem, depth)
        if elem is seq.elem and (items is None or seq.items is None or all(map(is_, items, seq.items))):
            return seq
        return replace(seq, items=items, elem=elem)

    def join_all(self, values: Sequence[Value]) -> Value:
        """The join of several values; UNKNOWN of none."""
        if not values:
            return UNKNOWN
        out = values[0]
        for value in values[1:]:
            out = self.join(out, value)
        return out

    def run_branches(self, *branches: Callable[[], bool]) -> bool:
        """Run each branch from the present state and join those that return True (fall through); False when none does."""
        store = self._store
        mark = store.mark()
        ends: list[Changes] = []
        try:
            for branch in branches:
                if branch():
                    ends.append(store.changes(mark))
                store.undo(mark)
        finally:
            store.release(mark)
        if ends:
            store.merge(ends, self.join)
        return bool(ends)


def _empty_mask(a: Tensor, b: Tensor) -> Tensor:
    """Zeros (or ones) beside the mask by lengths that is being written into them: the mask of no rows yet."""
    if a.mask is None and a.value is not None and b.mask is not None and b.mask.kind == "lengths" and b.value is None:
        return replace(a, mask=b.mask, value=None, scale=b.scale, unpadded=b.unpadded, fills=b.fills)
    return a
