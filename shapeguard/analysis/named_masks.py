"""What code calls a mask: a name is weak evidence, and the only one where a mask comes from a file, a batch or a caller unseen."""

from __future__ import annotations

import re

from shapeguard.analysis import syntax as s

_MASK = re.compile(r"(?:^|_)masks?(?:_(?:flat|float|flattened|bool|shifted))?$|[a-z]Masks?$|^mask(?:ed)?_(?:lm_)?weights$")


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
