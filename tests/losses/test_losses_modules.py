"""The losses as modules: the functions' numbers, options in the constructor, a weight that moves with the module."""

from __future__ import annotations

import doctest
import pickle
from typing import Any

import pytest
import torch

import shapeguard
from shapeguard.losses import modules
from shapeguard.losses.linear import masked_linear_cross_entropy
from shapeguard.losses.masked import masked_cross_entropy
from shapeguard.losses.modules import MaskedCrossEntropyLoss, MaskedLinearCrossEntropyLoss

OPTIONS: list[dict[str, Any]] = [
    {},
    {"ignore_index": (0, 3), "label_smoothing": 0.1},
    {"weight": torch.linspace(0.5, 2, 7), "reduction": "sum"},
    {"ignore_index": None, "reduction": "none"},
]


def test_the_numbers_of_the_docstrings() -> None:
    assert doctest.testmod(modules).failed == 0
    assert shapeguard.MaskedCrossEntropyLoss is MaskedCrossEntropyLoss
    assert shapeguard.MaskedLinearCrossEntropyLoss is MaskedLinearCrossEntropyLoss


@pytest.mark.parametrize("o", OPTIONS)
def test_are_the_functions(o: Any) -> None:
    torch.manual_seed(0)
    x, head, bias, y = torch.randn(2, 5, 4), torch.randn(7, 4), torch.randn(7), torch.randint(0, 7, (2, 5))
    mask = torch.rand(2, 5) < 0.7
    call: Any = {"lengths": [5, 3], **({"num_tokens": 9} if o.get("reduction", "mean") == "mean" else {})}
    got = MaskedCrossEntropyLoss(**o)(x @ head.T, y, mask, **call)
    assert torch.equal(got, masked_cross_entropy(x @ head.T, y, mask, **call, **o))
    got = MaskedLinearCrossEntropyLoss(**o)(x, head, y, mask, linear_bias=bias, **call)
    assert torch.equal(got, masked_linear_cross_entropy(x, head, y, mask, linear_bias=bias, **call, **o))


def test_say_what_they_are() -> None:
    assert repr(MaskedCrossEntropyLoss()) == "MaskedCrossEntropyLoss()"
    loss = MaskedLinearCrossEntropyLoss(torch.ones(7), ignore_index=None, label_smoothing=0.1, reduction="sum")
    assert repr(loss) == "MaskedLinearCrossEntropyLoss(weight=(7,), ignore_index=None, label_smoothing=0.1, reduction='sum')"


def test_the_weight_is_a_buffer() -> None:
    loss = MaskedCrossEntropyLoss(torch.ones(7)).double()
    assert loss.weight is not None and loss.weight.dtype == torch.float64 and not list(loss.parameters())
    assert list(loss.state_dict()) == ["weight"] and not MaskedCrossEntropyLoss().state_dict()
    assert repr(pickle.loads(pickle.dumps(loss))) == repr(loss)


def test_refuse_in_the_constructor() -> None:
    with pytest.raises(ValueError, match="reduction must be 'mean', 'sum' or 'none', not 'avg'"):
        MaskedCrossEntropyLoss(reduction="avg")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"label_smoothing must lie between 0 and 1, not -0\.1"):
        MaskedLinearCrossEntropyLoss(label_smoothing=-0.1)
