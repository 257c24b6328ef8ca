"""What code calls a mask: a name is weak evidence, and the only one where a mask comes from a file, a batch or a caller unseen."""

from __future__ import annotations

import re
from dataclasses import replace

from shapeguard.analysis.facts.values import Mask, Tensor, Unknown, Value, uid
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.reading import syntax as s

_MASK = re.compile(r"(?:^|_)masks?(?:_(?:flat|float|flattened|bool|shifted))?$|[a-z]Masks?$|^mask(?:ed)?_(?:lm_)?weights$")


def as_named_mask(machine: Machine, value: Value, node: s.Expr, loss: Value) -> Value:
    """A tensor of which nothing else is known, as the mask that its name says it is, where it is multiplied onto a loss."""
    onto, facts = machine.get(loss), machine.get(value)
    if not isinstance(onto, Tensor) or not onto.losses or onto.shape.rank == 0 or not isinstance(facts, (Tensor, Unknown)):
        return value
    if isinstance(facts, Tensor) and (facts.mask is not None or facts.scale not in ("", "mask") or facts.losses):
        return value
    name = reads_as_mask(node)
    mask = machine.as_tensor(value) if name else None
    if mask is None:
        return value
    step = machine.step("named", f"{name} is a mask by its name", mask.step, sure=False)
    return machine.new(replace(mask, mask=Mask("given", "unknown", uid=uid(), step=step), step=step))


def reads_as_mask(node: s.Expr) -> str:
    """The name of what is multiplied, if it is called a mask: `loss_mask.view(-1)`, `batch["mask"][:, 1:]`; else an empty text."""
    name = _name(node)
    return name if _MASK.search(name) else ""


def _name(node: s.Expr) -> str:
    while True:
        if isinstance(node, s.Call) and isinstance(node.func, s.Attr):
            node = node.func.obj
        elif isinstance(node, s.Index):
            key = node.items[0] if len(node.items) == 1 else None
            if isinstance(key, s.Const) and isinstance(key.value, str):
                return key.value
            node = node.obj
        else:
            return node.id if isinstance(node, s.Name) else node.name if isinstance(node, s.Attr) else ""
