"""The number of tokens that a step's loss is divided by, over its micro-batches and over the ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import ProcessGroup

from shapeguard.errors import ShapeError
from shapeguard.losses.internals import not_scripted
from shapeguard.losses.tokens import token_mask


@not_scripted
def count_tokens(
    targets_or_masks: Tensor | Iterable[Tensor],
    *,
    ignore_index: int | Sequence[int] | None = -100,
    group: ProcessGroup | None = None,
) -> Tensor:
    """The denominator of one optimizer step: how many tokens its micro-batches hold, here or on all ranks.

    A mean of means weighs a token of a short micro-batch more than one of a long one. The loss of a step over micro-batches
    m and ranks r is one quotient, with a count that is known before the first backward:

        loss = sum over r, m of  nll[r, m]  /  sum over r, m of  tokens[r, m]

    DistributedDataParallel and `fully_shard` divide the summed gradients by the world size W. So that this comes out, each
    rank divides its own sums by n, which is what `group` gives:

        n = (sum over r, m of tokens[r, m]) / W
        1/W * sum over r of (sum over m of nll[r, m] / n)  =  loss

    The loss that one rank sees this way is its share times W; the mean of the ranks' losses is the loss of the step.

    Args:
        targets_or_masks: class ids (any integer dtype, of any shape) or a bool mask, True counts; or an iterable of them, one
            a micro-batch. An iterator is used up. Integers are always read as class ids: of a mask of 0 and 1, pass
            `mask.bool()`.
        ignore_index: an id that does not count, or several, or None. Means nothing to masks.
        group: None, and nothing is communicated: the count of this process. A process group, and every rank of it must call
            this (one all-reduce): the ranks whose batches differ, so the data-parallel ones; `mesh.get_group()` of a device
            mesh, `torch.distributed.group.WORLD` for all ranks. WORLD is None before `init_process_group`, so that the same
            line serves a single process.

    Returns:
        Tokens: without `group` a 0-d int64 tensor (a bfloat16 count of 1001 tokens is 1000), with it a 0-d float64 tensor,
        the global count divided by W. On the device of the first tensor (a count that the group cannot reduce there, such as
        one on the CPU under NCCL, ends on the accelerator). Nothing waits for the device. Where nothing counts it is 0, and
        `masked_cross_entropy(..., num_tokens=0)` is 0 with zero gradients; so the ranks stay in step.

    Raises:
        ShapeError: a tensor of floats or of complex numbers.
        TypeError: something that is neither a tensor nor an iterable of tensors.
        ValueError: this process does not belong to `group`.

    Example:
        >>> import torch
        >>> short, long = torch.tensor([[5, 7, -100, -100]]), torch.tensor([[3, 1, 4, 1], [5, 9, 2, -100]])
        >>> count_tokens(short)
        tensor(2)
        >>> count_tokens([short, long])                      # two micro-batches of one step
        tensor(9)
        >>> count_tokens(long != -100), count_tokens([short, long], ignore_index=(-100, 1))
        (tensor(7), tensor(7))

        On W ranks, with gradient accumulation (`no_sync` of DDP on all but the last micro-batch):

            n = count_tokens([y for _, y in micro_batches], group=torch.distributed.group.WORLD)
            for x, y in micro_batches:
                masked_cross_entropy(model(x), y, num_tokens=n).backward()

    Source: x1/n1 + x2/n2 is not (x1 + x2)/(n1 + n2), as https://github.com/meta-pytorch/torchtune/pull/1875 puts it.
    """
    if isinstance(targets_or_masks, Tensor) or not isinstance(targets_or_masks, Iterable):
        targets_or_masks = [targets_or_masks]
    counts = [_kept(batch, ignore_index) for batch in targets_or_masks]
    total = torch.zeros((), dtype=torch.int64, device=counts[0].device if counts else "cpu")
    for count in counts:
        total += count.to(total.device)
    return total if group is None else sum_over_ranks(total, group).double() / dist.get_world_size(group)


def sum_over_ranks(value: Tensor, group: ProcessGroup) -> Tensor:
    """The sum of a 0-d tensor over the ranks of a group, in its own dtype; the argument stays as it is."""
    if dist.get_world_size(group) < 1:
        raise ValueError("this process does not belong to the group: only its ranks count")
    devices = {part.split(":")[0] for part in dist.get_backend_config(group).split(",")}
    here = torch.accelerator.current_accelerator()
    total = value.clone() if value.device.type in devices or here is None else value.to(here)
    dist.all_reduce(total, group=group)
    return total


def _kept(batch: Tensor, ignore_index: int | Sequence[int] | None) -> Tensor:
    if not isinstance(batch, Tensor):
        raise TypeError(f"class ids or bool masks are counted, a tensor or several of them, not {type(batch).__name__}")
    if batch.is_floating_point() or batch.is_complex():
        raise ShapeError(f"class ids or bool masks are counted, not {batch.dtype}{list(batch.shape)}: of a mask, pass mask.bool()")
    return (batch if batch.dtype == torch.bool else token_mask(batch, ignore_index=ignore_index)).sum()
