"""`masked_linear_cross_entropy`: hidden states and a head -> their loss, without the logits in between."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear

from shapeguard.losses.eager_linear import eager_linear_loss
from shapeguard.losses.plain import plain_loss
from shapeguard.losses.reference import Reduction
from shapeguard.losses.refusals import (
    is_eager,
    looks_at,
    refuse_ids,
    refuse_linear_shapes,
    refuse_num_tokens,
    refuse_options,
)
from shapeguard.losses.tokens import token_mask


def masked_linear_cross_entropy(
    input: Tensor,  # noqa: A002  (torch's own names)
    linear_weight: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    linear_bias: Tensor | None = None,
    lengths: Tensor | Sequence[int] | None = None,
    ignore_index: int | Sequence[int] | None = -100,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
    num_tokens: float | Tensor | None = None,
) -> Tensor:
    """TODO"""
    refuse_linear_shapes(input, linear_weight, target, mask, linear_bias, weight, reduction)
    refuse_options(weight, label_smoothing)
    refuse_num_tokens(num_tokens, reduction)
    keep = token_mask(target, ignore_index=ignore_index, lengths=lengths)
    keep = keep if mask is None else keep & mask
    options = (weight, label_smoothing, reduction, num_tokens)
    if not is_eager(input, linear_weight, target, keep):
        hidden = input.masked_fill(~keep[..., None], 0)  # NaN there would reach the gradient of the head
        return plain_loss(linear(hidden, linear_weight, linear_bias), target, keep, *options)
    refuse_ids(target, keep, len(linear_weight))
    if torch.is_autocast_enabled(input.device.type) and input.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(input.device.type)  # as nn.Linear does there
        input, linear_weight = input.to(dtype), linear_weight.to(dtype)  # noqa: A001
    linear_bias = None if linear_bias is None else linear_bias.to(linear_weight.dtype)
    looks = looks_at(input, linear_weight, target, keep)
    return eager_linear_loss(input, linear_weight, linear_bias, target, keep, *options, looks=looks)
