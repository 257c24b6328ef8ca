"""What torch tells only under private names, all of it here."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_C: Any = torch._C


def is_transformed() -> bool:
    """Whether `torch.func` transforms what runs: grad, vmap, jvp."""
    active: bool = _C._are_functorch_transforms_active()
    return active


def is_batched(gradient: Tensor) -> bool:
    """Whether several gradients are asked for at once, by is_grads_batched."""
    wrapped: bool = _C._functorch.is_functorch_wrapped_tensor(gradient) or _C._functorch.is_legacy_batchedtensor(gradient)
    return wrapped


def is_graph_kept() -> bool:
    """Whether the backward that runs may run again, by retain_graph."""
    kept: bool = _C._autograd._get_current_graph_task_keep_graph()
    return kept


def assert_later(condition: Tensor) -> None:
    """An assert on a device's tensor that does not wait for it."""
    check: Any = torch._assert_async  # pyright: ignore[reportPrivateImportUsage]
    check(condition)
