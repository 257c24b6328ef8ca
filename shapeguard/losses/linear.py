"""`masked_linear_cross_entropy`: hidden states and a head -> their loss, without the logits in between."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear

from shapeguard.losses.eager_linear import eager_linear_loss
from shapeguard.losses.internals import not_scripted
from shapeguard.losses.parallel import everywhere, is_spread, parallel_loss, refuse_half_spread
from shapeguard.losses.plain import plain_loss
from shapeguard.losses.reference import Reduction
from shapeguard.losses.refusals import (
    is_eager,
    may_read_values,
    refuse_ids,
    refuse_linear_shapes,
    refuse_num_tokens,
    refuse_options,
)
from shapeguard.losses.tokens import token_mask


@not_scripted
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
    """The cross entropy of hidden states under a head, at the positions that count: the logits never exist as a whole.

        logits = input @ linear_weight.T + linear_bias          (B, T, V)
        loss   = masked_cross_entropy(logits, target, mask, ...)

    A chunk of the counted rows is multiplied, its logits become their gradient, and this is multiplied into the gradients of
    `input`, `linear_weight` and `linear_bias`, all in the forward; masked rows enter no product. For reduction="none" the
    backward multiplies once more, for it alone knows each row's factor. Only the gradients that are asked for are computed.

    Args:
        input: hidden states, (B, T, D) or (N, D). float64, float32, bfloat16 or float16.
        linear_weight: the head, (V, D), as `nn.Linear.weight`; of the input's dtype, or any under `torch.autocast`.
        target: class ids, (B, T) or (N,), of any integer dtype.
        mask: bool, of the target's shape; True counts.
        linear_bias: (V,).
        lengths: (B,), how many tokens each row has; the padding stands on the right.
        ignore_index: an id that does not count, or several, or None: all ids count.
        weight: one weight for each class, (V,); it gets no gradient.
        label_smoothing: as in `F.cross_entropy`.
        reduction: "mean" over the counted positions, "sum", or "none": of the target's shape, 0 where nothing counts.
        num_tokens: what "mean" divides by, instead of this batch's own count.

    Returns:
        The loss in nats, () or (B, T): in float32 for half precision, else in the input's dtype. In half precision the logits
        are rounded as `nn.Linear` rounds them, the gradient of the head is summed in float32.

    Raises:
        ShapeError: shapes or dtypes that do not belong together; the message names them.
        IndexError: a counted target is not a class, with its position (on a GPU by an asynchronous assert, as in torch).
        ValueError: an unknown reduction, a label_smoothing outside [0, 1], num_tokens without a mean.
        RuntimeError: under create_graph=True.

    Example:
        >>> import torch
        >>> hidden = torch.tensor([[[2.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [7.0, 9.0]]])
        >>> head = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        >>> target = torch.tensor([[0, 1], [2, -100]])
        >>> masked_linear_cross_entropy(hidden, head, target)
        tensor(0.7804)
        >>> masked_linear_cross_entropy(hidden, head, target, linear_bias=torch.tensor([0.0, 0.0, 1.0]), reduction="sum")
        tensor(1.9138)

    The two lines of torch that it stands for:

        keep = target != ignore_index
        F.cross_entropy(F.linear(input[keep], linear_weight, linear_bias).float(), target[keep])

    Under `torch.compile`, `torch.export`, `torch.jit.trace`, `make_fx` and `torch.func` it is made of plain operations, and there
    the logits exist. `torch.jit.script` cannot compile it.

    Source: Apple's Cut Cross-Entropy (Wijmans et al., 2024) and torchtune's chunked loss for the order of the products.
    """
    refuse_linear_shapes(input, linear_weight, target, mask, linear_bias, weight, reduction)
    refuse_options(weight, label_smoothing)
    refuse_num_tokens(num_tokens, reduction)
    keep = token_mask(target, ignore_index=ignore_index, lengths=lengths)
    keep = keep if mask is None else keep & mask
    options = (weight, label_smoothing, reduction, num_tokens)
    if not is_eager(input, linear_weight, target, keep):
        spread = is_spread(input, linear_weight)
        if spread:
            refuse_half_spread(input, linear_weight)
        shown = everywhere(keep, input) if spread else keep
        hidden = input.masked_fill(~shown[..., None], 0)  # NaN there would reach the gradient of the head
        return (parallel_loss if spread else plain_loss)(linear(hidden, linear_weight, linear_bias), target, keep, *options)
    refuse_ids(target, keep, len(linear_weight))
    if torch.is_autocast_enabled(input.device.type) and input.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(input.device.type)  # as nn.Linear does there
        input, linear_weight = input.to(dtype), linear_weight.to(dtype)  # noqa: A001
    linear_bias = None if linear_bias is None else linear_bias.to(linear_weight.dtype)
    reads_values = may_read_values(input, linear_weight, target, keep)
    return eager_linear_loss(input, linear_weight, linear_bias, target, keep, *options, reads_values=reads_values)
