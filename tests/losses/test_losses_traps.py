"""What goes wrong without a word in a masked cross entropy, each with its number; and what the losses here give."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss, one_hot, pad

from shapeguard import masked_cross_entropy, masked_linear_cross_entropy

LENGTHS = torch.tensor([16, 9, 4, 2])
KEEP = torch.arange(16) < LENGTHS[:, None]
TRUTH = 6.59624


@pytest.fixture
def logits() -> Tensor:
    torch.manual_seed(0)
    return (torch.randn(4, 16, 50) * 2).double()


@pytest.fixture
def targets(logits: Tensor) -> Tensor:
    """Ids from 1 on, 0 for padding; drawn after the logits."""
    return torch.randint(1, 50, (4, 16)).masked_fill(~KEEP, 0)


def number(x: Tensor) -> float:
    return float(x.detach())


def near(want: float) -> Any:
    return pytest.approx(want, abs=6e-6)


def test_the_truth(logits: Tensor, targets: Tensor) -> None:
    assert number(cross_entropy(logits[KEEP], targets[KEEP])) == near(TRUTH)
    assert number(masked_cross_entropy(logits, targets, ignore_index=0)) == near(TRUTH)
    assert number(masked_cross_entropy(logits, targets, KEEP)) == near(TRUTH)
    assert number(masked_cross_entropy(logits, targets, lengths=LENGTHS)) == near(TRUTH)
    assert number(masked_cross_entropy(logits.float(), targets, lengths=LENGTHS)) == near(TRUTH)
    eye = torch.eye(50, dtype=torch.float64)
    assert number(masked_linear_cross_entropy(logits, eye, targets, ignore_index=0)) == near(TRUTH)


def test_1_mean_over_all_positions(logits: Tensor, targets: Tensor) -> None:
    per = cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    assert number((per * KEEP).mean()) == near(3.19505)
    assert near(TRUTH * 31 / 64) == 3.19505


def test_2_two_pad_ids_and_one_ignore_index(logits: Tensor, targets: Tensor) -> None:
    two = targets.clone()
    two[0, 12:] = 3  # a second id that does not count
    one_ignored = number(cross_entropy(logits.flatten(0, 1), two.flatten(), ignore_index=0))
    both = masked_cross_entropy(logits, two, ignore_index=(0, 3))
    assert one_ignored == pytest.approx(6.5387, abs=5e-5)
    assert number(both) == pytest.approx(6.8163, abs=5e-5)
    weight = torch.ones(50, dtype=torch.float64)
    weight[[0, 3]] = 0
    flat = logits.flatten(0, 1), two.flatten()
    assert number(cross_entropy(*flat, weight=weight)) == near(number(both))
    assert number(cross_entropy(*flat, weight=weight, label_smoothing=0.1)) == pytest.approx(7.4617, abs=5e-5)
    smoothed = masked_cross_entropy(logits, two, ignore_index=(0, 3), label_smoothing=0.1)
    assert number(smoothed) == pytest.approx(6.7306, abs=5e-5)


def test_3_a_target_of_minus_1_never_wraps(logits: Tensor, targets: Tensor) -> None:
    targets[1, 3] = -1
    logp = logits.log_softmax(-1)
    wrapped = -logp[torch.arange(4)[:, None], torch.arange(16), targets]  # the last class
    assert wrapped[1, 3] == -logp[1, 3, 49]
    with pytest.raises(IndexError, match=r"target\[1, 3\] is -1, and there are 50 classes"):
        masked_cross_entropy(logits, targets, ignore_index=0)
    with pytest.raises(IndexError, match=r"target\[1, 3\] is -1, and there are 50 classes"):
        masked_linear_cross_entropy(logits, torch.eye(50, dtype=torch.float64), targets, ignore_index=0)
    assert masked_cross_entropy(logits, targets, ignore_index=(0, -1)).isfinite()


def test_4_nothing_counts(logits: Tensor, targets: Tensor) -> None:
    logits.requires_grad_()
    empty = torch.full_like(targets, -100)
    theirs = cross_entropy(logits.flatten(0, 1), empty.flatten())
    assert theirs.isnan() and (torch.autograd.grad(theirs, logits)[0] == 0).all()
    per = cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    assert torch.autograd.grad((per * 0).sum() / torch.zeros((), dtype=torch.float64), logits)[0].isnan().any()
    loss = masked_cross_entropy(logits, empty)
    assert loss == 0 and (torch.autograd.grad(loss, logits)[0] == 0).all()


@pytest.mark.parametrize("garbage", [float("nan"), float("inf"), -float("inf")])
def test_5_garbage_in_masked_rows(logits: Tensor, targets: Tensor, garbage: float) -> None:
    dirty = logits.masked_fill(~KEEP[..., None], garbage).requires_grad_()
    theirs = cross_entropy(dirty.flatten(0, 1), targets.flatten(), ignore_index=0)
    assert torch.autograd.grad(theirs, dirty)[0].isnan().any()
    loss = masked_cross_entropy(dirty, targets.masked_fill(~KEEP, 10**9), KEEP)
    assert number(loss) == near(TRUTH)
    (grad,) = torch.autograd.grad(loss, dirty)
    assert grad.isfinite().all() and (grad[~KEEP] == 0).all() and (grad[KEEP] != 0).any(-1).all()


def test_6_the_mean_divides_by_the_weights_of_the_kept_targets(logits: Tensor, targets: Tensor) -> None:
    weight = torch.rand(50, dtype=torch.float64)
    options: Any = {"weight": weight, "label_smoothing": 0.1}
    theirs = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0, **options)
    mine = masked_cross_entropy(logits, targets, ignore_index=0, **options)
    assert number(mine) == pytest.approx(number(theirs), rel=1e-12)
    total = masked_cross_entropy(logits, targets, ignore_index=0, reduction="sum", **options)
    assert number(total / weight[targets[KEEP]].sum()) == pytest.approx(number(mine), rel=1e-12)
    soft = cross_entropy(logits[KEEP], one_hot(targets[KEEP], 50).double(), **options)  # class probabilities: by rows
    assert number(soft) == pytest.approx(number(total) / 31, rel=1e-12)


def micro_batches() -> list[tuple[Tensor, Tensor]]:
    """Hidden states and targets of 8 micro-batches whose lengths are lognormal."""
    torch.manual_seed(7)
    lengths = torch.randn(8, 2).mul(1.2).exp().mul(6).long().clamp(1, 64)
    made = []
    for two in lengths:
        keep = torch.arange(64) < two[:, None]
        made.append((torch.randn(2, 64, 6, dtype=torch.float64), torch.randint(0, 9, (2, 64)).masked_fill(~keep, -100)))
    return made


def gradient(loss: Any) -> Tensor:
    torch.manual_seed(3)
    head = torch.randn(9, 6, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(loss(head), head)
    return grad


def test_7_the_mean_of_the_means_of_micro_batches() -> None:
    batches = micro_batches()
    n = int(sum((y != -100).sum() for _, y in batches))
    hidden, target = torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches])
    want = gradient(lambda w: cross_entropy((hidden @ w.T).flatten(0, 1), target.flatten()))
    means = gradient(lambda w: sum(masked_cross_entropy(x @ w.T, y) for x, y in batches) / len(batches))
    shares = gradient(lambda w: sum(masked_cross_entropy(x @ w.T, y, num_tokens=n) for x, y in batches))
    fused = gradient(lambda w: sum(masked_linear_cross_entropy(x, w, y, num_tokens=torch.tensor(n)) for x, y in batches))
    assert float((means - want).norm() / want.norm()) > 0.2
    for right in (shares, fused):
        assert float((right - want).norm() / want.norm()) < 1e-14


def test_8_ranks_that_average_gradients() -> None:
    """DistributedDataParallel's arithmetic, by hand: each rank's gradient, averaged; the last rank has nothing."""
    ranks = [*micro_batches()[:3], (torch.randn(2, 64, 6, dtype=torch.float64), torch.full((2, 64), -100))]
    count = int(sum((y != -100).sum() for _, y in ranks))
    hidden, target = torch.cat([x for x, _ in ranks]), torch.cat([y for _, y in ranks])
    want = gradient(lambda w: cross_entropy((hidden @ w.T).flatten(0, 1), target.flatten()))

    def error(loss: Any) -> float:
        got = torch.stack([gradient(lambda w, r=r: loss(*r, w)) for r in ranks]).mean(0)
        return float((got - want).norm() / want.norm())

    assert error(lambda x, y, w: masked_cross_entropy(x @ w.T, y)) > 0.2
    assert error(lambda x, y, w: masked_cross_entropy(x @ w.T, y, num_tokens=count)) == pytest.approx(0.75)  # W forgotten
    assert error(lambda x, y, w: masked_cross_entropy(x @ w.T, y, num_tokens=count / 4)) < 1e-14
    assert error(lambda x, y, w: masked_linear_cross_entropy(x, w, y, num_tokens=count / 4)) < 1e-14
    assert torch.tensor(1001).bfloat16().item() == 1000  # so counts are int64


def test_9_perplexity_is_one_quotient(logits: Tensor, targets: Tensor) -> None:
    halves = [(logits[:1], targets[:1]), (logits[1:], targets[1:])]
    sums = sum(masked_cross_entropy(x, y, ignore_index=0, reduction="sum") for x, y in halves)
    means = [masked_cross_entropy(x, y, ignore_index=0) for x, y in halves]
    right, of_means = number(torch.as_tensor(sums / 31).exp()), number(torch.as_tensor(sum(means) / 2).exp())
    mean_of = number(torch.as_tensor(sum(m.exp() for m in means) / 2))
    assert right == pytest.approx(number(torch.tensor(TRUTH).exp()), rel=1e-5)
    assert abs(of_means / right - 1) > 1e-3 and mean_of > right


def test_10_T_equal_V_unflattened() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(4, 16, 16, dtype=torch.float64) * 2, torch.randint(0, 16, (4, 16))
    accepted = cross_entropy(logits, targets)  # reads axis 1 as the classes
    right = masked_cross_entropy(logits, targets)
    assert number(right) == pytest.approx(number(cross_entropy(logits.flatten(0, 1), targets.flatten())), rel=1e-12)
    assert abs(number(accepted) - number(right)) > 0.05
    assert number(masked_cross_entropy(logits.transpose(1, 2), targets)) == pytest.approx(number(accepted), rel=1e-12)
    cross_entropy(torch.randn(4, 5, 7), torch.randint(0, 5, (4, 7)))  # any T and V: torch sees (B, C, T)
    with pytest.raises(ValueError, match=r"pass input.transpose\(1, 2\)"):
        masked_cross_entropy(torch.randn(4, 5, 7), torch.randint(0, 5, (4, 7)))


def test_11_view_for_transpose(targets: Tensor) -> None:
    perfect = 8.0 * one_hot(targets, 50).double()
    right = number(masked_cross_entropy(perfect, targets, KEEP))
    viewed = number(cross_entropy(perfect.view(4, 50, 16), targets, ignore_index=0))
    assert right == pytest.approx(0.016304, abs=1e-6) and viewed == pytest.approx(6.4695, abs=5e-5)


def test_12_half_precision(logits: Tensor) -> None:
    torch.manual_seed(0)
    wide = torch.randn(64, 32000)
    ids = torch.randint(0, 32000, (64,))
    half = wide.bfloat16()
    exact = number(cross_entropy(half.double(), ids))
    assert abs(number(cross_entropy(half, ids)) - exact) > 0.01  # torch's loss of bfloat16 logits is bfloat16
    assert number(masked_cross_entropy(half, ids)) == pytest.approx(exact, abs=2e-6)
    many, none = torch.zeros(12_000, 1000, dtype=torch.float16), torch.zeros(12_000, dtype=torch.long)
    assert cross_entropy(many, none).isinf()
    assert number(masked_cross_entropy(many, none)) == pytest.approx(6.907755, abs=1e-6)


def test_13_a_mask_of_integers_is_no_index(logits: Tensor, targets: Tensor) -> None:
    as_index = KEEP.long().flatten()
    picked = cross_entropy(logits.flatten(0, 1)[as_index], targets.flatten()[as_index])  # rows 0 and 1, over and over
    assert abs(number(picked) - TRUTH) > 0.5
    with pytest.raises(ValueError, match=r"mask must be bool, not torch.int64: pass mask.bool\(\)"):
        masked_cross_entropy(logits, targets, KEEP.long())


def test_14_pad_is_eos(logits: Tensor, targets: Tensor) -> None:
    ends = (torch.arange(4), LENGTHS - 1)
    targets[ends] = 7
    logits.requires_grad_()
    (lost,) = torch.autograd.grad(masked_cross_entropy(logits, targets.masked_fill(~KEEP, 7), ignore_index=7), logits)
    (kept,) = torch.autograd.grad(masked_cross_entropy(logits, targets.masked_fill(~KEEP, 7), lengths=LENGTHS), logits)
    assert (lost[ends] == 0).all() and (kept[ends] != 0).all()


def test_padding_on_any_side_and_of_any_width(logits: Tensor, targets: Tensor) -> None:
    want = number(masked_cross_entropy(logits, targets, ignore_index=0))
    for left, right in ((0, 1), (0, 100), (1, 0), (100, 0), (3, 5)):
        x, y = pad(logits, (0, 0, left, right), value=9.0), pad(targets, (left, right))
        assert number(masked_cross_entropy(x, y, ignore_index=0)) == pytest.approx(want, rel=1e-13)
    order = torch.randperm(16)
    assert number(masked_cross_entropy(logits[:, order], targets[:, order], ignore_index=0)) == near(TRUTH)
    assert nll_loss(logits.log_softmax(-1).flatten(0, 1), targets.flatten(), ignore_index=0) == near(TRUTH)
