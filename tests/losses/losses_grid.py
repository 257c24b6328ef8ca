"""Drawn batches, and every option of the losses, for the tests that compare them with the reference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

B, T, D = 4, 11, 6
LENGTHS = torch.tensor([11, 4, 0, 6])

MASKS: dict[str, Callable[[], Tensor]] = {
    "all": lambda: torch.ones(B, T, dtype=torch.bool),
    "right": lambda: torch.arange(T) < LENGTHS[:, None],
    "left": lambda: torch.arange(T) >= T - LENGTHS[:, None],
    "scattered": lambda: torch.rand(B, T) < 0.5,
    "one": lambda: torch.arange(B * T).view(B, T) == 17,
    "none": lambda: torch.zeros(B, T, dtype=torch.bool),
}
HALF = (torch.bfloat16, torch.float16)


def options(classes: int) -> Iterator[dict[str, Any]]:
    """reduction x label_smoothing x weight x num_tokens."""
    for reduction, smoothing, weighted in itertools.product(("mean", "sum", "none"), (0.0, 0.1), (False, True)):
        weight = torch.rand(classes, dtype=torch.float64) if weighted else None
        for num_tokens in (None, 13) if reduction == "mean" else (None,):
            yield {"reduction": reduction, "label_smoothing": smoothing, "weight": weight, "num_tokens": num_tokens}


def factor(reduction: str) -> Tensor:
    """A gradient of the loss that is not 1."""
    return torch.randn(B, T, dtype=torch.float64) if reduction == "none" else torch.tensor(1.7, dtype=torch.float64)


def close(got: Tensor, want: Tensor, tolerance: float) -> bool:
    """Within a share of the largest number, or of 1."""
    got, want = got.detach().double(), want.detach().double()
    return not got.numel() or bool((got - want).abs().max() <= tolerance * want.abs().max().clamp(min=1))
