"""The losses where they are traced, transformed, checkpointed: the number of the reference, or a clear refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import grad, hessian, jvp, vmap
from torch.utils.checkpoint import checkpoint

from shapeguard import MaskedCrossEntropyLoss, MaskedLinearCrossEntropyLoss, masked_cross_entropy, masked_linear_cross_entropy
from shapeguard.losses.reference import masked_cross_entropy as reference

V, D = 20, 6
HEAD = torch.linspace(-1, 1, V * D).view(V, D).sin()

Loss = Callable[..., Tensor]
LOSSES: dict[str, tuple[Loss, Loss, int]] = {
    "logits": (masked_cross_entropy, reference, V),
    "linear": (
        lambda x, y, *a, **o: masked_linear_cross_entropy(x, HEAD.to(x.dtype), y, *a, **o),
        lambda x, y, *a, **o: reference(x @ HEAD.to(x.dtype).T, y, *a, **o),
        D,
    ),
}


@pytest.fixture(params=LOSSES)
def losses(request: Any) -> tuple[Loss, Loss, int]:
    return LOSSES[request.param]


def batch(length: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, targets and mask; NaN and ids that do not exist where nothing counts."""
    torch.manual_seed(length)
    mask = torch.rand(3, length) < 0.6
    x = torch.randn(3, length, width).masked_fill(~mask[..., None], float("nan"))
    return x, torch.randint(0, V, (3, length)).masked_fill(~mask, 10**9), mask


def agrees(loss: Loss, right: Loss, x: Tensor, *rest: Any, **o: Any) -> None:
    """Number and gradient are the reference's; the masked rows get exact zeros."""
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    got, want = loss(mine, *rest), right(theirs.nan_to_num(), *rest, **o)
    assert got.dtype == want.dtype and torch.allclose(got, want, atol=1e-6)
    (g,), (r,) = torch.autograd.grad(got.sum(), mine), torch.autograd.grad(want.sum(), theirs)
    assert torch.allclose(g, r.nan_to_num(), atol=1e-6)
    mask = next((m for m in rest if isinstance(m, Tensor) and m.dtype == torch.bool), None)
    assert mask is None or (g[~mask] == 0).all()


OPTIONS: list[dict[str, Any]] = [
    {},
    {"reduction": "none", "label_smoothing": 0.1},
    {"weight": torch.linspace(0, 2, V), "label_smoothing": 0.1, "ignore_index": (1, 2)},
    {"num_tokens": 17, "ignore_index": None},
]


@pytest.mark.parametrize("dynamic", [None, True])
@pytest.mark.parametrize("o", OPTIONS)
def test_compiled_as_one_graph(losses: Any, o: Any, dynamic: bool | None) -> None:
    loss, right, width = losses
    torch._dynamo.reset()
    compiled = torch.compile(lambda x, y, m: loss(x, y, m, **o), fullgraph=True, dynamic=dynamic, backend="aot_eager")
    for length in (8, 5, 7):
        agrees(compiled, right, *batch(length, width), **o)


@pytest.mark.slow
def test_compiled_by_inductor(losses: Any) -> None:
    loss, right, width = losses
    torch._dynamo.reset()
    compiled = torch.compile(lambda x, y, m: loss(x, y, m, label_smoothing=0.1), fullgraph=True, dynamic=True)
    for length in (8, 5):
        agrees(compiled, right, *batch(length, width), label_smoothing=0.1)
    x, y, mask = batch(5, width)
    for wrong in (-1, V):
        with pytest.raises((IndexError, RuntimeError)):  # its own assert; it names no position
            compiled(x, y.masked_fill(mask, wrong), mask)


@pytest.mark.parametrize("lengths", [[8, 3, 0], torch.tensor([8, 3, 0])])
def test_compiled_with_lengths(losses: Any, lengths: Any) -> None:
    loss, right, width = losses
    torch._dynamo.reset()
    x, y, _ = batch(8, width)
    keep = torch.arange(8) < torch.tensor([8, 3, 0])[:, None]
    compiled = torch.compile(lambda x, y: loss(x, y, lengths=lengths), fullgraph=True, backend="aot_eager")
    assert torch.allclose(compiled(x.nan_to_num(), y % V), right(x.nan_to_num(), y % V, keep))


def test_compiled_ids_never_wrap() -> None:
    torch._dynamo.reset()
    x, y, mask = batch(8, V)
    compiled = torch.compile(masked_cross_entropy, fullgraph=True, backend="aot_eager")
    for wrong in (-1, -100, V, 10**6):  # -100 is what torch ignores if it is told nothing
        with pytest.raises(IndexError, match="out of bounds"):
            compiled(x, y.masked_fill(mask, wrong), mask, ignore_index=None)


def test_compiled_refusals_are_said() -> None:
    torch._dynamo.reset()
    compiled = torch.compile(masked_cross_entropy, backend="aot_eager")
    with pytest.raises(ValueError, match=r"got input float32\(2, 7, 5\) and target int64\(2, 5\); .* pass input.transpose\(1, 2\)"):
        compiled(torch.randn(2, 7, 5), torch.zeros(2, 5, dtype=torch.long))


