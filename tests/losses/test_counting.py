"""Counts of tokens: over micro-batches, of ids and of masks, in whole numbers."""

from __future__ import annotations

import doctest
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from shapeguard.errors import ShapeError
from shapeguard.losses import counting, masked_cross_entropy
from shapeguard.losses.counting import count_tokens

LENGTHS = (16, 9, 4, 2)


def ragged(lengths: Any = LENGTHS, width: int = 16) -> Tensor:
    torch.manual_seed(0)
    return torch.randint(1, 50, (len(lengths), width)).masked_fill(torch.arange(width) >= torch.tensor(lengths)[:, None], -100)


def test_the_numbers_of_the_docstring() -> None:
    found = doctest.testmod(counting)
    assert found.attempted > 3 and found.failed == 0


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8])
def test_ids_of_any_integer_dtype(dtype: torch.dtype) -> None:
    count = count_tokens(ragged().to(dtype))
    assert count == 31 and count.dtype == torch.int64 and count.shape == ()


def test_uint8_has_no_minus_100() -> None:
    ids = torch.tensor([[5, 156, 0]], dtype=torch.uint8)  # -100 as a uint8 is 156
    assert count_tokens(ids) == 3 and count_tokens(ids, ignore_index=0) == 2


def test_masks_and_several_ids() -> None:
    y = ragged()
    assert count_tokens(y != -100) == 31
    assert count_tokens(y != -100, ignore_index=1) == 31  # ids mean nothing to a mask
    zeros = y.masked_fill(y == -100, 0)
    zeros[0, 10:] = 3
    assert count_tokens(zeros, ignore_index=0) == 31
    assert count_tokens(zeros, ignore_index=(0, 3)) == int(((zeros != 0) & (zeros != 3)).sum()) < 26
    assert count_tokens(zeros) == count_tokens(zeros, ignore_index=None) == 64
    attention = (y != -100).long()
    assert count_tokens(attention) == 64 and count_tokens(attention.bool()) == 31  # integers are read as ids


@pytest.mark.parametrize("shape", [(31,), (1, 31), (1, 1, 31), (31, 1)])
def test_of_any_shape(shape: tuple[int, ...]) -> None:
    y = ragged((31,), 40)[0, :31]
    assert count_tokens(y.reshape(shape)) == 31


def test_padding_changes_nothing() -> None:
    y = ragged()
    for side in ((0, 100), (100, 0), (3, 5)):
        assert count_tokens(pad(y, side, value=-100)) == 31


def test_micro_batches() -> None:
    y = ragged()
    for parts in (list(y.split(1)), tuple(y.split(3)), iter(y.split(2)), (part for part in y)):
        assert count_tokens(parts) == 31
    mixed = [y[:2] != -100, y[2:].int()]
    assert count_tokens(mixed) == 31


def test_nothing_counts() -> None:
    empty: list[Tensor] = []
    for nothing in (empty, torch.zeros(0, 4, dtype=torch.long), torch.full((2, 3), -100), torch.zeros(2, 3, dtype=torch.bool)):
        count = count_tokens(nothing)
        assert count == 0 and count.dtype == torch.int64
    logits = torch.randn(2, 3, 5, requires_grad=True)
    loss = masked_cross_entropy(logits, torch.full((2, 3), -100), num_tokens=count)
    (grad,) = torch.autograd.grad(loss, logits)
    assert loss == 0 and (grad == 0).all()


def test_counts_are_whole_where_bfloat16_is_not() -> None:
    mask = torch.ones(1001, dtype=torch.bool)
    assert mask.bfloat16().sum() == 1000
    assert count_tokens(mask) == 1001
    assert count_tokens([mask.expand(1001, 1001)] * 20) == 20 * 1001**2  # beyond what float32 holds


def test_a_step_over_micro_batches_is_one_quotient() -> None:
    """Gradients of four micro-batches add up to those of the whole, and the mean of their means is another number."""
    torch.manual_seed(1)
    y = ragged((32, 5, 3, 2), 32)
    x = torch.randn(4, 32, 50, dtype=torch.float64).mul(2).requires_grad_()
    whole = cross_entropy(x.flatten(0, 1), y.flatten())
    (true,) = torch.autograd.grad(whole, x)
    n = count_tokens(y.split(1))
    parts = [masked_cross_entropy(a, b, num_tokens=n) for a, b in zip(x.split(1), y.split(1), strict=True)]
    (mine,) = torch.autograd.grad(torch.stack(parts).sum(), x, retain_graph=True)
    assert torch.allclose(mine, true, rtol=1e-12, atol=1e-15)
    means = [masked_cross_entropy(a, b) / 4 for a, b in zip(x.split(1), y.split(1), strict=True)]
    (wrong,) = torch.autograd.grad(torch.stack(means).sum(), x)
    assert float((wrong - true).norm() / true.norm()) == pytest.approx(1.305, abs=1e-3)


def test_refusals() -> None:
    for floats in (torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bfloat16), torch.ones(2, 3, dtype=torch.complex64)):
        with pytest.raises(ShapeError, match=rf"not {floats.dtype}\[2, 3\]: of a mask, pass mask.bool\(\)"):
            count_tokens(floats)
    y = ragged()
    for other, name in (({"labels": y}, "str"), ([y.tolist()], "list"), ([(y, y)], "tuple"), ([3], "int"), (3, "int")):
        with pytest.raises(TypeError, match=f"a tensor or several of them, not {name}$"):
            count_tokens(other)  # type: ignore[arg-type]
