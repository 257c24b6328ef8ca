"""The losses where somebody else reads the graph: torch.jit.trace, make_fx, torch.export, ONNX. Other inputs give their own number."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from shapeguard import (
    MaskedCrossEntropyLoss,
    MaskedLinearCrossEntropyLoss,
    count_tokens,
    masked_cross_entropy,
    masked_linear_cross_entropy,
    token_mask,
)
from tests.losses.test_losses_traced import HEAD, LOSSES, OPTIONS, D, V, agrees, batch

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning", "ignore:.*legacy TorchScript:DeprecationWarning")


class Step(nn.Module):
    def __init__(self, name: str, options: dict[str, Any]) -> None:
        super().__init__()
        self.loss, self.options = LOSSES[name][0], options

    def forward(self, x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        return self.loss(x, y, mask, **self.options)


def others(length: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of another length, and of other rows that count, than what was traced."""
    return tuple(t.flip(0) for t in batch(length, width))  # type: ignore[return-value]


@pytest.mark.parametrize("o", OPTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_jit_trace(name: str, o: dict[str, Any]) -> None:
    _, right, width = LOSSES[name]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Converting a tensor")
        traced = torch.jit.trace(Step(name, o), batch(8, width))
    for length in (8, 5, 7, 1):
        agrees(traced, right, *others(length, width), **o)


@pytest.mark.parametrize("name", LOSSES)
def test_jit_trace_with_lengths(name: str) -> None:
    loss, right, width = LOSSES[name]
    x, y, _ = batch(8, width)
    x, y = x.nan_to_num(), y % V
    traced = torch.jit.trace(lambda x, y, lengths: loss(x, y, lengths=lengths), (x, y, torch.tensor([8, 3, 0])))
    for lengths in ([1, 0, 8], [8, 8, 8]):
        keep = torch.arange(8) < torch.tensor(lengths)[:, None]
        assert torch.allclose(traced(x, y, torch.tensor(lengths)), right(x, y, keep), atol=1e-6)


def test_jit_trace_refuses_shapes_and_ids_as_ever() -> None:
    x, y, mask = batch(8, V)
    with pytest.raises(ValueError, match=r"got input float32\(3, 20, 8\) and target int64\(3, 8\); .* pass input.transpose\(1, 2\)"):
        torch.jit.trace(Step("logits", {}), (x.transpose(1, 2), y, mask))
    traced = torch.jit.trace(Step("logits", {"ignore_index": None}), (x, y, mask))
    for wrong in (-1, V):
        with pytest.raises(RuntimeError, match=f"index {V} is out of bounds"):
            traced(x, y.masked_fill(mask, wrong), mask)


@pytest.mark.parametrize("o", OPTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_make_fx_of_real_tensors(name: str, o: dict[str, Any]) -> None:
    _, right, width = LOSSES[name]
    graph = make_fx(Step(name, o))(*batch(8, width))
    agrees(graph, right, *others(8, width), **o)


def test_make_fx_of_symbolic_sizes() -> None:
    graph = make_fx(Step("logits", {"label_smoothing": 0.1}), tracing_mode="symbolic")(*batch(8, V))
    for length in (8, 5):
        agrees(graph, LOSSES["logits"][1], *others(length, V), label_smoothing=0.1)


def test_nobody_records_where_nobody_traces() -> None:
    """The fast path comes back: its autograd function holds one tensor of the logits' size."""
    x, y, mask = batch(8, V)
    torch.jit.trace(Step("logits", {}), (x, y, mask))
    make_fx(Step("logits", {}))(x, y, mask)
    assert "_Masked" in type(masked_cross_entropy(x.requires_grad_(), y, mask).grad_fn).__name__


@pytest.mark.parametrize("o", OPTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_torch_export(name: str, o: dict[str, Any]) -> None:
    _, right, width = LOSSES[name]
    shapes = ({1: torch.export.Dim("length", min=2, max=64)},) * 3
    program = torch.export.export(Step(name, o), batch(8, width), dynamic_shapes=shapes).module()
    for length in (8, 5):
        x, y, mask = others(length, width)
        assert torch.allclose(program(x, y, mask), right(x.nan_to_num(), y, mask, **o), atol=1e-6)


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("o", [*OPTIONS, {"reduction": "sum"}, {"weight": torch.linspace(0, 2, V)}])
@pytest.mark.parametrize("name", LOSSES)
def test_onnx(name: str, o: dict[str, Any], dynamo: bool, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    runtime: Any = pytest.importorskip("onnxruntime")
    _, right, width = LOSSES[name]
    axis = {1: torch.export.Dim("length", min=2, max=64)} if dynamo else {1: "length"}
    dynamic: dict[str, Any] = {"dynamic_shapes": (axis,) * 3} if dynamo else {"dynamic_axes": dict.fromkeys("xym", axis)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporters are full of them
        torch.onnx.export(
            Step(name, o), batch(8, width), tmp_path / "loss.onnx", dynamo=dynamo, input_names=list("xym"), verbose=False, **dynamic
        )
    session = runtime.InferenceSession(tmp_path / "loss.onnx")
    for length in (8, 5):
        x, y, mask = others(length, width)
        given = {i.name: t.numpy() for i, t in zip(session.get_inputs(), (x, y, mask), strict=True)}
        assert torch.allclose(torch.from_numpy(session.run(None, given)[0]), right(x.nan_to_num(), y, mask, **o), atol=1e-5)


def scripted(x: Tensor, y: Tensor) -> Tensor:
    return masked_cross_entropy(x, y)


class Inside(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.loss = MaskedCrossEntropyLoss()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.loss(x, y)


@pytest.mark.parametrize(
    ("what", "name"),
    [
        (masked_cross_entropy, "masked_cross_entropy"),
        (masked_linear_cross_entropy, "masked_linear_cross_entropy"),
        (token_mask, "token_mask"),
        (count_tokens, "count_tokens"),
        (scripted, "masked_cross_entropy"),
        (Inside(), "MaskedCrossEntropyLoss"),
        (MaskedLinearCrossEntropyLoss(), "MaskedLinearCrossEntropyLoss"),
    ],
)
def test_jit_script_says_one_sentence(what: Any, name: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.jit.script(what)
    assert str(caught.value) == f"torch.jit.script cannot compile {name}: take torch.compile, torch.export or torch.jit.trace"


def test_what_is_refused_by_script_is_traced() -> None:
    x, y, _ = batch(8, V)
    x, y = x.nan_to_num(), y % V
    traced = torch.jit.trace(Inside(), (x, y))
    assert torch.allclose(traced(x[:2], y[:2]), masked_cross_entropy(x[:2], y[:2]))
    hidden = torch.randn(3, 8, D)
    module = MaskedLinearCrossEntropyLoss(label_smoothing=0.1)
    traced = torch.jit.trace(module, (hidden, HEAD, y))
    assert torch.allclose(traced(hidden[:2, :5], HEAD, y[:2, :5]), module(hidden[:2, :5], HEAD, y[:2, :5]), atol=1e-6)
