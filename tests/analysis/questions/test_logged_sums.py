"""A sum that trains as it is, and is divided by the number of rows for a log only: a figure per sentence is a convention."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source

PROGRAM = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD = 0

def collate(rows: list[list[int]]):
    return pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(40, 16, padding_idx=PAD), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 40)
    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])

model = Model()
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss(ignore_index=PAD, reduction={reduction!r})

def train(rows):
    total_loss = num_sentences = 0
    for ids in DataLoader(rows, batch_size=4, collate_fn=collate):
        loss = criterion(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        {body}
    {end}
"""
STEP = "optimizer.zero_grad(); loss.backward(); optimizer.step(); "
LOGGED = [
    ("sum", f"{STEP} total_loss += loss.item(); num_sentences += ids.size(0)", "print(total_loss / num_sentences)"),
    ("sum", f"{STEP} print('loss', loss.item() / len(ids))", "pass"),
    ("sum", f"{STEP} per = loss.detach() / ids.shape[0]; print(float(per))", "pass"),
    ("none", f"loss = loss.sum(); {STEP} total_loss += float(loss) / ids.size(0)", "return total_loss"),
    ("none", f"loss = (loss * (ids[:, 1:].flatten() != PAD)).sum(); {STEP} total_loss += loss.item() / len(ids)", "return total_loss"),
    ("none", "total = loss.sum(); total.backward(); optimizer.step(); print((total / ids.size(0)).item())", "pass"),
    ("sum", f"{STEP} history = loss.item() / ids.numel(); print(history)", "pass"),
]
TRAINED = [
    ("sum", "loss = loss / ids.size(0); loss.backward(); optimizer.step(); print(loss.item())", "pass"),
    ("sum", "(loss / len(ids)).backward(); print(loss.item())", "pass"),
    ("none", "loss = loss.sum() / ids.size(0); loss.backward(); total_loss += loss.item()", "return total_loss"),
    ("none", "loss.mean().backward()", "pass"),
    ("none", "mask = ids[:, 1:].flatten() != PAD; (loss * mask).mean().backward(); print(loss.sum().item())", "pass"),
    ("none", "mask = ids[:, 1:].flatten() != PAD; total = (loss * mask).sum() / ids.numel(); total.backward()", "pass"),
]
EVALUATED = [
    ("none", "total_loss += loss.mean().item()", "return total_loss"),
    ("none", "mask = ids[:, 1:].flatten() != PAD; total_loss += ((loss * mask).sum() / ids.numel()).item()", "return total_loss"),
]


def found(reduction: str, body: str, end: str) -> list[str]:
    return [f.code for f in check_source(PROGRAM.format(reduction=reduction, body=body, end=end)) if f.code == "SG301"]


@pytest.mark.parametrize(("reduction", "body", "end"), LOGGED)
def test_only_the_log_is_divided(reduction: str, body: str, end: str) -> None:
    assert not found(reduction, body, end)


@pytest.mark.parametrize(("reduction", "body", "end"), TRAINED)
def test_what_trains_is_divided(reduction: str, body: str, end: str) -> None:
    assert found(reduction, body, end) == ["SG301"]


@pytest.mark.parametrize(("reduction", "body", "end"), EVALUATED)
def test_the_only_number_there_is(reduction: str, body: str, end: str) -> None:
    assert found(reduction, body, end) == ["SG301"]
