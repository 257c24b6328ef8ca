"""Dicts, and objects with keys like theirs: encodings, outputs, namespaces."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import Args, BoundLib, Const, Map, Ref, Value
from shapeguard.analysis.interpreter.language import attributes, contains, items, iterates, lengths, methods, sets_attribute, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import imported
from shapeguard.analysis.interpreter.values.sequences import first_method
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.python import containers


@attributes(Map)
def attribute_of_mapping(m: Machine, box: Map, held: Value, name: str) -> Value:
    """`output.logits`, or a method."""
    found = box.get(name) if box.kind != "dict" else None
    return found if found is not None else BoundLib(held, name)


@sets_attribute(Map)
def set_attribute_of_mapping(m: Machine, box: Map, held: Value, name: str, new: Value) -> None:
    """`namespace.name = new`; a dict has no attributes of its own."""
    if box.kind != "dict":
        m.set(held, replace(box, items=(*((k, v) for k, v in box.items if k != name), (name, new))))
    elif isinstance(held, Ref):
        m.store.set(("a", ("r", held.id), name), new)


@methods(Map)
def call_method_of_mapping(m: Machine, box: Map, owner: Value, name: str, args: Args) -> Value:
    """`d.items()`."""
    return first_method(m, (f"{box.kind}.{name}", f"dict.{name}"), owner, name, args)


@items(Map)
def item_of_mapping(m: Machine, box: Map, held: Value, index: Value) -> Value:
    """`d[key]`, once the files that may register the key are run."""
    box_now = imported.after_registrations(m, held, index)
    if not isinstance(box_now, Map):
        return m.item(held, index)
    at = m.get(index)
    op = table.METHODS.get(f"{box_now.kind}.__getitem__")
    return m.run_op(op, Args((held, index))) if op is not None else m.guarded(lambda: containers.item(m, box_now, at))


@iterates(Map)
def iterate_mapping(m: Machine, box: Map, held: Value) -> Value:
    """A key."""
    if not box.items and box.key is not None:
        return box.key
    return Const(box.items[0][0]) if len(box.items) == 1 and isinstance(box.items[0][0], str) else m.opaque()


@contains(Map)
def mapping_contains(m: Machine, box: Map, key: object) -> bool | None:
    """`key in d`."""
    if box.rest is None:
        return box.get(key) is not None
    return True if any(k == key for k, _ in box.items) else None


@truths(Map)
def truth_of_mapping(m: Machine, box: Map) -> bool | None:
    """Whether it has keys."""
    return True if box.items else False if box.rest is None else None


@lengths(Map)
def length_of_mapping(m: Machine, box: Map) -> Dim | None:
    """How many keys it has."""
    return Dim.of(len(box.items)) if box.rest is None else None
