"""The loss of logits against the reference in float64, and what it promises beside the number."""

from __future__ import annotations

import doctest
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import vmap
from torch.nn.functional import cross_entropy

import shapeguard
from shapeguard.losses import eager, masked, softmax
from shapeguard.losses.blocks import Cut, Run, cut_for, kept_rows
from shapeguard.losses.masked import masked_cross_entropy
from shapeguard.losses.reference import masked_cross_entropy as reference
from tests.losses.losses_grid import LENGTHS, MASKS, B, T, close, factor, options

TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-6, torch.bfloat16: 1e-2, torch.float16: 1e-3}


def test_the_numbers_of_the_docstring() -> None:
    assert doctest.testmod(masked).failed == 0
    assert shapeguard.masked_cross_entropy is masked_cross_entropy


CUTS = {
    "cached": Cut(1000, 1000),
    "short blocks": Cut(3, 2),
    "bridges": Cut(1000, 1000, few=2, bridge=1000),
    "short bridges": Cut(3, 4, few=1, bridge=3),
}


@pytest.fixture(params=[*CUTS, "unseen"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Rows gathered in one block; blocks of 3, single rows gathered; several threads' way, over gaps; a GPU's, where nobody may look."""
    if request.param in CUTS:
        monkeypatch.setattr(eager, "cut_for", lambda *_: CUTS[request.param])
    if request.param == "unseen":
        monkeypatch.setattr(masked, "may_read_values", lambda *_: False)
    return str(request.param)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_is_the_reference(way: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    for classes, (kind, mask) in itertools.product((2, 50) if way == "cached" else (50,), MASKS.items()):
        for o in options(classes):
            keep = mask()
            x = (torch.randn(B, T, classes, dtype=torch.float64) * 3).to(dtype)
            y = torch.randint(0, classes, (B, T))
            dirty = x.masked_fill(~keep[..., None], float("nan")).requires_grad_()
            clean = x.double().requires_grad_()
            by = factor(o["reduction"])
            loss, want = masked_cross_entropy(dirty, y.masked_fill(~keep, 10**9), keep, **o), reference(clean, y, keep, **o)
            assert loss.dtype == (dtype if dtype in (torch.float32, torch.float64) else torch.float32)
            assert loss.shape == want.shape and loss.requires_grad
            assert close(loss, want, 2e-6 if dtype != torch.float64 else 1e-13), (kind, o)
            (grad,) = torch.autograd.grad(loss, dirty, by.to(loss.dtype))
            (right,) = torch.autograd.grad(want, clean, by)
            assert close(grad, right, TOLERANCE[dtype]), (kind, o)
            assert (grad[~keep] == 0).all(), (kind, o)
            assert (loss[~keep] == 0).all() if o["reduction"] == "none" else True


def errors(loss: Callable[..., Tensor], x: Tensor, y: Tensor, **o: Any) -> Tensor:
    """Distances of a loss and its gradient from float64's."""
    exact, mine = x.double().requires_grad_(), x.clone().requires_grad_()
    want = reference(exact, y, **o)
    got = loss(mine, y, **o)
    (right,), (grad,) = torch.autograd.grad(want, exact), torch.autograd.grad(got, mine)
    return torch.tensor([float((got.double() - want).abs().detach()), float((grad.double() - right).norm())])


def torchs(x: Tensor, y: Tensor, **o: Any) -> Tensor:
    """The plain form in the same dtype."""
    return cross_entropy(x.flatten(0, -2).float(), y.flatten(), **o)


@pytest.mark.parametrize("o", [{}, {"label_smoothing": 0.1}, {"weight": torch.linspace(0.5, 2, 3000)}])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_is_no_farther_from_the_truth_than_torch(dtype: torch.dtype, o: Any) -> None:
    torch.manual_seed(1)
    mine, theirs = torch.zeros(2), torch.zeros(2)
    for scale in (0.1, 1.0, 3.0, 6.0):
        for _ in range(4):
            x, y = (torch.randn(8, 16, 3000) * scale).to(dtype), torch.randint(0, 3000, (8, 16))
            y[:, 11:] = -100
            mine += errors(masked_cross_entropy, x, y, **o)
            theirs += errors(torchs, x, y, **o)
    assert (mine <= theirs * torch.tensor([1.0, 1.001])).all(), (mine, theirs)


def test_probabilities_that_underflow() -> None:
    x = torch.tensor([[0.0, 200.0, 0.0], [0.0, 1e4, -1e4], [0.0, -torch.inf, 1.0], [95.0, 0.0, 0.0]], requires_grad=True)
    y = torch.tensor([0, 2, 1, 1])
    loss = masked_cross_entropy(x, y, reduction="none")
    assert loss.tolist() == [200.0, 2e4, torch.inf, 95.0]
    (grad,) = torch.autograd.grad(loss.sum(), x)
    assert torch.equal(grad, torch.autograd.grad(cross_entropy(x, y, reduction="sum"), x)[0])
    closed = torch.tensor([[-torch.inf, 0.0, 1.0], [0.0, -torch.inf, 1.0]], requires_grad=True)  # classes that are ruled out
    options: list[Any] = [{}, {"label_smoothing": 0.1}, {"label_smoothing": 0.1, "weight": torch.tensor([0.5, 1.0, 2.0])}]
    for o in options:
        got, want = (fn(closed, y[:2] * 0, reduction="none", **o) for fn in (masked_cross_entropy, cross_entropy))
        assert torch.allclose(got, want)
        (mine,), (right,) = (torch.autograd.grad(v.sum(), closed) for v in (got, want))
        assert torch.allclose(mine, right, atol=1e-6)
    half = x.detach().bfloat16()
    assert torch.equal(masked_cross_entropy(half, y, reduction="none"), cross_entropy(half.float(), y, reduction="none"))
    weight = torch.tensor([0.0, 1.0, 1.0])
    assert masked_cross_entropy(x[:1], y[:1], weight=weight, reduction="sum") == 0  # 0 * 200, not 0 * inf


def test_float16_gradients_survive_until_the_factor_of_a_scaler() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(64, 2000).half().requires_grad_(), torch.randint(0, 2000, (64,))
    exact = x.detach().double().requires_grad_()
    scaled = torch.autograd.grad(masked_cross_entropy(x, y, num_tokens=10**6) * 65536, x)[0]
    right = torch.autograd.grad(reference(exact, y, num_tokens=10**6) * 65536, exact)[0]
    assert close(scaled / right.abs().max(), right / right.abs().max(), 1e-3)
    assert float((scaled.double() / right - 1).abs().median()) < 1e-3  # also of the small ones
    zero = masked_cross_entropy(x, torch.full((64,), -100))
    assert (torch.autograd.grad(zero * 65536, x)[0] == 0).all()


LAYOUTS: dict[str, Callable[[], Tensor]] = {
    "time first": lambda: torch.randn(T, B, 7).transpose(0, 1),
    "classes in the middle": lambda: torch.randn(B, 7, T).transpose(1, 2),
    "shifted": lambda: torch.randn(B, T + 1, 7)[:, :-1],
    "every second": lambda: torch.randn(B, T, 14)[..., ::2],
    "expanded": lambda: torch.randn(B, 1, 7).expand(B, T, 7),
    "flipped": lambda: torch.randn(7, T, B).permute(2, 1, 0),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", MASKS)
def test_strides(way: str, layout: str, kind: str) -> None:
    torch.manual_seed(2)
    x, keep, y = LAYOUTS[layout]().requires_grad_(), MASKS[kind](), torch.randint(0, 7, (T, B)).T
    for reduction in ("mean", "none"):
        o: Any = {"reduction": reduction}
        loss, want = masked_cross_entropy(x, y, keep, **o), reference(x, y, keep, **o)
        assert torch.allclose(loss, want, atol=1e-6)
        (grad,), (right,) = torch.autograd.grad(loss.sum(), x), torch.autograd.grad(want.sum(), x)
        assert torch.allclose(grad, right, atol=1e-6)
    assert torch.allclose(masked_cross_entropy(x.flatten(0, 1), y.flatten(), keep.flatten()), reference(x, y, keep))


def test_masks_lengths_and_ids_together() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(B, T, 5, dtype=torch.float64), torch.randint(0, 5, (B, T))
    mask = torch.rand(B, T) < 0.8
    keep = mask & (torch.arange(T) < LENGTHS[:, None]) & (y != 1) & (y != 4)
    want = cross_entropy(x[keep], y[keep])
    for lengths in (LENGTHS, LENGTHS.tolist(), tuple(LENGTHS.tolist()), LENGTHS.int()):
        assert torch.allclose(masked_cross_entropy(x, y, mask, lengths=lengths, ignore_index=(1, 4)), want, rtol=1e-13)
    assert torch.allclose(masked_cross_entropy(x, y.byte(), keep, ignore_index=None), want, rtol=1e-13)
    assert torch.allclose(masked_cross_entropy(x, y.int().masked_fill(~keep, -100)), want, rtol=1e-13)


def test_gradients_of_one_graph(way: str) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(B, T, 50, requires_grad=True), torch.randint(0, 50, (B, T))
    for reduction in ("mean", "none"):
        loss = masked_cross_entropy(x, y, MASKS["right"](), reduction=reduction)
        by = torch.ones_like(loss)
        first = torch.autograd.grad(loss, x, by, retain_graph=True)[0]
        kept = first.clone()
        first.zero_()  # it is the caller's
        second = torch.autograd.grad(loss, x, 3 * by, retain_graph=True)[0]
        assert torch.allclose(second, 3 * kept, atol=1e-7)
        assert torch.equal(torch.autograd.grad(loss, x, by)[0], kept)
        with pytest.raises(RuntimeError, match="second time"):
            torch.autograd.grad(loss, x, by)
    loss = masked_cross_entropy(x, y) + masked_cross_entropy(x, y, MASKS["left"]())
    loss.backward()
    want = torch.autograd.grad(reference(x, y) + reference(x, y, MASKS["left"]()), x)[0]
    assert x.grad is not None and torch.allclose(x.grad, want, atol=1e-7)


@pytest.mark.parametrize("by", [float("inf"), float("nan")])
def test_a_factor_that_overflowed_stays_out_of_masked_rows(way: str, by: float) -> None:
    x, keep = torch.randn(B, T, 5, requires_grad=True), MASKS["scattered"]()
    for reduction in ("mean", "none"):
        loss = masked_cross_entropy(x, torch.ones(B, T, dtype=torch.long), keep, reduction=reduction)
        (grad,) = torch.autograd.grad(loss, x, torch.full_like(loss, by))
        assert (grad[~keep] == 0).all() and not grad[keep].isfinite().any()


def test_no_gradient_is_computed_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = torch.randn(B, T, 5), torch.randint(0, 5, (B, T))
    want = reference(x, y)
    monkeypatch.setattr(softmax.Terms, "to_gradient", None)  # not called, or it raises
    assert torch.allclose(masked_cross_entropy(x, y), want)
    with torch.no_grad():
        assert torch.allclose(masked_cross_entropy(x.requires_grad_(), y), want)
    with torch.inference_mode():
        assert torch.allclose(masked_cross_entropy(torch.randn(3, 5) * 0, y[0, :3]), torch.tensor(5.0).log())
    with pytest.raises(TypeError):
        masked_cross_entropy(x, y)


def test_small_and_empty() -> None:
    for shape in ((0, T, 5), (B, 0, 5), (0, 5), (0, 0, 5), (B, T, 0)):
        x = torch.randn(shape, requires_grad=True)
        for reduction in ("mean", "sum", "none"):
            loss = masked_cross_entropy(x, torch.full(shape[:-1], -100 if shape == (B, T, 0) else 0), reduction=reduction)
            assert loss.sum() == 0 and torch.autograd.grad(loss.sum(), x)[0].shape == shape
    one = torch.randn(B, 1, 5, requires_grad=True)
    y = torch.randint(0, 5, (B, 1))
    assert torch.allclose(masked_cross_entropy(one, y), cross_entropy(one[:, 0], y[:, 0]))
    assert masked_cross_entropy(torch.randn(3, 1), torch.zeros(3, dtype=torch.long)) == 0  # one class


def test_num_tokens() -> None:
    x, y = torch.randn(B, T, 5, dtype=torch.float64, requires_grad=True), torch.randint(0, 5, (B, T))
    total = masked_cross_entropy(x, y, reduction="sum")
    for n in (30, 7.5, torch.tensor(30), torch.tensor(7.5, dtype=torch.float64)):
        assert torch.allclose(masked_cross_entropy(x, y, num_tokens=n), total / n, rtol=1e-14)
        (grad,) = torch.autograd.grad(masked_cross_entropy(x, y, num_tokens=n), x)
        assert torch.allclose(grad, torch.autograd.grad(total, x, retain_graph=True)[0] / n, rtol=1e-13)
    loss = masked_cross_entropy(x, y, MASKS["none"](), num_tokens=0)
    assert loss == 0 and (torch.autograd.grad(loss, x)[0] == 0).all()
    with pytest.raises(ValueError, match=r"num_tokens is what reduction='mean' divides by; reduction='sum' does not divide"):
        masked_cross_entropy(x, y, reduction="sum", num_tokens=3)
    with pytest.raises(ValueError, match="num_tokens must not be negative: -1"):
        masked_cross_entropy(x, y, num_tokens=-1)
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match=f"num_tokens must not be negative: {float(wrong)}|num_tokens must not be negative: {wrong}"):
            masked_cross_entropy(x, y, num_tokens=torch.tensor(wrong))
    learned = torch.tensor(30.0, dtype=torch.float64, requires_grad=True)  # it gets no gradient, and no warning is given
    assert torch.allclose(masked_cross_entropy(x, y, num_tokens=learned), total / 30, rtol=1e-14)
    with pytest.raises(shapeguard.ShapeError, match=r"num_tokens must be one number, of shape \(\), not int64\(2,\)"):
        masked_cross_entropy(x, y, num_tokens=torch.tensor([3, 4]))


def test_autocast_changes_nothing() -> None:
    x, y = torch.randn(B, T, 5, requires_grad=True), torch.randint(0, 5, (B, T))
    want = torch.autograd.grad(masked_cross_entropy(x, y, label_smoothing=0.1), x)[0]
    with torch.autocast("cpu", torch.bfloat16):
        weight = torch.ones(5)  # x @ weight would be bfloat16
        loss = masked_cross_entropy(x, y, label_smoothing=0.1, weight=weight)
        assert loss.dtype == torch.float32
        assert torch.allclose(torch.autograd.grad(loss, x)[0], want, atol=1e-7)
        half = masked_cross_entropy(x.bfloat16(), y)
        assert half.dtype == torch.float32
        assert masked_cross_entropy(x.double(), y).dtype == torch.float64


def test_is_differentiated_once() -> None:
    x = torch.randn(3, 5, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"differentiated once, so not under create_graph=True: .* torch\.func\.grad"):
        torch.autograd.grad(masked_cross_entropy(x, torch.ones(3, dtype=torch.long)), x, create_graph=True)


def test_several_gradients_at_once(way: str) -> None:
    x, y, keep = torch.randn(B, T, 5, requires_grad=True), torch.randint(0, 5, (B, T)), MASKS["scattered"]()
    for reduction in ("sum", "none"):
        o: Any = {"reduction": reduction}
        loss, want = masked_cross_entropy(x, y, keep, **o), reference(x, y, keep, **o)
        by = torch.randn(3, *loss.shape)
        (grads,), (right,) = (torch.autograd.grad(v, x, by, is_grads_batched=True) for v in (loss, want))
        assert torch.allclose(grads, right, atol=1e-6)


F3, I2 = torch.zeros(2, 5, 7), torch.zeros(2, 5, dtype=torch.long)
LOGITS = "input must be logits (B, T, V) or (N, V): got input "
SHAPE = "target must be (2, 5), the input's shape without its last axis, the classes: "
SAME = "got input float32(2, 5, 7) and target "


@pytest.mark.parametrize(
    ("args", "o", "message"),
    [
        ((I2, F3), {}, f"{LOGITS}int64(2, 5) and target float32(2, 5, 7); they seem to be exchanged"),
        ((F3[None], I2), {}, f"{LOGITS}float32(1, 2, 5, 7) and target int64(2, 5)"),
        ((F3[0, 0], I2[0, 0]), {}, f"{LOGITS}float32(7,) and target int64()"),
        ((F3, I2.float()), {}, f"target must be class ids, not torch.float32: {SAME}float32(2, 5)"),
        ((F3, F3), {}, f"{SAME}float32(2, 5, 7); F.cross_entropy takes probabilities of classes, with the classes on axis 1; this takes"),
        ((F3, F3.long()), {}, f"{SHAPE}{SAME}int64(2, 5, 7); if the target is one-hot, pass target.argmax(-1)"),
        ((F3, I2.bool()), {}, f"target must be class ids, not torch.bool: {SAME}bool(2, 5)"),
        ((F3, I2.flatten()), {}, f"{SHAPE}{SAME}int64(10,); only one of them is flattened"),
        ((F3.transpose(1, 2), I2), {}, "and target int64(2, 5); if the input is (B, V, T), pass input.transpose(1, 2)"),
        ((F3, I2.T), {}, f"{SAME}int64(5, 2); one of them is time first: transpose(0, 1)"),
        ((F3, I2[:, :4]), {}, f"{SAME}int64(2, 4)"),
        ((F3, I2, I2), {}, "mask must be bool, not torch.int64: pass mask.bool(); as an index, integers would pick rows 0 and 1"),
        ((F3, I2, I2.float()), {}, "mask must be bool, not torch.float32: multiply it onto the loss of reduction='none', then"),
        ((F3, I2, F3[0, 0]), {}, "mask must be bool, of the target's shape (2, 5), not float32(7,): pass weights and biases by name"),
        ((F3, I2, I2[:, :1].bool()), {}, "mask must be of the target's shape (2, 5), not (2, 1)"),
        ((F3, I2), {"weight": torch.ones(6)}, "weight must be (7,), one a class, not (6,)"),
        ((F3, I2), {"weight": torch.ones(7, requires_grad=True)}, "weight float32(7,) gets no gradient: pass weight.detach()"),
        ((F3, I2), {"lengths": [5]}, "lengths must be (2,), one a row: got lengths int64(1,) and target int64(2, 5)"),
        ((F3, I2), {"lengths": [5, 6]}, "lengths[1] is 6, and a row has 5 positions: got lengths int64(2,) and target int64(2, 5)"),
        ((F3, I2), {"reduction": "avg"}, "reduction must be 'mean', 'sum' or 'none', not 'avg'"),
        ((F3, I2), {"label_smoothing": 1.5}, "label_smoothing must lie between 0 and 1, not 1.5"),
        ((F3, I2), {"ignore_index": -100.0}, "ignore_index must be an id or several, as Python integers, not -100.0"),
        ((F3, I2), {"ignore_index": "-100"}, "ignore_index must be an id or several, as Python integers, not '-100'"),
        ((F3, I2), {"ignore_index": torch.tensor(-100)}, "ignore_index must be an id or several, as Python integers, not tensor(-100)"),
        ((F3, I2), {"ignore_index": [True]}, "ignore_index must be an id or several, as Python integers, not True"),
    ],
)
def test_refuses(args: Any, o: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        masked_cross_entropy(*args, **o)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("args", "o", "message"),
    [
        ((F3.tolist(), I2), {}, "input must be a tensor, not list"),
        ((F3, I2.tolist()), {}, "target must be a tensor, not list"),
        ((F3, I2, 0), {}, "mask must be a tensor, not int; the third argument is the mask, and ignore_index is passed by name"),
        ((F3, I2), {"weight": [1.0] * 7}, "weight must be a tensor, not list"),
    ],
)
def test_refuses_what_is_no_tensor(args: Any, o: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        masked_cross_entropy(*args, **o)
    assert str(caught.value) == message


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32, torch.uint64])
def test_ids_of_every_dtype(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, y, keep = torch.randn(B, T, 5, requires_grad=True), torch.randint(0, 5, (B, T)), MASKS["right"]()
    ids = y.to(dtype)
    for reduction in ("mean", "none"):
        got = masked_cross_entropy(x, ids, keep, ignore_index=(-100, 3), reduction=reduction)
        want = masked_cross_entropy(x, y, keep, ignore_index=(-100, 3), reduction=reduction)
        assert torch.equal(got, want)
    each = vmap(lambda a, b, k: masked_cross_entropy(a, b, k, reduction="sum"))(x, ids, keep)
    assert torch.allclose(each.sum(), masked_cross_entropy(x, y, keep, reduction="sum"))


def test_ignored_ids_of_numpy() -> None:
    x, y = torch.randn(B, T, 5), torch.randint(0, 5, (B, T))
    want = masked_cross_entropy(x, y, ignore_index=(0, 3))
    assert torch.equal(masked_cross_entropy(x, y, ignore_index=np.array([0, 3])), want)  # type: ignore[arg-type]
    assert torch.equal(masked_cross_entropy(x, y, ignore_index=np.int64(0)), masked_cross_entropy(x, y, ignore_index=0))  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int16, torch.uint8])
