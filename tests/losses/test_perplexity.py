"""Perplexity is the exponential of one quotient, whatever the batches; NaN where nothing was seen."""

from __future__ import annotations

import copy
import doctest
import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shapeguard.errors import ShapeError
from shapeguard.losses import perplexity
from shapeguard.losses.counting import count_tokens
from shapeguard.losses.perplexity import Perplexity


@pytest.fixture
def rows() -> tuple[Tensor, Tensor]:
    """Logits (6, 40, 50) and targets of rows of 40, 30, 12, 6, 3 and 1 tokens; the short rows are the hard ones."""
    torch.manual_seed(0)
    lengths = torch.tensor([40, 30, 12, 6, 3, 1])
    y = torch.randint(1, 50, (6, 40)).masked_fill(torch.arange(40) >= lengths[:, None], -100)
    logits = torch.randn(6, 40, 50, dtype=torch.float64)
    known = torch.nn.functional.one_hot(y.clamp(min=0), 50) * torch.linspace(3, 0, 6)[:, None, None]
    return logits + known, y


def of(batches: Any, **options: Any) -> Perplexity:
    ppl = Perplexity(**options)
    for x, y in batches:
        ppl.update(x, y)
    return ppl


def test_the_numbers_of_the_docstring() -> None:
    found = doctest.testmod(perplexity)
    assert found.attempted > 4 and found.failed == 0


def test_one_quotient(rows: Any) -> None:
    x, y = rows
    want = float(cross_entropy(x[y != -100], y[y != -100]).exp())
    for size in (1, 2, 4, 6):
        ppl = of(zip(x.split(size), y.split(size), strict=True))
        assert float(ppl.compute()) == pytest.approx(want, rel=1e-12)
        assert ppl.compute().dtype == torch.float64 and ppl.num_tokens == 92 and ppl.num_tokens.dtype == torch.int64
    means = torch.stack([cross_entropy(a[b != -100], b[b != -100]) for a, b in zip(x, y, strict=True)])
    assert (want, float(means.mean().exp()), float(means.exp().mean())) == pytest.approx((8.92, 18.16, 26.34), abs=0.01)


def test_flat_masked_and_other_ids(rows: Any) -> None:
    x, y = rows
    want = float(of([(x, y)]).compute())
    keep = y != -100
    assert float(of([(x.flatten(0, 1), y.flatten())]).compute()) == pytest.approx(want, rel=1e-12)
    assert float(of([(x, y.masked_fill(~keep, 0))], ignore_index=0).compute()) == pytest.approx(want, rel=1e-12)
    assert float(of([(x, y.masked_fill(~keep, 0))], ignore_index=(0, 77)).compute()) == pytest.approx(want, rel=1e-12)
    by_mask, by_lengths = Perplexity(ignore_index=None), Perplexity(ignore_index=None)
    by_mask.update(x.masked_fill(~keep[..., None], math.nan), y.masked_fill(~keep, 10**9), keep)
    by_lengths.update(x, y.clamp(min=0), lengths=keep.sum(1))
    for ppl in (by_mask, by_lengths):
        assert float(ppl.compute()) == pytest.approx(want, rel=1e-12) and ppl.num_tokens == 92
    both = Perplexity(ignore_index=int(y[0, 0]))
    both.update(x, y, keep, lengths=[7, 7, 7, 7, 7, 7])
    assert both.num_tokens == int((keep[:, :7] & (y[:, :7] != y[0, 0])).sum())


