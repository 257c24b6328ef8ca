"""The reference loss: `F.cross_entropy` over the positions that count, and over no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shapeguard.losses.refusals import refuse_ids, refuse_num_tokens, refuse_shapes
from shapeguard.losses.tokens import token_mask

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def masked_cross_entropy(
    input: Tensor,  # noqa: A002  (torch's own names)
    target: Tensor,
    mask: Tensor | None = None,
    *,
    lengths: Tensor | Sequence[int] | None = None,
    ignore_index: int | Sequence[int] | None = -100,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
    num_tokens: float | Tensor | None = None,
) -> Tensor:
    """The cross entropy of the positions that count.

    A position counts where `target` is not an ignored id, it stands before the end of its row, and `mask` is True there, as
    far as these are given. With w = `weight`, or 1:

        loss = sum over counted (b, t) of  -w[y] * log softmax(input[b, t])[y],  y = target[b, t]
        mean = loss / sum over counted (b, t) of  w[y]

    What stands at the other positions does not matter, even NaN, infinities or ids that do not exist. Where nothing counts,
    the loss is 0 and still attached to the graph. On the counted rows it is `F.cross_entropy`, so `weight` and
    `label_smoothing` mean what they mean there.

    Args:
        input: logits, (B, T, V) or (N, V): the classes stand last. Half precision is computed in float32.
        target: class ids, (B, T) or (N,).
        mask: bool, of the target's shape; True counts.
        lengths: (B,), how many tokens each row has; the padding stands on the right.
        ignore_index: an id that does not count, or several, or None: all ids count.
        weight: one weight for each class, (V,).
        label_smoothing: as in `F.cross_entropy`.
        reduction: "mean" over the counted positions, "sum", or "none": of the target's shape, 0 where nothing counts.
        num_tokens: what "mean" divides by, instead of the sum of w[y] of this batch.

    Raises:
        ShapeError: the shapes or dtypes do not belong together.
        IndexError: a counted target is not a class (on a GPU torch's own assert says so).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [[0.0, 0.0, 2.0], [9.0, 0.0, 0.0]]])
        >>> target = torch.tensor([[0, 1], [1, -100]])                # (B, T), the last position is padding
        >>> masked_cross_entropy(logits, target)
        tensor(0.9062)
        >>> masked_cross_entropy(logits, target, reduction="none")
        tensor([[0.2395, 0.2395],
                [2.2395, 0.0000]])
        >>> masked_cross_entropy(logits, target, torch.tensor([[True, True], [False, False]]))
        tensor(0.2395)

    Source: the two lines of torch that it stands for are `keep = target != ignore_index` and
    `F.cross_entropy(input[keep], target[keep])`.
    """
    refuse_shapes(input, target, mask, weight, reduction)
    refuse_num_tokens(num_tokens, reduction)
    keep = token_mask(target, ignore_index=ignore_index, lengths=lengths)
    keep = keep if mask is None else keep & mask
    refuse_ids(target, keep, input.shape[-1])

    rows, ids = input[keep], target[keep].long()  # selected first: nothing of the other rows reaches the loss or a gradient
    rows = rows.float() if rows.dtype in (torch.float16, torch.bfloat16) else rows
    weight = None if weight is None else weight.to(rows)
    losses = cross_entropy(rows, ids, weight=weight, label_smoothing=label_smoothing, reduction="none")
    if reduction == "none":
        return losses.new_zeros(target.shape).masked_scatter(keep, losses)
    total = losses.sum()
    if reduction == "sum":
        return total
    if num_tokens is None:
        num_tokens = ids.numel() if weight is None else weight[ids].sum()
    count = torch.as_tensor(num_tokens, dtype=losses.dtype)
    return total / torch.where(count == 0, torch.ones_like(count), count) * (count != 0)
