"""The operator that checks ids inside of compiled code; it is only loaded where ids are guarded, because torch takes its time to add it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from shapeguard.errors import Finding, make_error
from shapeguard.runtime.value_checks import Ids


@torch.library.custom_op("shapeguard::checked_ids", mutates_args=())
def _checked_ids(ids: Tensor, size: int, ignored: list[int], path: str) -> Tensor:
    found = Ids(None, tuple(ignored)).among(ids.numpy(), path, size)
    if found is not None and "no classes" in found.verdict:
        text = "\n  ".join((f"a compiled function got {found.verdict}", *found.lines))
        raise make_error(text, Finding("a compiled function", "value", culprits=(path,)))
    return ids.clone()


@_checked_ids.register_fake
def _fake(ids: Tensor, size: int, ignored: list[int], path: str) -> Tensor:
    return torch.empty_like(ids)


@_checked_ids.register_vmap
def _vmap(info: Any, in_dims: Any, ids: Tensor, size: int, ignored: list[int], path: str) -> Any:
    return torch.ops.shapeguard.checked_ids(ids, size, ignored, path), in_dims[0]