def test_uniform_scores_give_the_number_of_classes() -> None:
    ppl = of([(torch.zeros(3, 5, 1000), torch.randint(1000, (3, 5)))])
    assert float(ppl.compute()) == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_many_tokens_in_short_dtypes(dtype: torch.dtype) -> None:
    """The sum is kept in float64: in float32 it would stand still at 2**24 times its addends, in float16 it would be infinite."""
    logits = torch.zeros(4, 256, 32, dtype=dtype)
    ppl = of([(logits, torch.zeros(4, 256, dtype=torch.long))] * 40)
    assert ppl.num_tokens == 40 * 1024
    assert float(ppl.compute()) == pytest.approx(32, rel=1e-6)
    stuck = torch.tensor(2.0**24, dtype=torch.float32)
    assert stuck + 0.5 == stuck
    ppl.reset()
    ppl.update_sum(2.0**24, 1)
    ppl.update_sum(torch.tensor(0.5, dtype=dtype), 1)
    assert ppl.loss_sum == 2.0**24 + 0.5


def test_sums_known_already(rows: Any) -> None:
    x, y = rows
    want, ppl = float(of([(x, y)]).compute()), Perplexity()
    x = x.requires_grad_()
    for a, b in zip(x.split(2), y.split(2), strict=True):
        loss = cross_entropy(a.flatten(0, 1), b.flatten(), reduction="sum")
        ppl.update_sum(loss, count_tokens(b))
        assert not ppl.loss_sum.requires_grad and loss.requires_grad  # no graph is kept alive
    ppl.update_sum(loss_sum=0.0, num_tokens=0)
    assert float(ppl.compute()) == pytest.approx(want, rel=1e-12)
    exact = Perplexity()
    exact.update_sum(0.1, 1)
    assert exact.loss_sum == 0.1  # not what float32 makes of it


def test_nothing_seen_is_nan() -> None:
    ppl = Perplexity()
    assert ppl.compute().isnan()
    ppl.update(torch.randn(2, 3, 5), torch.full((2, 3), -100))
    assert ppl.compute().isnan() and ppl.num_tokens == 0 and ppl.loss_sum == 0
    ppl.update(torch.zeros(0, 3, 5), torch.zeros(0, 3, dtype=torch.long))
    assert ppl.compute().isnan()
    ppl.update(torch.zeros(1, 1, 5), torch.zeros(1, 1, dtype=torch.long))
    assert float(ppl.compute()) == pytest.approx(5)


def test_reset_state_and_copies(rows: Any) -> None:
    x, y = rows
    ppl = of([(x, y)])
    want, state = ppl.compute(), ppl.state_dict()
    assert repr(ppl) == f"Perplexity(loss_sum={float(ppl.loss_sum)!r}, num_tokens=92)"
    other = Perplexity()
    other.update_sum(1.0, 5)
    other.load_state_dict(state)
    assert other.compute() == want
    twin = copy.deepcopy(ppl)
    ppl.update_sum(9.0, 1)
    assert twin.compute() == want and state["num_tokens"] == 92 and other.num_tokens == 92
    ppl.reset()
    assert ppl.compute().isnan()
    assert sorted(state) == ["loss_sum", "num_tokens"]


def test_inputs_stay_as_they_are(rows: Any) -> None:
    x, y = rows
    x.requires_grad_()
    before = x.detach().clone(), y.clone()
    of([(x, y)])
    assert torch.equal(x.detach(), before[0]) and torch.equal(y, before[1]) and x.grad is None


def test_refusals() -> None:
    ppl = Perplexity()
    with pytest.raises(ShapeError, match=r"one number each, not \[2, 3\] and \[\]: sum the loss"):
        ppl.update_sum(torch.ones(2, 3), 6)
    with pytest.raises(TypeError, match=r"an integer, not torch.float64"):
        ppl.update_sum(torch.tensor(3.0), torch.tensor(1.5, dtype=torch.float64))
    with pytest.raises(TypeError, match=r"an integer, not torch.float32"):
        ppl.update_sum(3.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"an integer, not torch.bool"):
        ppl.update_sum(3.0, torch.tensor(True))
    with pytest.raises(ShapeError, match="target must be"):
        ppl.update(torch.zeros(2, 3, 5), torch.zeros(2, 5, dtype=torch.long))
    assert ppl.num_tokens == 0 and ppl.compute().isnan()
