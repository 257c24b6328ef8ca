"""Names: where their values are found, and where they are bound."""

from __future__ import annotations

import builtins
from dataclasses import replace

from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Lazy, Lib, Ref, Unknown, Value
from shapeguard.analysis.interpreter.language import expression, target
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import named_losses
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import imported
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s


@expression(s.Name)
def value_of_name(m: Machine, node: s.Name, frame: Frame) -> Value:
    """`x`."""
    return lookup(m, node.id, frame)


def lookup(m: Machine, name: str, frame: Frame) -> Value:
    """The value of a name; what is bound nowhere is one unknown thing from now on."""
    here: Frame | None = frame
    data = m.store.data
    while here is not None:
        if here.kind != "class" or here is frame:
            value = data.get(("v", here.id, name))
            if value is not None:
                here.loaded.add(name)
                if isinstance(value, Lazy):
                    value = imported.resolve_lazy(m, value)
                    m.store.settle(("v", here.id, name), value)
                return value  # type: ignore[return-value]
        here = here.parent
    top = frame.top()
    for star in reversed(top.star_libs):
        dotted = canonical(f"{star}.{name}")
        if dotted in table.CALLS or dotted in table.INSTANCES or is_loss(dotted):
            return Lib(dotted)
    if hasattr(builtins, name):
        return Lib(f"builtins.{name}")
    value = m.opaque(name)
    m.store.set(("v", frame.id, name), value)
    return value


@target(s.Name)
def assign_name(m: Machine, left: s.Name, value: Value, frame: Frame) -> None:
    """`x = value`."""
    bind_name(m, left.id, value, frame)


def bind_name(m: Machine, name: str, value: Value, frame: Frame) -> None:
    """Bind a name."""
    if not isinstance(value, Ref):
        value = m.wrap(value)
    target = frame
    scope = frame.outer.get(name)
    if scope == "global":
        target = frame.top()
    elif scope == "nonlocal":
        up = frame.parent
        while up is not None and ("v", up.id, name) not in m.store.data:
            up = up.parent
        target = up or frame
    m.store.set(("v", target.id, name), value)
    target.names.add(name)
    facts = m.get(value)
    if isinstance(facts, Tensor) and facts.losses is not None:
        named_losses.named(m, name, value)
    target.local_masks.pop(name, None)
    if isinstance(facts, Tensor) and facts.mask is not None:
        target.local_masks[name] = facts.mask
        target.loaded.discard(name)
    elif isinstance(facts, Unknown) and not facts.name and isinstance(value, Ref):
        m.set(value, replace(facts, name=name))


@expression(s.Walrus)
def value_of_walrus(m: Machine, node: s.Walrus, frame: Frame) -> Value:
    """`x := value`, bound around the comprehension that it stands in."""
    value = m.value(node.value, frame)
    bind_name(m, node.name, value, frame.around())
    return value
