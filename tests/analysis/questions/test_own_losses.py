"""The linter on programs that use this package's own losses: what each counts, and what it says where padding gets through."""

from __future__ import annotations

import pytest

from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse
from shapeguard.lint.engine import check_source
from shapeguard.rule import what_counts

HEAD = """
import torch, torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
import shapeguard
from shapeguard import MaskedCrossEntropyLoss, MaskedLinearCrossEntropyLoss, count_tokens, masked_cross_entropy, masked_linear_cross_entropy, token_mask
emb, head = nn.Embedding(100, 32), nn.Linear(32, 100)
def step(rows: list[torch.Tensor], lengths: torch.Tensor):
    ids = pad_sequence(rows, batch_first=True, padding_value=0)
    hidden, y = emb(ids[:, :-1]), ids[:, 1:]
    logits = head(hidden)
    {mask}
    loss = {loss}
    loss.backward()
"""  # noqa: E501
MASK = "mask = token_mask(y, ignore_index=0)"
RIGHT = {
    "masked_cross_entropy(logits, y, ignore_index=0)": "divides by the positions it counts",
    "shapeguard.masked_cross_entropy(logits, y, mask)": "counts the positions of the targets that are not 0",
    "masked_cross_entropy(logits, y, y != 0)": "counts the positions of the targets that are not 0",
    "masked_cross_entropy(logits, y, lengths=lengths - 1)": "that lie within the lengths",
    "masked_cross_entropy(logits, y, mask, num_tokens=count_tokens(mask))": "divides by the entries of the mask",
    "masked_linear_cross_entropy(hidden, head.weight, y, ignore_index=0)": "divides by the positions it counts",
    "masked_linear_cross_entropy(hidden, head.weight, y, mask, linear_bias=head.bias)": "that are not 0",
    "MaskedCrossEntropyLoss(ignore_index=0)(logits, y)": "ignores id 0",
    "MaskedCrossEntropyLoss()(logits, y, mask)": "that are not 0",
    "MaskedLinearCrossEntropyLoss(ignore_index=0)(hidden, head.weight, y)": "ignores id 0",
}
WRONG = {
    "masked_cross_entropy(logits, y)": "SG201",
    "masked_linear_cross_entropy(hidden, head.weight, y)": "SG201",
    "MaskedCrossEntropyLoss()(logits, y)": "SG201",
    "masked_cross_entropy(logits, y, ignore_index=-1)": "SG202",
    "masked_cross_entropy(logits, y, y == 0)": "SG209",
    "masked_cross_entropy(logits, y, ~mask)": "SG209",
    "masked_cross_entropy(logits.softmax(-1), y, mask)": "SG401",
    "masked_cross_entropy(logits, y, mask, num_tokens=y.numel())": "SG301",
}


def program(loss: str) -> str:
    return HEAD.replace("{loss}", loss).replace("{mask}", MASK if "mask" in loss.replace("masked", "") else "")


@pytest.mark.parametrize("loss", RIGHT)
def test_right_ones_are_understood(loss: str) -> None:
    source = program(loss)
    assert check_source(source) == []
    found = analyse(Project("/nonexistent", lambda _: source.encode()), ["/nonexistent/program.py"]).losses
    assert len(found) == 1
    assert RIGHT[loss] in str(what_counts(found[0]))


@pytest.mark.parametrize("loss", WRONG)
def test_wrong_ones_are_found(loss: str) -> None:
    assert [f.code for f in check_source(program(loss))] == [WRONG[loss]]


@pytest.mark.parametrize("names", ["Logits, targets: Targets", "shapeguard.Logits, targets: shapeguard.Targets"])
@pytest.mark.parametrize("decorator", ["@guard", "@shapeguard.guard(mode='values')"])
def test_the_named_types_and_the_guard_are_evidence(names: str, decorator: str) -> None:
    head = "import shapeguard\nimport torch.nn.functional as F\nfrom shapeguard import Logits, Targets, guard\n\n"
    source = f"{head}{decorator}\ndef loss(logits: {names}):\n    return F.cross_entropy(logits, targets)\n"
    assert [f.code for f in check_source(source)] == ["SG101"]
    mended = source.replace("(logits, targets)", "(logits.transpose(1, 2), targets)")
    assert mended != source
    assert check_source(mended) == []
