"""Attributes and items as they are written: `x.name`, `x[i]`."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import UNKNOWN, Ref, Seq, Unknown, Value
from shapeguard.analysis.interpreter.language import expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import tensors, unknown
from shapeguard.analysis.reading import syntax as s


@expression(s.Attr)
def value_of_attribute(m: Machine, node: s.Attr, frame: Frame) -> Value:
    """`x.name`."""
    value = m.value(node.obj, frame)
    with m.at(frame.module, node.at):
        return m.attr(value, node.name)


@expression(s.Index)
def value_of_item(m: Machine, node: s.Index, frame: Frame) -> Value:
    """`x[i]`, `x[a, b:c]`."""
    value = m.value(node.obj, frame)
    items = tuple(m.value(i, frame) for i in node.items)
    with m.at(frame.module, node.at):
        return index(m, value, items, node.tuple)


def index(m: Machine, value: Value, indices: tuple[Value, ...], comma: bool) -> Value:
    """`value[indices]`: of a tensor by all of them, of anything else by one, which may be a tuple."""
    facts = m.get(value)
    if isinstance(facts, Unknown) and not facts.text and isinstance(value, Ref) and unknown.is_cut(m, indices):
        facts = m.as_tensor(value) or facts
    if isinstance(facts, Tensor):
        return tensors.index_tensor(m, facts, value, indices)
    one = indices[0] if len(indices) == 1 and not comma else Seq("tuple", indices, UNKNOWN, Dim.of(len(indices)))
    return m.item(value, one)
