"""What nothing is known of, and what is one of a few things: what is learnt of them stays."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Args, BoundLib, Ref, SliceV, Unknown, Value
from shapeguard.analysis.interpreter.language import attributes, calls, items, sets_item, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import outside
from shapeguard.analysis.ops import table

# methods and attributes that only tensors have: an unknown that is asked for one is a tensor
TENSOR_ONLY = frozenset(
    "view reshape transpose permute contiguous unsqueeze squeeze size dim numel argmax softmax log_softmax masked_fill masked_fill_ "
    "masked_select detach long float half bfloat16 to_padded_tensor new_zeros new_full new_ones expand expand_as view_as type_as scatter "
    "scatter_ gather index_select flatten shape ndim t mT cumsum topk bmm matmul repeat_interleave chunk narrow unbind movedim clamp "
    "backward item sigmoid tanh relu fill_ zero_ requires_grad_ logical_not logical_and eq ne".split()
)


@calls(Unknown)
def call_unknown(m: Machine, facts: Unknown, held: Value, args: Args) -> Value:
    """`accelerator.backward(loss)`, `scaler.scale(loss)`: what is done to a loss is known by its name alone."""
    if args.pos and isinstance(first := m.get(args.pos[0]), Tensor) and first.losses:
        if facts.name in ("backward", "manual_backward"):
            m.kept.note_backward(first)
        elif facts.name == "scale":
            return args.pos[0]
    return m.opaque(why="the callee is not known")


@attributes(Unknown)
def attribute_of_unknown(m: Machine, facts: Unknown, held: Value, name: str) -> Value:
    """The same unknown for the same name; what is asked for something that only tensors have is one from now on."""
    if facts.text and f"text.{name}" in table.METHODS:
        return BoundLib(held, name)
    if not isinstance(held, Ref):
        return m.opaque(name)
    if name in TENSOR_ONLY:
        m.as_tensor(held)
        return m.attr(held, name)
    if name in outside.METHODS:
        return BoundLib(held, name)
    return m.opaque_attr(("r", held.id), name, facts.read)


@items(Unknown)
def item_of_unknown(m: Machine, facts: Unknown, held: Value, index: Value) -> Value:
    """The same for the same index; a part of a text is one."""
    found = m.opaque_item(held, index)
    part = m.get(found)
    if facts.text and isinstance(part, Unknown) and not part.text:
        m.set(found, replace(part, text=True))
    return found


@sets_item(Unknown)
def set_item_of_unknown(m: Machine, facts: Unknown, held: Value, indices: tuple[Value, ...], new: Value) -> None:
    """`x[i, j] = new`: what is cut like a tensor is one; anything else remembers its item."""
    if isinstance(held, Ref) and is_cut(m, indices):
        m.as_tensor(held)
        m.set_item(held, indices, new)
    elif not outside.rows_written(m, held, indices, new):
        m.set_opaque_item(held, indices, new)


def is_cut(m: Machine, indices: tuple[Value, ...]) -> bool:
    """Whether something is indexed as only tensors are: by several indices, a slice or a tensor."""
    return bool(indices[1:]) or isinstance(m.get(indices[0]), (Tensor, SliceV))


@truths(Unknown)
def truth_of_unknown(m: Machine, facts: Unknown) -> bool | None:
    """It may be anything."""
    return None
