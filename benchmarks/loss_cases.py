"""What the losses are given: made batches of the shapes S1, S2 and S3, at a share of padding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

IGNORED = -100


@dataclass(frozen=True)
class Shape:
    """Rows, positions, classes, and the width of the hidden states."""

    batch: int
    time: int
    classes: int
    width: int


SHAPES = {"S1": Shape(8, 128, 1000, 256), "S2": Shape(8, 512, 8192, 512), "S3": Shape(4, 512, 32000, 512)}


@dataclass(frozen=True, eq=False)
class Case:
    """One batch; the padding stands on the right."""

    logits: Tensor  # (B, T, V), a leaf; empty where the hidden states are given
    hidden: Tensor  # (B, T, D), a leaf; empty where the logits are
    head: Tensor  # (V, D), a leaf
    target: Tensor  # (B, T), IGNORED at padding
    filled: Tensor  # (B, T), 0 at padding
    mask: Tensor  # (B, T), True at tokens
    lengths: Tensor  # (B,)

    @property
    def leaves(self) -> list[Tensor]:
        """What gets a gradient."""
        return [self.logits] if self.logits.numel() else [self.hidden, self.head]

    def clear(self) -> None:
        """No gradients, as `zero_grad` leaves them."""
        for leaf in self.leaves:
            leaf.grad = None


def make(shape: Shape, padding: float, dtype: torch.dtype, hidden: bool) -> Case:
    """Lengths spread evenly from half of the mean to one and a half of it; without padding they are all T."""
    torch.manual_seed(0)
    b, t = shape.batch, shape.time
    spread = torch.linspace(0.5, 1.5, b)[torch.randperm(b)] if padding else torch.ones(b)
    lengths = (t * (1 - padding) * spread).round().long().clamp(1, t)
    mask = torch.arange(t) < lengths[:, None]
    ids = torch.randint(1, shape.classes, (b, t))
    nothing = torch.zeros(0, dtype=dtype)
    if hidden:
        states = torch.randn(b, t, shape.width).to(dtype).requires_grad_()
        head = (torch.randn(shape.classes, shape.width) * shape.width**-0.5).to(dtype).requires_grad_()
        return Case(nothing, states, head, ids.masked_fill(~mask, IGNORED), ids.masked_fill(~mask, 0), mask, lengths)
    logits = torch.randn(b, t, shape.classes, dtype=dtype).mul_(2).requires_grad_()
    return Case(logits, nothing, nothing, ids.masked_fill(~mask, IGNORED), ids.masked_fill(~mask, 0), mask, lengths)
