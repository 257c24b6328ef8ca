"""How loud a finding is: an error where the program proves it, less where it rests on a name, or where the loss itself is right."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source

MISREAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __init__(self):
        self.rows = torch.randint(0, 40, (32, 9))
    def __len__(self):
        return 32
    def __getitem__(self, i):
        return self.rows[i][:-1], self.rows[i][{target}]

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(40, 16)
        self.rnn = nn.LSTM(16, 16)
        self.head = nn.Linear(16, 40)
    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])

model = Model()
for x, y in DataLoader(Rows(), batch_size=4):
    {loss}.backward()
"""
MASKED = """
import torch.nn.functional as F

def step(model, ids, labels, {name}):
    loss = F.cross_entropy(model(ids).{shape}, reduction="none")
    return (loss * {name}).{mean}
"""


@pytest.mark.parametrize(
    ("target", "loss", "severity"),
    [
        ("-1", "F.cross_entropy(model(x)[:, -1], y)", "info"),
        ("1:", "F.cross_entropy(model(x).flatten(0, 1), y.flatten())", "error"),
        ("1:", "sum(F.cross_entropy(model(x)[:, t], y[:, t]) for t in range(8))", "error"),
    ],
)
def test_a_model_that_mixes_rows(target: str, loss: str, severity: str) -> None:
    found = check_source(MISREAD.format(target=target, loss=loss))
    assert [(f.code, f.severity) for f in found if f.code == "SG104"] == [("SG104", severity)]


@pytest.mark.parametrize("mean", ["mean()", "mean() / 2", "mean() * 0.5"])
@pytest.mark.parametrize("shape", ["view(-1, 50), labels.view(-1)", "transpose(1, 2), labels"])
@pytest.mark.parametrize("name", ["loss_mask", "tgtMask", "masked_lm_weights"])
def test_a_mask_by_its_name_is_a_warning(name: str, shape: str, mean: str) -> None:
    found = check_source(MASKED.format(name=name, shape=shape, mean=mean))
    assert [(f.code, f.severity) for f in found if f.code == "SG301"] == [("SG301", "warning")]


@pytest.mark.parametrize(
    ("name", "shape", "mean"),
    [
        ("weights", "transpose(1, 2), labels", "mean()"),
        ("mask_ratio", "transpose(1, 2), labels", "mean()"),
        ("loss_mask", "squeeze(), labels", "mean()"),
        ("loss_mask", "transpose(1, 2), labels", "sum() / loss_mask.sum()"),
        ("loss_mask", "transpose(1, 2), labels", "mean() / loss_mask.mean()"),
        ("loss_mask", "transpose(1, 2), labels", "mean(1)"),
    ],
)
def test_what_is_no_mask_by_its_name_or_is_counted_rightly(name: str, shape: str, mean: str) -> None:
    assert not [f for f in check_source(MASKED.format(name=name, shape=shape, mean=mean)) if f.code == "SG301"]


def test_zeros_and_ones_that_are_called_a_mask() -> None:
    program = """
import torch
import torch.nn.functional as F

def step(logits, labels, lengths):
    loss = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    loss_mask = torch.zeros(labels.size(0), labels.size(1))
    for i in range(labels.size(0)):
        loss_mask[i, :int(lengths[i])] = torch.ones(1, int(lengths[i]))
    return torch.mean(loss * loss_mask)
"""
    assert [(f.code, f.severity) for f in check_source(program) if f.code == "SG301"] == [("SG301", "warning")]
