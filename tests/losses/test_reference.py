"""The reference loss against torch's own forms, and against the traps that those forms hold, each with its number."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

import shapeguard
from shapeguard.errors import ShapeError
from shapeguard.losses import reference
from shapeguard.losses.reference import masked_cross_entropy

LENGTHS = (16, 9, 4, 2)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor]:
    """Logits (4, 16, 50), targets padded with -100, and the mask of the real ones."""
    torch.manual_seed(0)
    logits = (torch.randn(4, 16, 50, dtype=torch.float64) * 2.5).requires_grad_()
    mask = torch.arange(16) < torch.tensor(LENGTHS)[:, None]
    targets = torch.randint(1, 50, (4, 16)).masked_fill(~mask, -100)
    return logits, targets, mask


def same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-12, atol=0)


def test_the_numbers_of_the_docstring() -> None:
    assert doctest.testmod(reference).failed == 0


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_is_torchs_on_flat_inputs(batch: Any, reduction: Any, smoothing: float, weighted: bool) -> None:
    logits, targets, _ = batch
    weight = torch.rand(50, dtype=torch.float64) if weighted else None
    options: Any = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
    want = cross_entropy(logits.flatten(0, 1), targets.flatten(), **options)
    for x, y in ((logits, targets), (logits.flatten(0, 1), targets.flatten())):
        got = masked_cross_entropy(x, y, **options)
        assert got.shape == (y.shape if reduction == "none" else ())
        assert torch.allclose(got.flatten(), want.flatten(), rtol=1e-12, atol=1e-12)
    (mine,) = torch.autograd.grad(masked_cross_entropy(logits, targets, **options).sum(), logits)
    (theirs,) = torch.autograd.grad(want.sum(), logits)
    assert torch.allclose(mine, theirs, rtol=1e-12, atol=1e-15)


def test_mask_and_ids_agree(batch: Any) -> None:
    logits, targets, mask = batch
    want = masked_cross_entropy(logits, targets)
    assert same(masked_cross_entropy(logits, targets.clamp(min=0), mask), want)
    assert same(masked_cross_entropy(logits, targets.masked_fill(~mask, 0), ignore_index=0), want)
    two = targets.masked_fill(~mask, 0)
    two[1, 12:] = 3
    dropped = (two != 0) & (two != 3)
    assert same(masked_cross_entropy(logits, two, ignore_index=(0, 3)), masked_cross_entropy(logits, two, dropped))
    assert not same(masked_cross_entropy(logits, two, ignore_index=0), masked_cross_entropy(logits, two, ignore_index=(0, 3)))


def test_mean_over_all_positions_is_too_small_by_the_share_of_real_ones(batch: Any) -> None:
    logits, targets, mask = batch
    per = cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    wrong, right = (per * mask).mean(), masked_cross_entropy(logits, targets)
    assert float((wrong / right).detach()) == pytest.approx(31 / 64)


def test_padding_does_not_matter(batch: Any) -> None:
    logits, targets, _ = batch
    want = masked_cross_entropy(logits, targets)
    for wider in (1, 100):
        more = torch.cat([logits, torch.randn(4, wider, 50, dtype=torch.float64)], 1)
        y = torch.nn.functional.pad(targets, (0, wider), value=-100)
        assert same(masked_cross_entropy(more, y), want)
    order = torch.randperm(16)
    assert same(masked_cross_entropy(logits[:, order], targets[:, order]), want)


def test_what_stands_at_masked_rows_does_not_matter(batch: Any) -> None:
    logits, targets, mask = batch
    want = masked_cross_entropy(logits, targets)
    (clean,) = torch.autograd.grad(want, logits)
    for garbage in (float("nan"), float("inf"), -float("inf")):
        dirty = torch.where(mask[..., None], logits.detach(), garbage).requires_grad_()
        for reduction in ("mean", "none"):
            loss = masked_cross_entropy(dirty, targets.masked_fill(~mask, 10**9), mask, reduction=reduction)
            assert loss.isfinite().all()
            (grad,) = torch.autograd.grad(loss.sum() if reduction == "mean" else loss.sum() / 31, dirty)
            assert torch.allclose(grad, clean, rtol=1e-12, atol=1e-15)
    per = nll_loss(dirty.log_softmax(-1).transpose(1, 2), targets.clamp(min=0), reduction="none")
    assert (per * mask).isnan().any()  # a product does not keep it out


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nothing_counts(batch: Any, reduction: Any) -> None:
    logits, targets, _ = batch
    none = torch.full_like(targets, -100)
    assert cross_entropy(logits.flatten(0, 1), none.flatten()).isnan()
    loss = masked_cross_entropy(logits, none, reduction=reduction)
    assert (loss == 0).all() and loss.requires_grad  # attached: ranks that wait for its gradient do not hang
    (grad,) = torch.autograd.grad(loss.sum(), logits)
    assert (grad == 0).all()
    assert masked_cross_entropy(logits[:0], targets[:0], reduction=reduction).sum() == 0


def test_only_classes_of_weight_0() -> None:
    logits = torch.randn(3, 4, requires_grad=True)
    loss = masked_cross_entropy(logits, torch.ones(3, dtype=torch.long), weight=torch.tensor([1.0, 0.0, 1.0, 1.0]))
    assert loss == 0 and (torch.autograd.grad(loss, logits)[0] == 0).all()


def test_weight_zero_is_no_mask_under_label_smoothing(batch: Any) -> None:
    logits, targets, mask = batch
    zero = targets.masked_fill(~mask, 0)
    weight = torch.ones(50, dtype=torch.float64)
    weight[0] = 0
    flat = cross_entropy(logits.flatten(0, 1), zero.flatten(), weight=weight)
    assert same(flat, masked_cross_entropy(logits, targets))
    smooth = cross_entropy(logits.flatten(0, 1), zero.flatten(), weight=weight, label_smoothing=0.1)
    assert float((smooth - masked_cross_entropy(logits, targets, label_smoothing=0.1)).abs().detach()) > 0.01


def test_T_equal_V_unflattened_is_accepted_by_torch_and_wrong(batch: Any) -> None:
    logits = torch.randn(4, 16, 16, dtype=torch.float64)
    targets = torch.randint(0, 16, (4, 16))
    assert not same(cross_entropy(logits, targets), masked_cross_entropy(logits, targets))


def test_half_precision_is_computed_in_float32(batch: Any) -> None:
    logits, targets, _ = batch
    want = masked_cross_entropy(logits, targets)
    for dtype in (torch.bfloat16, torch.float16):
        loss = masked_cross_entropy(logits.to(dtype), targets)
        assert loss.dtype == torch.float32
        exact = masked_cross_entropy(logits.to(dtype).double(), targets)
        assert float(loss.detach()) == pytest.approx(float(exact.detach()), rel=1e-6)
        assert float(loss.detach()) == pytest.approx(float(want.detach()), rel=1e-2)
    many = torch.zeros(12_000, 1000, dtype=torch.float16)
    assert masked_cross_entropy(many, torch.zeros(12_000, dtype=torch.long)).isfinite()  # a float16 sum is inf


def test_pad_is_eos_leaves_no_gradient_at_the_end(batch: Any) -> None:
    logits, targets, mask = batch
    ended = targets.clone()
    ended[range(4), [n - 1 for n in LENGTHS]] = 7
    (grad,) = torch.autograd.grad(masked_cross_entropy(logits, ended.masked_fill(~mask, 7), ignore_index=7), logits)
    assert (grad[range(4), [n - 1 for n in LENGTHS]] == 0).all()


def test_gradcheck_strides_and_one_token_rows() -> None:
    torch.manual_seed(1)
    logits = torch.randn(3, 2, 4, dtype=torch.float64).transpose(0, 1).requires_grad_()
    targets = torch.tensor([[0, -100, 3], [1, 2, -100]])
    torch.autograd.gradcheck(lambda x: masked_cross_entropy(x, targets), (logits,))
    assert same(masked_cross_entropy(logits[:, :1], targets[:, :1]), cross_entropy(logits[:, 0], targets[:, 0]))
    loss = masked_cross_entropy(logits, targets)
    first = torch.autograd.grad(loss, logits, torch.tensor(3.0, dtype=torch.float64), retain_graph=True)[0]
    assert torch.allclose(first, 3 * torch.autograd.grad(loss, logits)[0])


F3, I2 = torch.zeros(2, 5, 7), torch.zeros(2, 5, dtype=torch.long)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((I2, F3), r"input must be logits .*: got input int64\(2, 5\) and target float32\(2, 5, 7\); they seem to be exchanged"),
        ((F3[None], I2), r"got input float32\(1, 2, 5, 7\)"),
        ((F3, I2.float()), "target must be class ids, not torch.float32"),
        ((F3, I2.flatten()), r"target must be \(2, 5\), .*; only one of them is flattened"),
        ((F3.flatten(0, 1), I2), "only one of them is flattened"),
        ((F3.transpose(1, 2), I2), r"pass input.transpose\(1, 2\)"),
        ((F3, I2.T), r"time first: transpose\(0, 1\)"),
        ((F3, I2[:, :4]), r"target must be \(2, 5\)"),
        ((F3, I2, I2), r"pass mask.bool\(\)"),
        ((F3, I2, I2.float()), "multiply it onto the loss of reduction='none'"),
        ((F3, I2, I2[:, :1].bool()), r"mask must be of the target's shape \(2, 5\), not \(2, 1\)"),
    ],
)
def test_refuses(args: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        masked_cross_entropy(*args)


def test_refuses_options_and_ids() -> None:
    with pytest.raises(ShapeError, match=r"weight must be \(7,\), one a class, not \(6,\)"):
        masked_cross_entropy(F3, I2, weight=torch.ones(6))
    with pytest.raises(ValueError, match="reduction must be"):
        masked_cross_entropy(F3, I2, reduction="avg")  # type: ignore[arg-type]
    with pytest.raises(IndexError, match=r"target\[1, 3\] is 7, and there are 7 classes"):
        masked_cross_entropy(F3, I2.index_put((torch.tensor(1), torch.tensor(3)), torch.tensor(7)))
    with pytest.raises(IndexError, match=r"target\[0, 0\] is -1"):  # torch's advanced indexing would wrap
        masked_cross_entropy(F3, I2 - 1)
    assert masked_cross_entropy(F3, I2 - 1, ignore_index=-1) == 0


def test_the_public_face_is_the_fast_one() -> None:
    assert shapeguard.masked_cross_entropy is not masked_cross_entropy
    want, got = (list(inspect.signature(f).parameters.items()) for f in (masked_cross_entropy, shapeguard.masked_cross_entropy))
    assert got == want


def test_without_torch_one_line_says_so() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import shapeguard, shapeguard.testing, shapeguard.lint.registry as r\n"
        "for f in (lambda: shapeguard.masked_cross_entropy, lambda: shapeguard.testing.prove(r.load()['SG101'])):\n"
        "    try: f()\n"
        "    except ImportError as error: print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == [
        "shapeguard.masked_cross_entropy needs torch: the extra [torch] of this package brings it",
        "prove needs torch: the extra [torch] of this package brings it",
    ]
