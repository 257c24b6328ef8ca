"""`masked_cross_entropy`: the reference's number and gradient, in less time and memory than `F.cross_entropy` takes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from shapeguard.losses.eager import eager_loss
from shapeguard.losses.internals import not_scripted
from shapeguard.losses.parallel import is_spread, parallel_loss
from shapeguard.losses.plain import plain_loss
from shapeguard.losses.reference import Reduction
from shapeguard.losses.refusals import is_eager, may_read_values, refuse_ids, refuse_num_tokens, refuse_options, refuse_shapes
from shapeguard.losses.tokens import token_mask


@not_scripted
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
    far as these are given. With w = `weight`, or 1, e = `label_smoothing`, and log p = log softmax(input[b, t]):

        loss[b, t] = -(1 - e) * w[y] * log p[y]  -  e / V * sum over c of  w[c] * log p[c],      y = target[b, t]
        sum        = sum over counted (b, t) of  loss[b, t]
        mean       = sum / sum over counted (b, t) of  w[y],  or sum / num_tokens

    That is `F.cross_entropy` of the counted rows. What stands at the other positions does not matter, even NaN, infinities or
    ids that do not exist: their gradient is 0. Where nothing counts, the loss is 0, still attached to the graph.

    Args:
        input: logits, (B, T, V) or (N, V): the classes stand last, also where T == V. float64, float32, bfloat16 or float16.
            Any strides: `logits[:, :-1]` is not copied.
        target: class ids, (B, T) or (N,), of any integer dtype.
        mask: bool, of the target's shape; True counts.
        lengths: (B,), how many tokens each row has; the padding stands on the right.
        ignore_index: an id that does not count, or several, or None: all ids count.
        weight: one weight for each class, (V,); it gets no gradient.
        label_smoothing: e, from 0 to 1.
        reduction: "mean" over the counted positions, "sum", or "none": of the target's shape, 0 where nothing counts.
        num_tokens: what "mean" divides by, instead of this batch's own count: that of all micro-batches and ranks.

    Returns:
        The loss in nats, () or (B, T): in float32 for half precision, else in the input's dtype; sums are in float64.

    Raises:
        ShapeError: shapes or dtypes that do not belong together; the message names them.
        IndexError: a counted target is not a class, with its position (on a GPU by an asynchronous assert, as in torch).
        ValueError: an unknown reduction, a label_smoothing outside [0, 1], num_tokens without a mean.
        RuntimeError: under create_graph=True, for it is differentiated once; `torch.func` differentiates it as often as asked.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [[0.0, 0.0, 2.0], [9.0, 0.0, 0.0]]])
        >>> target = torch.tensor([[0, 1], [1, -100]])                # (B, T), the last position is padding
        >>> masked_cross_entropy(logits, target)
        tensor(0.9062)
        >>> masked_cross_entropy(logits, target, lengths=[2, 0])
        tensor(0.2395)
        >>> masked_cross_entropy(logits, target, reduction="none")
        tensor([[0.2395, 0.2395],
                [2.2395, 0.0000]])
        >>> masked_cross_entropy(logits, target, num_tokens=30)       # this batch's share of 30 tokens
        tensor(0.0906)

    The two lines of torch that it stands for, and whose number it gives:

        keep = target != ignore_index
        F.cross_entropy(input[keep].float(), target[keep])

    They keep four tensors of the logits' size, in float32, where this keeps one, in the input's dtype: the forward writes the
    gradient, block after block, and the backward hands it out. Under `torch.compile`, `torch.export`, `torch.jit.trace`, `make_fx`
    and `torch.func` the loss is made of plain operations instead, and under `loss_parallel` of those that torch has for a DTensor;
    weight and label_smoothing are refused there. In a graph `lengths` that are no tensor are constants. `torch.jit.script` cannot
    compile it.

    Source: `F.cross_entropy` for the formula; torchtune and Apple's Cut Cross-Entropy (Wijmans et al., 2024) for a gradient
    that is written in the forward.
    """
    refuse_shapes(input, target, mask, weight, reduction)
    refuse_options(weight, label_smoothing)
    refuse_num_tokens(num_tokens, reduction)
    keep = token_mask(target, ignore_index=ignore_index, lengths=lengths)
    keep = keep if mask is None else keep & mask
    options = (weight, label_smoothing, reduction, num_tokens)
    if not is_eager(input, target, keep):
        if is_spread(input, keep):
            return parallel_loss(input, target, keep, *options)
        return plain_loss(input, target, keep, *options)
    refuse_ids(target, keep, input.shape[-1])
    return eager_loss(input, target, keep, *options, reads_values=may_read_values(input, target, keep))
