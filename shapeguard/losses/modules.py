"""The losses as modules: options in the constructor, tensors in the call, as in `torch.nn.CrossEntropyLoss`."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from shapeguard.losses.internals import refuse_script
from shapeguard.losses.linear import masked_linear_cross_entropy
from shapeguard.losses.masked import masked_cross_entropy
from shapeguard.losses.reference import Reduction
from shapeguard.losses.refusals import refuse_options, refuse_reduction


class _MaskedLoss(nn.Module):
    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int | Sequence[int] | None = -100,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        refuse_options(weight, label_smoothing)
        refuse_reduction(reduction)
        self.register_buffer("weight", weight)  # it moves with the module, and is saved with it, as in nn.CrossEntropyLoss
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.reduction: Reduction = reduction

    def __prepare_scriptable__(self) -> None:
        refuse_script(type(self).__name__)

    def extra_repr(self) -> str:
        """What differs from the defaults."""
        parts = [] if self.weight is None else [f"weight=({len(self.weight)},)"]
        parts += [] if self.ignore_index == -100 else [f"ignore_index={self.ignore_index}"]
        parts += [f"label_smoothing={self.label_smoothing}"] if self.label_smoothing else []
        parts += [] if self.reduction == "mean" else [f"reduction={self.reduction!r}"]
        return ", ".join(parts)


class MaskedCrossEntropyLoss(_MaskedLoss):
    """`masked_cross_entropy` as a module.

    Args:
        weight: one weight for each class, (V,).
        ignore_index: an id that does not count, or several, or None: all ids count.
        label_smoothing: as in `F.cross_entropy`.
        reduction: "mean" over the counted positions, "sum", or "none".

    Call:
        input (B, T, V) or (N, V), target (B, T) or (N,), and as far as needed mask (bool, True counts), lengths (B,) and
        num_tokens; the loss is () or, for "none", of the target's shape.

    Example:
        >>> import torch
        >>> loss = MaskedCrossEntropyLoss(ignore_index=(0, 3), label_smoothing=0.1)
        >>> loss
        MaskedCrossEntropyLoss(ignore_index=(0, 3), label_smoothing=0.1)
        >>> logits = torch.tensor([[[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [9.0, 0.0, 0.0, 0.0]]])
        >>> loss(logits, torch.tensor([[1, 2, 0]]))
        tensor(0.4908)

    Source: `masked_cross_entropy`; the arguments of the constructor are `nn.CrossEntropyLoss`'s.
    """

    def forward(
        self,
        input: Tensor,  # noqa: A002  (torch's own names)
        target: Tensor,
        mask: Tensor | None = None,
        *,
        lengths: Tensor | Sequence[int] | None = None,
        num_tokens: float | Tensor | None = None,
    ) -> Tensor:
        """The loss of a batch."""
        return masked_cross_entropy(
            input,
            target,
            mask,
            lengths=lengths,
            ignore_index=self.ignore_index,
            weight=self.weight,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
            num_tokens=num_tokens,
        )


class MaskedLinearCrossEntropyLoss(_MaskedLoss):
    """`masked_linear_cross_entropy` as a module. The head is no part of it: it is passed, and so may be tied.

    Args:
        weight: one weight for each class, (V,).
        ignore_index: an id that does not count, or several, or None: all ids count.
        label_smoothing: as in `F.cross_entropy`.
        reduction: "mean" over the counted positions, "sum", or "none".

    Call:
        input (B, T, D) or (N, D), linear_weight (V, D), target (B, T) or (N,), and as far as needed mask (bool, True counts),
        linear_bias (V,), lengths (B,) and num_tokens; the loss is () or, for "none", of the target's shape.

    Example:
        >>> import torch
        >>> head = torch.nn.Linear(2, 3, bias=False)
        >>> _ = torch.nn.init.eye_(head.weight)
        >>> hidden = torch.tensor([[[2.0, 0.0], [0.0, 2.0], [5.0, 5.0]]])
        >>> MaskedLinearCrossEntropyLoss()(hidden, head.weight, torch.tensor([[0, 1, -100]]))
        tensor(0.2395, grad_fn=<_MaskedLinearBackward>)

    Source: `masked_linear_cross_entropy`.
    """

    def forward(
        self,
        input: Tensor,  # noqa: A002  (torch's own names)
        linear_weight: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        *,
        linear_bias: Tensor | None = None,
        lengths: Tensor | Sequence[int] | None = None,
        num_tokens: float | Tensor | None = None,
    ) -> Tensor:
        """The loss of a batch."""
        return masked_linear_cross_entropy(
            input,
            linear_weight,
            target,
            mask,
            linear_bias=linear_bias,
            lengths=lengths,
            ignore_index=self.ignore_index,
            weight=self.weight,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
            num_tokens=num_tokens,
        )
