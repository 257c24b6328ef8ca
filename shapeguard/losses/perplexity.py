"""Perplexity over many batches and ranks: the exponential of one quotient, never a mean of means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup

from shapeguard.errors import ShapeError
from shapeguard.losses import masked_cross_entropy
from shapeguard.losses.counting import sum_over_ranks
from shapeguard.losses.tokens import token_mask


class Perplexity:
    """The perplexity of a model over all the tokens it was shown.

        perplexity = exp( sum of nll over all tokens / number of tokens ),  nll = -log softmax(input[b, t])[target[b, t]]

    The sum is kept in float64 and the number in int64, so the order and the sizes of the batches do not matter. The
    exponential of the mean of batch means, and the mean of batch perplexities, are other numbers when batches differ in length.

    Args:
        ignore_index: an id that does not count, or several, or None: all count.

    Attributes:
        loss_sum: the sum of the negative log likelihoods so far, in nats; 0-d float64, on the device of the last update.
        num_tokens: how many tokens it is of; 0-d int64.

    Example:
        >>> import torch
        >>> ppl = Perplexity()
        >>> logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [[0.0, 0.0, 2.0], [9.0, 0.0, 0.0]]])
        >>> ppl.update(logits, torch.tensor([[0, 1], [1, -100]]))      # the last position is padding
        >>> ppl.compute()
        tensor(2.4749, dtype=torch.float64)
        >>> ppl.update_sum(loss_sum=0.45, num_tokens=2)                # of a loss that was computed anyway
        >>> ppl.compute(), ppl.num_tokens
        (tensor(1.8846, dtype=torch.float64), tensor(5))

    Source: F. Jelinek, R. L. Mercer, L. R. Bahl, J. K. Baker, "Perplexity, a measure of the difficulty of speech recognition
    tasks", 1977. Method names as in torcheval and torchmetrics, whose `ignore_index` is None by default; here it is torch's.
    """

    loss_sum: Tensor
    num_tokens: Tensor

    def __init__(self, *, ignore_index: int | Sequence[int] | None = -100) -> None:
        self.ignore_index = ignore_index
        self.reset()

    def reset(self) -> None:
        """Forgets all updates."""
        self.loss_sum = torch.zeros((), dtype=torch.float64)
        self.num_tokens = torch.zeros((), dtype=torch.int64)

    @torch.no_grad()
    def update(
        self,
        input: Tensor,  # noqa: A002  (torch's own names)
        target: Tensor,
        mask: Tensor | None = None,
        *,
        lengths: Tensor | Sequence[int] | None = None,
    ) -> None:
        """Adds the tokens of a batch.

        Args:
            input: logits, (B, T, V) or (N, V), any float dtype; half precision is computed in float32.
            target: class ids, (B, T) or (N,).
            mask: bool, of the target's shape; True counts.
            lengths: (B,), how many positions of each row count.

        Raises:
            ShapeError, IndexError: as `masked_cross_entropy` does.
        """
        losses = masked_cross_entropy(input, target, mask, lengths=lengths, ignore_index=self.ignore_index, reduction="none")
        keep = token_mask(target, ignore_index=self.ignore_index, lengths=lengths)
        self._add(losses.sum(dtype=torch.float64), (keep if mask is None else keep & mask).sum())

    def update_sum(self, loss_sum: Tensor | float, num_tokens: Tensor | int) -> None:
        """Adds a sum of losses that is known already, and the number of tokens it is of.

        Args:
            loss_sum: negative log likelihoods in nats, summed (`reduction="sum"`), one number. Not smoothed and not weighted:
                those sums are no likelihoods. A graph that is attached to it is let go.
            num_tokens: how many tokens it is the sum of, a whole number: `count_tokens` without a group.

        Raises:
            ShapeError: not one number each.
            TypeError: num_tokens is not an integer. The quotient of `count_tokens(..., group=...)` is not this rank's count.
        """
        device = self.loss_sum.device
        total = loss_sum.detach() if isinstance(loss_sum, Tensor) else torch.tensor(loss_sum, dtype=torch.float64, device=device)
        count = num_tokens if isinstance(num_tokens, Tensor) else torch.tensor(num_tokens, device=device)
        if total.numel() != 1 or count.numel() != 1:
            got = f"{list(total.shape)} and {list(count.shape)}"
            raise ShapeError(f"loss_sum and num_tokens are one number each, not {got}: sum the loss, count the tokens")
        if count.is_floating_point() or count.is_complex() or count.dtype == torch.bool:
            raise TypeError(f"num_tokens is how many tokens of this process the sum is of, an integer, not {count.dtype}")
        self._add(total.reshape(()), count.reshape(()))

    def compute(self, *, group: ProcessGroup | None = None) -> Tensor:
        """The perplexity so far.

        Args:
            group: None, and it is that of this process's own updates. A process group, such as
                `torch.distributed.group.WORLD`: that of the updates of all its ranks, each of which must call this (two
                all-reduces). The sums kept here stay this rank's own, so it can be asked again and again.

        Returns:
            A 0-d float64 tensor, 1 or larger; the same on every rank. NaN where no token was seen, 0/0: there is no such
            perplexity, and 1 would be that of a model that is always right. Infinite above exp(709). Nothing waits for the
            device.

        Raises:
            ValueError: this process does not belong to `group`.
        """
        total, count = self.loss_sum, self.num_tokens
        if group is not None:
            total, count = sum_over_ranks(total, group), sum_over_ranks(count, group)
        return (total / count).exp()

    def state_dict(self) -> dict[str, Tensor]:
        """The two sums, to be saved with a checkpoint; this rank's own."""
        return {"loss_sum": self.loss_sum.clone(), "num_tokens": self.num_tokens.clone()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from what `state_dict` gave."""
        self.reset()
        self.update_sum(state["loss_sum"], state["num_tokens"])

    def __repr__(self) -> str:
        return f"Perplexity(loss_sum={self.loss_sum.item()!r}, num_tokens={self.num_tokens.item()})"

    def _add(self, total: Tensor, count: Tensor) -> None:
        # not in place: what a caller has read stays as it was
        self.loss_sum = self.loss_sum.to(total.device) + total.to(torch.float64)
        self.num_tokens = self.num_tokens.to(total.device) + count.to(total.device, torch.int64)