@pytest.mark.parametrize("module", [MaskedCrossEntropyLoss, MaskedLinearCrossEntropyLoss])
def test_compiled_modules(module: type[nn.Module]) -> None:
    torch._dynamo.reset()
    x, y, mask = batch(8, V if module is MaskedCrossEntropyLoss else D)
    loss = module(label_smoothing=0.1, ignore_index=(1, 2))
    args = (x, y, mask) if module is MaskedCrossEntropyLoss else (x, HEAD, y, mask)
    args = (nn.Parameter(args[0]), *args[1:])  # a kind of its own for the tracer
    assert torch.allclose(torch.compile(loss, fullgraph=True, backend="aot_eager")(*args), loss(*args))


class OfLogits(nn.Module):
    def forward(self, x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        return masked_cross_entropy(x, y, mask, ignore_index=3)


class OfHidden(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Parameter(HEAD.clone())

    def forward(self, x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        return masked_linear_cross_entropy(x, self.head, y, mask, ignore_index=3)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("step", "name"), [(OfLogits, "logits"), (OfHidden, "linear")])
def test_exported(step: type[nn.Module], name: str, strict: bool) -> None:
    _, right, width = LOSSES[name]
    length = torch.export.Dim("length", min=2, max=64)
    shapes = ({1: length},) * 3
    program = torch.export.export(step(), batch(8, width), dynamic_shapes=shapes, strict=strict).module()
    for n in (8, 5):
        x, y, mask = batch(n, width)
        assert torch.allclose(program(x, y, mask), right(x.nan_to_num(), y, mask, ignore_index=3), atol=1e-6)


def test_torch_func(losses: Any) -> None:
    loss, right, width = losses
    x, y, mask = batch(5, width)
    theirs = x.nan_to_num().requires_grad_()
    (want,) = torch.autograd.grad(right(theirs, y, mask), theirs)
    assert torch.allclose(grad(lambda v: loss(v, y, mask))(x), want, atol=1e-6)
    clean = x.nan_to_num().double()
    tangent = torch.randn_like(clean)
    numbers, slopes = jvp(lambda v: loss(v, y, mask), (clean,), (tangent,))
    assert torch.allclose(numbers, right(clean, y, mask)) and torch.allclose(slopes, (want * tangent).sum(), atol=1e-5)
    theirs_twice = torch.autograd.functional.hessian(lambda v: right(v, y[:1], mask[:1]), clean[:1])
    assert torch.allclose(hessian(lambda v: loss(v, y[:1], mask[:1]))(clean[:1]), theirs_twice)


def test_vmap(losses: Any) -> None:
    loss, right, width = losses
    x, y, mask = batch(5, width)
    each = torch.stack([right(a.nan_to_num(), b, m) for a, b, m in zip(x, y, mask, strict=True)])
    assert torch.allclose(vmap(loss)(x, y, mask), each, atol=1e-6)
    per_sample = vmap(grad(loss))(x, y, mask)
    assert (per_sample[~mask] == 0).all() and per_sample.isfinite().all()
    theirs = x.nan_to_num().requires_grad_()
    (want,) = torch.autograd.grad(right(theirs[0], y[0], mask[0]), theirs)
    assert torch.allclose(per_sample[0], want[0], atol=1e-6)
    with pytest.raises(RuntimeError, match="out of bounds"):
        vmap(loss)(x, y.masked_fill(mask, -1), mask)


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_checkpoints(losses: Any, use_reentrant: bool) -> None:
    loss, right, width = losses
    x, y, mask = batch(5, width)
    clean = x.nan_to_num()
    weight = torch.randn(width, width, requires_grad=True)
    got = checkpoint(lambda w: loss(clean @ w, y, mask), weight, use_reentrant=use_reentrant)
    want = right(clean @ weight, y, mask)
    assert torch.allclose(backward(got, weight), backward(want, weight), atol=1e-6)


def backward(loss: Tensor, leaf: Tensor) -> Tensor:
    """The gradient as .backward() leaves it: reentrant checkpoints know nothing else."""
    leaf.grad = None
    loss.backward()
    assert leaf.grad is not None
    return leaf.grad


def test_saved_tensor_hooks(losses: Any) -> None:
    loss, right, width = losses
    x, y, mask = batch(5, width)
    with torch.autograd.graph.save_on_cpu():
        agrees(loss, right, x, y, mask)


def test_fake_tensors_have_no_values(losses: Any) -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    loss, _, width = losses
    if width == D:
        loss = masked_linear_cross_entropy
    with FakeTensorMode():
        x, y = torch.randn(3, 5, width, requires_grad=True), torch.randint(0, V, (3, 5))
        args = (x, torch.randn(V, D), y) if width == D else (x, y)
        out = loss(*args, lengths=torch.tensor([1, 2, 3]), reduction="none")
        assert out.shape == (3, 5) and torch.autograd.grad(out.sum(), x)[0].shape == x.shape
    with torch.device("meta"):
        shapes = [(3, 5, D), (V, D)] if width == D else [(3, 5, V)]
        assert loss(*map(torch.randn, shapes), torch.zeros(3, 5, dtype=torch.long)).shape == ()


class Wrapped(Tensor):
    """A subclass as libraries have them."""


def test_subclasses(losses: Any) -> None:
    loss, right, width = losses
    x, y, mask = batch(5, width)
    got = loss(x.as_subclass(Wrapped), y, mask)
    assert isinstance(got, Wrapped) and torch.allclose(got.as_subclass(Tensor), right(x.nan_to_num(), y, mask), atol=1e-6)
