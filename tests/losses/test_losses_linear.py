"""The loss of hidden states and a head against the reference in float64, and what it promises beside the number."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

import shapeguard
from shapeguard.losses import chunks, softmax
from shapeguard.losses import linear as module
from shapeguard.losses.blocks import Cut
from shapeguard.losses.linear import masked_linear_cross_entropy
from shapeguard.losses.reference import masked_cross_entropy as reference
from tests.losses.losses_grid import MASKS, B, D, T, close, factor, options

TOLERANCE = {torch.float64: 1e-13, torch.float32: 4e-6, torch.bfloat16: 3e-2, torch.float16: 4e-3}


def test_the_numbers_of_the_docstring() -> None:
    assert doctest.testmod(module).failed == 0
    assert shapeguard.masked_linear_cross_entropy is masked_linear_cross_entropy


@pytest.fixture(params=["one chunk", "chunks", "unseen"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """All rows in one product; several chunks, and blocks in them; and the way of a GPU, where nothing may be looked at."""
    if request.param == "chunks":
        monkeypatch.setattr(chunks, "CHUNK_BYTES", 2000)
        monkeypatch.setattr(chunks, "cut_for", lambda *_: Cut(2, 1))
        monkeypatch.setattr(chunks, "_VOCABULARY_ROWS", 20)
    if request.param == "unseen":
        monkeypatch.setattr(module, "may_read_values", lambda *_: False)
    return str(request.param)


@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_is_the_reference(way: str, dtype: torch.dtype, with_bias: bool) -> None:
    torch.manual_seed(0)
    for kind in ("all", "one", "scattered", "none"):
        for o in options(50):
            keep, y = MASKS[kind](), torch.randint(0, 50, (B, T))
            drawn = [torch.randn(*shape, dtype=torch.float64).to(dtype) for shape in ((B, T, D), (50, D), (50,))][: 2 + with_bias]
            exact = [t.double().requires_grad_() for t in drawn]
            dirty = drawn[0].masked_fill(~keep[..., None], float("nan"))
            given = [t.clone().requires_grad_() for t in (dirty, *drawn[1:])]
            by = factor(o["reduction"])
            bias = given[2] if with_bias else None
            loss = masked_linear_cross_entropy(*given[:2], y.masked_fill(~keep, 10**9), keep, linear_bias=bias, **o)
            want = reference(linear(*exact), y, keep, **o)
            assert loss.dtype == (dtype if dtype in (torch.float32, torch.float64) else torch.float32)
            assert loss.shape == want.shape and loss.requires_grad
            assert close(loss, want, TOLERANCE[dtype]), (kind, o)
            grads, right = torch.autograd.grad(loss, given, by.to(loss.dtype)), torch.autograd.grad(want, exact, by)
            for g, r in zip(grads, right, strict=True):
                assert g.dtype == dtype and close(g, r, TOLERANCE[dtype]), (kind, o)
            assert (grads[0][~keep] == 0).all(), (kind, o)


def errors(loss: Callable[..., Tensor], tensors: list[Tensor], y: Tensor) -> Tensor:
    """Distances of a loss and its gradients from float64's, relative."""
    exact, mine = [t.double().requires_grad_() for t in tensors], [t.clone().requires_grad_() for t in tensors]
    want, got = reference(linear(*exact), y), loss(*mine, y)
    pairs = zip(torch.autograd.grad(got, mine), torch.autograd.grad(want, exact), strict=True)
    far = [float((got.double() - want).abs().detach()), *(float((g.double() - r).norm() / r.norm()) for g, r in pairs)]
    return torch.tensor(far)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_is_no_farther_from_the_truth_than_torch(dtype: torch.dtype, chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 % is a draw. A bfloat16 head's gradient that is summed over chunks is rounded once for each, and once for the sum."""
    if chunked:
        monkeypatch.setattr(chunks, "CHUNK_BYTES", 64 * 2000 * dtype.itemsize)  # of 320 rows
    torch.manual_seed(1)
    mine, theirs = torch.zeros(3), torch.zeros(3)
    for scale in (0.05, 0.2, 0.5):
        for _ in range(3):
            tensors, y = [torch.randn(8, 48, 64).to(dtype), (torch.randn(2000, 64) * scale).to(dtype)], torch.randint(0, 2000, (8, 48))
            y[:, 40:] = -100
            mine += errors(masked_linear_cross_entropy, tensors, y)
            theirs += errors(lambda h, w, y: cross_entropy(linear(h, w).flatten(0, 1).float(), y.flatten()), tensors, y)
    bound = torch.tensor([1.01, 1.01, 1.25 if chunked and dtype == torch.bfloat16 else 1.01])
    ulp = torch.tensor([9 * 4.8e-7, 0, 0])  # of the float32 losses of 9 draws: the rounded logits, the same in both, weigh more
    assert (mine <= theirs * bound + ulp).all(), (mine, theirs, mine / theirs)


def test_probabilities_that_underflow(way: str) -> None:
    hidden = torch.tensor([[200.0, 0.0], [0.0, 1e4], [95.0, 0.0]], requires_grad=True)
    head = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], requires_grad=True)
    y = torch.tensor([1, 2, 2])
    loss = masked_linear_cross_entropy(hidden, head, y, reduction="none")
    assert loss.tolist() == [200.0, 2e4, 95.0]
    for mine, theirs in zip(*(torch.autograd.grad(v.sum(), (hidden, head)) for v in (loss, reference(hidden @ head.T, y))), strict=True):
        assert torch.allclose(mine, theirs * 3)
    weight = torch.tensor([1.0, 0.0, 1.0])
    assert masked_linear_cross_entropy(hidden[:1], head, y[:1], weight=weight, reduction="sum") == 0  # 0 * 200, not 0 * inf