def test_refuses_ids_that_are_no_class(dtype: torch.dtype) -> None:
    y = I2.index_put((torch.tensor(1), torch.tensor(3)), torch.tensor(7)).to(dtype)
    with pytest.raises(IndexError, match=r"target\[1, 3\] is 7, and there are 7 classes: leave it out by ignore_index or mask"):
        masked_cross_entropy(F3, y)
    assert masked_cross_entropy(torch.zeros(2, 300), torch.tensor([1, 200], dtype=torch.uint8)).isfinite()


def test_several_threads_get_few_large_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    row, cpu = 4 * 131_072, torch.device("cpu")
    for threads, most, bridge in ((1, 4, 0), (2, 64, 64), (8, 256, 256)):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        cut = cut_for(row, cpu)
        assert (cut.most, cut.bridge) == (most, bridge)
        assert cut_for(row, torch.device("meta")).most == 4  # a GPU has no such threads
    keep = torch.arange(8) < torch.tensor([8, 3, 5, 1])[:, None]
    rows = kept_rows(keep.view(1, -1), Cut(100, 100, few=2, bridge=4))  # gaps of 5 and 3
    assert rows.blocks == (Run(0, 0, 11), Run(0, 16, 25)) and rows.gaps == (Run(0, 11, 16), Run(0, 25, 32))
    assert rows.bridged is not None and rows.bridged.tolist() == [21, 22, 23]
    assert kept_rows(keep.view(1, -1), cut).blocks == (Run(0, 0, 25),)
    (gathered,) = kept_rows(keep, cut).blocks
    assert isinstance(gathered, Tensor) and gathered.tolist() == keep.flatten().nonzero()[:, 0].tolist()


@pytest.mark.parametrize("by", [float("inf"), float("nan")])
def test_a_factor_that_is_no_number_stays_out_of_bridged_rows(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    monkeypatch.setattr(eager, "cut_for", lambda *_: CUTS["bridges"])
    x, y = torch.randn(2, 6, 5, requires_grad=True), torch.randint(0, 5, (2, 6))
    keep = torch.tensor([[1, 1, 0, 0, 1, 1], [0, 1, 0, 1, 0, 0]]).bool()
    (masked_cross_entropy(x, y, keep) * by).backward()
    assert x.grad is not None and (x.grad[~keep] == 0).all()
