"""The loss by plain operations of fixed shapes: what is traced, transformed or spread over devices goes this way."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shapeguard.losses.internals import is_recorded
from shapeguard.losses.softmax import ratio_or_zero, wide, widest


def plain_loss(
    logits: Tensor,
    target: Tensor,
    keep: Tensor,
    weight: Tensor | None,
    label_smoothing: float,
    reduction: str,
    num_tokens: float | Tensor | None,
) -> Tensor:
    """The loss of logits (..., V) where `keep` (...) is True.

    The masked logits are filled too: `F.cross_entropy` with ignore_index gives NaN gradients at an ignored row of NaN.
    """
    x = logits.masked_fill(~keep[..., None], 0)
    x = x.to(wide(x.dtype))
    weight = None if weight is None else weight.to(x.dtype)
    classes = logits.shape[-1]
    ids = target.long()
    ids = ids.masked_fill(ids < 0, classes).masked_fill(~keep, 0)  # -1 becomes an id that raises; it never wraps around
    of_rows = _spelled_out if is_recorded() else cross_entropy
    losses = of_rows(x.reshape(-1, classes), ids.reshape(-1), weight=weight, label_smoothing=label_smoothing, reduction="none")
    losses = losses.reshape(target.shape).masked_fill(~keep, 0)
    if reduction == "none":
        return losses
    total = losses.sum(dtype=widest(losses.device))
    if reduction == "sum":
        return total.to(x.dtype)
    return ratio_or_zero(total, counted(keep, ids, weight) if num_tokens is None else num_tokens).to(x.dtype)


def _spelled_out(x: Tensor, ids: Tensor, weight: Tensor | None, label_smoothing: float, reduction: str) -> Tensor:
    """`F.cross_entropy` of rows (n, V) by its formula: one ONNX export drops its label_smoothing silently, the other refuses it."""
    assert reduction == "none"
    log_p = x.log_softmax(-1)
    losses = -log_p.gather(1, ids[:, None])[:, 0]
    losses = losses if weight is None else losses * weight[ids]
    if not label_smoothing:
        return losses
    return (1 - label_smoothing) * losses - label_smoothing * (log_p if weight is None else log_p * weight).mean(-1)


def counted(keep: Tensor, ids: Tensor, weight: Tensor | None) -> Tensor:
    """What a mean divides by: how many positions count, or the sum of their weights."""
    if weight is None:
        return keep.sum()
    return torch.where(keep, weight[ids], 0).sum(dtype=widest(keep.device))
