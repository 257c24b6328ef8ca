"""Which positions count: ids, lengths, both, and what is refused."""

from __future__ import annotations

import doctest
from typing import Any

import pytest
import torch

import shapeguard
from shapeguard.errors import ShapeError
from shapeguard.losses import tokens
from shapeguard.losses.tokens import token_mask

TARGET = torch.tensor([[5, 7, 2, 0], [6, 2, 0, 0], [0, 0, 0, 0]])


def test_the_numbers_of_the_docstring() -> None:
    assert doctest.testmod(tokens).failed == 0
    assert shapeguard.token_mask is token_mask


@pytest.mark.parametrize("kind", [list, tuple, torch.tensor, lambda n: torch.tensor(n, dtype=torch.int32)])
def test_lengths_and_ids_are_both_asked(kind: Any) -> None:
    lengths = kind([3, 4, 0])
    assert token_mask(TARGET, lengths=lengths).tolist() == [[True, True, True, False], [True] * 4, [False] * 4]
    both = token_mask(TARGET, lengths=lengths, ignore_index=[0, 7])
    assert both.tolist() == [[True, False, True, False], [True, True, False, False], [False] * 4]


def test_any_shape_and_dtype() -> None:
    assert token_mask(TARGET.flatten(), ignore_index=0).tolist() == (TARGET.flatten() != 0).tolist()
    assert token_mask(torch.tensor(3)).item() is True
    assert token_mask(TARGET, ignore_index=None).all()
    assert token_mask(TARGET, ignore_index=()).all()
    assert token_mask(torch.tensor([156, 1], dtype=torch.uint8)).all()  # -100 as uint8
    assert token_mask(TARGET[:0], lengths=[]).shape == (0, 4)
    assert token_mask(TARGET[:, :0], lengths=[0, 0, 0]).shape == (3, 0)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, 2], r"lengths must be \(3,\), one a row: got lengths int64\(2,\) and target int64\(3, 4\)"),
        ([[1], [2], [3]], r"lengths must be \(3,\), one a row: got lengths int64\(3, 1\)"),
        ([1.0, 2.0, 3.0], r"lengths must be whole numbers: got lengths float32\(3,\) and target int64\(3, 4\)"),
        (torch.ones(3, dtype=torch.bool), r"lengths must be whole numbers: got lengths bool\(3,\)"),
        ([1, 5, 2], r"lengths\[1\] is 5, and a row has 4 positions: got lengths int64\(3,\) and target int64\(3, 4\)"),
        ([1, 4, -2], r"lengths\[2\] is -2, and a row has 4 positions"),
    ],
)
def test_refuses_lengths(lengths: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        token_mask(TARGET, lengths=lengths)


def test_refuses_others() -> None:
    with pytest.raises(ShapeError, match=r"lengths belong to a target \(B, T\): got lengths int64\(3,\) and target int64\(12,\)"):
        token_mask(TARGET.flatten(), lengths=[1, 2, 3])
    with pytest.raises(ShapeError, match=r"target must be class ids, not torch.float32"):
        token_mask(TARGET.float())
    with pytest.raises(ShapeError, match=r"ignore_index must be an id or several, as Python integers, not 1\.5"):
        token_mask(TARGET, ignore_index=[1.5])  # type: ignore[list-item]
