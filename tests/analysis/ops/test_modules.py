"""What the operations on torch.nn modules claim, against torch itself; and that a wrong claim would be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.values import Num
from shapeguard.analysis.ops.modules import attention, conv, layers, recurrent
from tests.analysis.ops.modules_harness import Case, check

LAYERS = [
    Case("nn.Linear(4, 13)", ("B T 4",)),
    Case("nn.Linear(4, V)", ("T 4",)),
    Case("nn.Linear(in_features=4, out_features=13, bias=False)", ("4",)),
    Case("nn.Bilinear(4, 6, 13)", ("B T 4", "B T 6")),
    Case("nn.Embedding(10, 13)", ("ids: B T",)),
    Case("nn.Embedding(10, embedding_dim=13, padding_idx=0)", ("ids: B",)),
    Case("nn.EmbeddingBag(10, 13)", ("ids: B T",)),
    Case("nn.Flatten()", ("B T 4",), attended=False),
    Case("nn.Flatten(0, 1)", ("B T 4",)),
    Case("nn.Unflatten(2, (2, 3))", ("B T 6",)),
    Case("nn.Identity()", ("B T 4",)),
    Case("nn.Dropout(0.5)", ("B T 4",)),
    Case("nn.LayerNorm(4)", ("B T 4",)),
    Case("nn.RMSNorm(4)", ("B T 4",)),
    Case("nn.GroupNorm(2, 4)", ("B 4 T",)),
    Case("nn.BatchNorm1d(4)", ("B 4 T",)),
    Case("nn.BatchNorm2d(4)", ("B 4 S T",)),
    Case("nn.ReLU()", ("B T 4",)),
    Case("nn.GELU()", ("B T 4",)),
    Case("nn.Tanh()", ("B T 4",)),
    Case("nn.PReLU()", ("B T 4",)),
    Case("nn.Sigmoid()", ("B T 4",)),
    Case("nn.GLU()", ("B T 4",)),
    Case("nn.GLU(dim=1)", ("B 6 T",)),
    Case("nn.Softmax(dim=-1)", ("B T 4",)),
    Case("nn.Softmax(2)", ("B T 4",)),
    Case("nn.LogSoftmax(dim=1)", ("B 4 T",)),
    Case("nn.Softmax2d()", ("B 4 S T",)),
]
CONVOLUTIONS = [
    Case("nn.Conv1d(4, 13, 3)", ("B 4 T",)),
    Case("nn.Conv1d(4, 13, 1)", ("B 4 T",)),
    Case("nn.Conv1d(4, 13, 3, padding=1)", ("B 4 T",)),
    Case("nn.Conv1d(4, 13, 3, 1, 2, 2)", ("B 4 T",)),
    Case("nn.Conv1d(4, 13, kernel_size=3, padding='same')", ("B 4 T",)),
    Case("nn.Conv1d(4, 13, 3, stride=2)", ("B 4 17",)),
    Case("nn.Conv1d(4, 13, 3, stride=2)", ("B 4 T",), vague=True),
    Case("nn.Conv1d(4, 13, 3)", ("4 T",)),
    Case("nn.Conv2d(4, 13, 3, stride=2, padding=1)", ("B 4 17 19",)),
    Case("nn.Conv2d(4, 13, (3, 5), padding=(1, 2))", ("B 4 T S",)),
    Case("nn.ConvTranspose1d(4, 13, 3, stride=2, padding=1, output_padding=1)", ("B 4 T",)),
    Case("nn.ConvTranspose2d(4, 13, 4, 2, 1)", ("B 4 T S",)),
    Case("nn.MaxPool1d(2)", ("B 4 17",)),
    Case("nn.MaxPool1d(3, stride=1, padding=1)", ("B 4 T",)),
    Case("nn.MaxPool2d(2, return_indices=True)", ("B 4 16 18",), attended=False),
    Case("nn.AvgPool2d(3, 2, 1)", ("B 4 17 19",)),
    Case("nn.MaxPool1d(2, ceil_mode=True)", ("B 4 17",), vague=True),
    Case("nn.AdaptiveAvgPool1d(6)", ("B 4 T",), attended=False),
    Case("nn.AdaptiveAvgPool2d((6, None))", ("B 4 T S",), attended=False),
    Case("nn.AdaptiveMaxPool1d(1)", ("B 4 T",)),
    Case("nn.Upsample(scale_factor=2)", ("B 4 T",), vague=True),
]
RECURRENT = [
    *(
        Case(f"nn.{kind}(4, 6{more})", (shape,))
        for kind in ("LSTM", "GRU", "RNN")
        for more in ("", ", batch_first=True", ", 2, bidirectional=True", ", num_layers=2, batch_first=True, bidirectional=True")
        for shape in ("B T 4", "T B 4", "T 4")
    ),
    Case("nn.LSTM(4, 6, proj_size=2)", ("T B 4",)),
    Case("nn.LSTM(4, 6, proj_size=2, bidirectional=True, batch_first=True)", ("B T 4",)),
    Case("nn.RNN(4, 6, 2, 'relu', True, True)", ("B T 4",)),
    Case("nn.LSTM(4, 6, 2, True, True, 0.0, True)", ("B T 4",)),
    Case("nn.LSTMCell(4, 6)", ("B 4",)),
    Case("nn.GRUCell(4, 6)", ("4",)),
    Case("nn.RNNCell(4, 6)", ("B 4",)),
]
_LAYER = "nn.TransformerEncoderLayer(4, 2, 8, batch_first={})"
_DECODER = "nn.TransformerDecoderLayer(4, 2, 8, batch_first={})"
MASKED = Case(_LAYER.format(True), ("B T 4",), {"src_mask": "mask: T"})
ATTENTION = [
    *(
        Case(text.format(first), (shape,))
        for first in (True, False)
        for shape in ("B T 4", "T B 4")
        for text in (_LAYER, f"nn.TransformerEncoder({_LAYER}, 2)")
    ),
    MASKED,
    Case(_LAYER.format(True), ("B T 4",), {"src_mask": "mask: T", "is_causal": "True"}),
    Case(f"nn.TransformerEncoder({_LAYER.format(False)}, 2)", ("T B 4",), {"mask": "mask: T"}),
    Case("nn.MultiheadAttention(4, 2, batch_first=True)", ("B T 4", "B S 4", "B S 4")),
    Case("nn.MultiheadAttention(4, 2)", ("T B 4", "S B 4", "S B 4")),
    Case("nn.MultiheadAttention(4, 2)", ("B T 4", "B T 4", "B T 4")),
    Case("nn.MultiheadAttention(4, 2, kdim=6, vdim=8)", ("T B 4", "S B 6", "S B 8"), {"need_weights": "False"}),
    Case("nn.MultiheadAttention(4, 2)", ("T B 4", "S B 4", "S B 4"), {"average_attn_weights": "False"}, vague=True),
    Case("nn.MultiheadAttention(4, 2, add_zero_attn=True)", ("T B 4", "S B 4", "S B 4"), vague=True),
    *(
        Case(text.format(first), inputs, {"tgt_mask": "mask: T"} if masked else {})
        for first, inputs in ((True, ("B T 4", "B S 4")), (False, ("T B 4", "S B 4")))
        for text in (_DECODER, f"nn.TransformerDecoder({_DECODER}, 2)")
        for masked in (True, False)
    ),
    Case("nn.Transformer(4, 2, 1, 1, 8, batch_first=True)", ("B S 4", "B T 4"), {"tgt_mask": "mask: T"}),
    Case("nn.Transformer(4, 2, 1, 1, 8)", ("S B 4", "T B 4")),
    Case("nn.Transformer(4, 2, 1, 1, 8, 0.1, 'relu', None, None, 1e-5, True)", ("B S 4", "B T 4"), {"tgt_is_causal": "False"}),
]
CONTAINERS = [
    Case("nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 13))", ("B T 4",)),
    Case("nn.Sequential(nn.Embedding(10, 6), nn.Linear(6, 13), nn.LogSoftmax(dim=-1))", ("ids: B T",)),
    Case("nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.BatchNorm1d(6), nn.ReLU(), nn.MaxPool1d(3, 1))", ("B 4 T",)),
    Case("nn.Sequential()", ("B T 4",)),
]
CASES = [*LAYERS, *CONVOLUTIONS, *RECURRENT, *ATTENTION, *CONTAINERS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_claims_are_true(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if not (c.module.startswith(("nn.LSTM(", "nn.GRU(", "nn.RNN(")) and c.inputs == ("T 4",))],
    ids=str,
)
def test_claims_from_unknown_shapes_are_true(case: Case) -> None:
    """An unknown input is told apart only as far as the module itself proves; recurrent ones take it to be batched."""
    check(case, known=False)


def _wrong_conv(length: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return None if length is None else length - kernel


SABOTAGE: list[tuple[str, Any, str, Callable[..., Any], Case]] = [
    ("conv formula", conv, "conv_size", _wrong_conv, CONVOLUTIONS[0]),
    ("one direction", recurrent, "switch", lambda *_: False, Case("nn.LSTM(4, 6, bidirectional=True)", ("T B 4",))),
    ("batch order", recurrent, "_batch", lambda shape, _: shape.at(0), Case("nn.LSTM(4, 6)", ("T B 4",))),
    ("misread unseen", recurrent, "misread_batch", lambda *_: "", Case("nn.GRU(4, 6)", ("B T 4",))),
    ("misread imagined", attention, "misread_batch", lambda *_: "yes", ATTENTION[0]),
    ("causal by default", attention, "_under", lambda *_: "causal", ATTENTION[0]),
    ("mask not seen", attention, "_under", lambda *_: "bidirectional", MASKED),
    ("other softmax axis", layers, "option", lambda *_: Num(Dim()), Case("nn.Softmax(dim=-1)", ("B T 4",))),
    ("rank left out", layers, "retailed", lambda shape, _, new: Shape.of(new), LAYERS[0]),
]


@pytest.mark.parametrize(("name", "where", "attribute", "wrong", "case"), SABOTAGE, ids=[s[0] for s in SABOTAGE])
def test_a_wrong_claim_is_caught(
    name: str, where: Any, attribute: str, wrong: Callable[..., Any], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(case)
    monkeypatch.setattr(where, attribute, wrong)
    with pytest.raises(AssertionError):
        check(case)