def test_float16_gradients_survive_until_the_factor_of_a_scaler(way: str) -> None:
    torch.manual_seed(0)
    drawn, y = [torch.randn(64, 16).half(), torch.randn(2000, 16).half() * 0.1], torch.randint(0, 2000, (64,))
    exact, mine = [t.double().requires_grad_() for t in drawn], [t.requires_grad_() for t in drawn]
    grads = torch.autograd.grad(masked_linear_cross_entropy(*mine, y, num_tokens=10**6) * 65536, mine)
    for g, r in zip(grads, torch.autograd.grad(reference(linear(*exact), y, num_tokens=10**6) * 65536, exact), strict=True):
        assert float((g.double() - r).norm() / r.norm()) < 2e-3


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_only_what_is_asked_for(way: str, reduction: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    hidden, head, bias = torch.randn(B, T, D), torch.randn(9, D), torch.randn(9)
    y, keep = torch.randint(0, 9, (B, T)), MASKS["right"]()
    o: Any = {"linear_bias": bias, "reduction": reduction}
    want = reference(linear(hidden, head, bias), y, keep, reduction=reduction)
    for which in ((hidden,), (head,), (bias,), (hidden, bias)):
        for t in (hidden, head, bias):
            t.requires_grad_(any(t is w for w in which))
        with monkeypatch.context() as m:
            if head is not which[0]:
                m.setattr(chunks, "_add_head", None)  # not called, or it raises
            got = torch.autograd.grad(masked_linear_cross_entropy(hidden, head, y, keep, **o).sum(), which)
        right = torch.autograd.grad(reference(linear(hidden, head, bias), y, keep, reduction=reduction).sum(), which)
        for g, r in zip(got, right, strict=True):
            assert torch.allclose(g, r, atol=1e-6)
    monkeypatch.setattr(softmax.Terms, "to_gradient", None)
    with torch.no_grad():
        assert torch.allclose(masked_linear_cross_entropy(hidden, head, y, keep, **o), want, atol=1e-6)
        for t in (hidden, head, bias):
            t.requires_grad_(False)
    assert torch.allclose(masked_linear_cross_entropy(hidden, head, y, keep, **o), want, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_gradients_of_one_graph(way: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    tensors = [torch.randn(s).to(dtype).requires_grad_() for s in ((B, T, D), (9, D), (9,))]
    y, keep = torch.randint(0, 9, (B, T)), MASKS["right"]()
    o: Any = {"linear_bias": tensors[2]}
    for reduction in ("mean", "none"):
        loss = masked_linear_cross_entropy(*tensors[:2], y, keep, reduction=reduction, **o)
        by = torch.ones_like(loss)
        first = torch.autograd.grad(loss, tensors, by, retain_graph=True)
        kept = [g.clone() for g in first]
        for g in first:
            g.zero_()  # they are the caller's
        for g, k in zip(torch.autograd.grad(loss, tensors, 4 * by, retain_graph=True), kept, strict=True):
            assert torch.allclose(g, 4 * k, atol=1e-6)
        for g, k in zip(torch.autograd.grad(loss, tensors, by), kept, strict=True):
            assert torch.equal(g, k)
        loss = masked_linear_cross_entropy(*tensors[:2], y, keep, reduction=reduction, **o)
        assert (torch.autograd.grad(loss, tensors[0], torch.full_like(loss, torch.inf))[0][~keep] == 0).all()
    with pytest.raises(RuntimeError, match="differentiated once"):
        torch.autograd.grad(masked_linear_cross_entropy(*tensors[:2], y), tensors[:2], create_graph=True)


def test_several_gradients_at_once(way: str) -> None:
    hidden, head, y = torch.randn(B, T, D, requires_grad=True), torch.randn(9, D, requires_grad=True), torch.randint(0, 9, (B, T))
    keep, by = MASKS["scattered"](), torch.randn(3)
    loss, want = masked_linear_cross_entropy(hidden, head, y, keep), reference(hidden @ head.T, y, keep)
    pairs = zip(*(torch.autograd.grad(v, (hidden, head), by, is_grads_batched=True) for v in (loss, want)), strict=True)
    assert all(torch.allclose(g, r, atol=1e-6) for g, r in pairs)
    rows = masked_linear_cross_entropy(hidden, head, y, keep, reduction="none")
    with pytest.raises(RuntimeError, match="reduction='none' takes one gradient at a time, not is_grads_batched"):
        torch.autograd.grad(rows, hidden, torch.randn(3, B, T), is_grads_batched=True)


def test_autocast_rounds_as_linear_does() -> None:
    torch.manual_seed(0)
    hidden, head, bias = (torch.randn(s, requires_grad=True) for s in ((B, T, D), (9, D), (9,)))
    y, keep = torch.randint(0, 9, (B, T)), MASKS["right"]()
    with torch.autocast("cpu", torch.bfloat16):
        loss = masked_linear_cross_entropy(hidden, head, y, keep, linear_bias=bias)
        want = reference(linear(hidden, head, bias), y, keep)
    assert loss.dtype == torch.float32 and torch.allclose(loss, want, rtol=1e-6)
    for g, r in zip(*(torch.autograd.grad(v, (hidden, head, bias)) for v in (loss, want)), strict=True):
        assert g.dtype == torch.float32 and torch.allclose(g, r, atol=1e-3)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = masked_linear_cross_entropy(hidden.bfloat16(), head, y, keep)
    assert torch.allclose(mixed, reference(linear(hidden.bfloat16(), head.bfloat16()), y, keep), rtol=1e-6)


def test_strides_and_small() -> None:
    torch.manual_seed(0)
    hidden, head = torch.randn(T, B, D).transpose(0, 1).requires_grad_(), torch.randn(D, 9).T.requires_grad_()
    y = torch.randint(0, 9, (T, B)).T
    loss, want = masked_linear_cross_entropy(hidden, head, y), reference(hidden @ head.T, y)
    for g, r in zip(*(torch.autograd.grad(v, (hidden, head)) for v in (loss, want)), strict=True):
        assert torch.allclose(g, r, atol=1e-6)
    tied = torch.randn(9, D, requires_grad=True)  # embedding and head
    loss, want = masked_linear_cross_entropy(tied[y], tied, y), reference(tied[y] @ tied.T, y)
    assert torch.allclose(torch.autograd.grad(loss, tied)[0], torch.autograd.grad(want, tied)[0], atol=1e-6)
    for shape in ((0, T, D), (B, 0, D), (0, D)):
        x = torch.randn(shape, requires_grad=True)
        for reduction in ("mean", "sum", "none"):
            loss = masked_linear_cross_entropy(x, tied, torch.zeros(shape[:-1], dtype=torch.long), reduction=reduction)
            grads = torch.autograd.grad(loss.sum(), (x, tied))
            assert loss.sum() == 0 and grads[0].shape == shape and (grads[1] == 0).all()
    one, two, ids = hidden[:, :1], head[:2], y[:, :1] % 2  # one-token rows, two classes
    assert torch.allclose(masked_linear_cross_entropy(one, two, ids), reference(one @ two.T, ids))


H, W, I2 = torch.zeros(2, 5, 3), torch.zeros(7, 3), torch.zeros(2, 5, dtype=torch.long)
GOT = "got input float32(2, 5, 3), linear_weight float32(7, 3) and target "


@pytest.mark.parametrize(
    ("args", "o", "message"),
    [
        ((I2, W, H), {}, "input must be hidden states (B, T, D) or (N, D): got input int64(2, 5), linear_weight float32(7, 3) and target"),
        ((H, W, H), {}, f"target must be class ids, not torch.float32: {GOT}float32(2, 5, 3)"),
        ((H, W[None], I2), {}, "linear_weight must be (V, D), as in nn.Linear: got input float32(2, 5, 3), linear_weight float32(1, 7, 3)"),
        ((H, W.T, I2), {}, "linear_weight must be (V, 3), D being the input's last axis: "),
        ((H, W.T, I2), {}, "linear_weight float32(3, 7) and target int64(2, 5); pass linear_weight.T"),
        ((H, W.bfloat16(), I2), {}, "input and linear_weight must be of one dtype, or under torch.autocast: got input float32(2, 5, 3)"),
        ((H, W, I2.flatten()), {}, f"the input's shape without its last axis: {GOT}int64(10,); only one of them is flattened"),
        ((H, W, I2.T), {}, f"{GOT}int64(5, 2); one of them is time first: transpose(0, 1)"),
        ((H, W, I2, I2), {}, "mask must be bool, not torch.int64"),
        ((H, W, I2, torch.zeros(7)), {}, "of the target's shape (2, 5), not float32(7,): pass weights and biases by name"),
        ((H, W, I2, I2[:1].bool()), {}, "mask must be of the target's shape (2, 5), not (1, 5)"),
        ((H, W, I2), {"linear_bias": torch.zeros(3)}, "linear_bias must be (7,), one a class, not float32(3,)"),
        ((H, W, I2), {"weight": torch.zeros(3)}, "weight must be (7,), one a class, not (3,)"),
        ((H, W, I2 + 7), {}, "target[0, 0] is 7, and there are 7 classes"),
        ((H, W, I2), {"reduction": "avg"}, "reduction must be 'mean', 'sum' or 'none', not 'avg'"),
        ((H, W, I2), {"reduction": "none", "num_tokens": 3}, "num_tokens is what reduction='mean' divides by"),
    ],
)
def test_refuses(args: Any, o: Any, message: str) -> None:
    with pytest.raises((ValueError, IndexError)) as caught:
        masked_linear_cross_entropy(*args, **o)
    assert message in str(caught.value)
