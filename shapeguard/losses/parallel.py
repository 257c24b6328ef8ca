"""The loss of logits that are spread over devices as a DTensor, as under `loss_parallel`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shapeguard.errors import ShapeError
from shapeguard.losses.refusals import form, refuse_ids
from shapeguard.losses.softmax import ratio_or_zero, wide, widest


def is_spread(*tensors: Tensor) -> bool:
    """Whether one of them is a DTensor. In a traced graph nobody asks: there torch itself refuses to mix the two."""
    if torch.compiler.is_compiling():
        return False
    return any(type(t).__module__.startswith("torch.distributed.tensor") for t in tensors)


def refuse_half_spread(hidden: Tensor, head: Tensor) -> None:
    """A product of a DTensor and a plain tensor has no meaning."""
    if is_spread(hidden) == is_spread(head):
        return
    kinds = [f"{name} {form(t)} is {'a DTensor' if is_spread(t) else 'none'}" for name, t in (("input", hidden), ("linear_weight", head))]
    raise ShapeError(
        f"{kinds[0]}, {kinds[1]}: call it in the forward of the module that fully_shard wraps, where the weight is whole, "
        "or make both DTensors"
    )


def everywhere(x: Tensor, like: Tensor) -> Tensor:
    """A plain tensor, the same on all ranks, as a DTensor on the mesh of another one; a DTensor as it is."""
    from torch.distributed.tensor import DTensor, Replicate

    if isinstance(x, DTensor):
        return x
    mesh: Any = like.device_mesh  # type: ignore[attr-defined]
    return DTensor.from_local(x, mesh, [Replicate()] * mesh.ndim, run_check=False)


def parallel_loss(
    logits: Tensor,
    target: Tensor,
    keep: Tensor,
    weight: Tensor | None,
    label_smoothing: float,
    reduction: str,
    num_tokens: float | Tensor | None,
) -> Tensor:
    """The loss of a DTensor (..., V); target and mask are whole on each rank. Returns a DTensor, on all ranks the same."""
    if not is_spread(logits):
        raise ShapeError(f"target or mask is a DTensor, and input {form(logits)} is not: pass target.full_tensor()")
    if weight is not None or label_smoothing:
        raise NotImplementedError(
            f"weight and label_smoothing are not implemented for a DTensor {form(logits)}: torch's loss_parallel has neither"
        )
    if not is_spread(target, keep):
        refuse_ids(target, keep, logits.shape[-1])  # no device of loss_parallel holds such a class: it would count as 0
    target, keep = everywhere(target, logits), everywhere(keep, logits)
    x = logits.masked_fill(~keep[..., None], 0)
    x = x.to(wide(x.dtype))
    classes = logits.shape[-1]
    ids = target.masked_fill(target < 0, classes).masked_fill(~keep, -100)
    losses = cross_entropy(x.flatten(0, -2), ids.flatten(), reduction="none" if reduction == "none" else "sum")
    if reduction == "none":
        return losses.view(target.shape)
    if reduction == "sum":
        return losses
    count = keep.sum() if num_tokens is None else num_tokens
    count = everywhere(count, logits) if isinstance(count, Tensor) else count
    return ratio_or_zero(losses.to(widest(losses.device)), count).to(losses.dtype)
