"""Small programs in pairs: what a rule must say of one of them, and of its twin beside it nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

HEAD = """
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset

emb, gru, head = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)
ids = torch.randint(1, 20, (4, 9))
padded = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True)


def lm(x):
    return head(gru(emb(x))[0])


"""

WRONG = {
    "activations behind a start, scored one further": (
        "SG501",
        """
start = nn.Parameter(torch.zeros(1, 1, 8))
h = gru(torch.cat([start.expand(4, -1, -1), emb(ids[:, :-1])], 1))[0]
F.cross_entropy(head(h)[:, :-1].transpose(1, 2), ids[:, 1:]).item()
""",
    ),
    "both sides packed alike": (
        "SG501",
        """
n = [9, 6, 4]
y = pack_padded_sequence(padded, n, batch_first=True).data
F.cross_entropy(head(gru(pack_padded_sequence(emb(padded), n, batch_first=True))[0].data), y).item()
""",
    ),
    "rows cut behind time": ("SG502", "F.cross_entropy(lm(ids).view(-1, 20)[:-1], ids.view(-1)[1:]).item()"),
    "an id above all classes": ("SG108", "y = ids.clone()\ny[:, :2] = 255\nF.cross_entropy(lm(ids[:, :-1]).mT, y[:, 1:]).item()"),
    "pixels viewed as rows of classes": (
        "SG103",
        "F.cross_entropy(nn.Conv2d(3, 4, 1)(torch.rand(2, 3, 8, 8)).view(-1, 4), torch.randint(0, 4, (2, 8, 8)).view(-1)).item()",
    ),
    "steps stacked, then flattened": (
        "SG104",
        """
outs = []
for t in range(ids.size(1) - 1):
    outs.append(head(emb(ids[:, t])))
F.cross_entropy(torch.stack(outs).reshape(-1, 20), ids[:, 1:].reshape(-1)).item()
""",
    ),
    "a loader's batch read as time": (
        "SG104",
        """
rnn = nn.GRU(8, 8)
for x, y in DataLoader(TensorDataset(ids, torch.randint(0, 20, (4, 9))), batch_size=2):
    F.cross_entropy(head(rnn(emb(x))[0]).reshape(-1, 20), y.reshape(-1)).item()
""",
    ),
    "up to and with the length": (
        "SG209",
        """
n = torch.tensor([9, 4, 6])
m = torch.arange(9)[None, :] <= n[:, None]
F.cross_entropy(torch.randn(3, 9, 20)[m], padded[m]).item()
""",
    ),
    "softmax over time, then flattened": (
        "SG403",
        "F.nll_loss(F.log_softmax(lm(ids), 1).view(-1, 20), torch.randint(0, 20, (4, 9)).view(-1)).item()",
    ),
    "a packed sequence": (
        "SG106",
        "F.cross_entropy(torch.randn(19, 20), pack_padded_sequence(padded, [9, 6, 4], batch_first=True)).item()",
    ),
    "rows of the identity": ("SG106", "F.cross_entropy(torch.randn(4, 20), torch.tensor(np.eye(20, dtype=np.int64)[np.arange(4)])).item()"),
    "a sum divided by the width": (
        "SG301",
        """
y = padded[:, 1:]
m = y != 0
nll = F.cross_entropy(lm(padded[:, :-1]).transpose(1, 2), y, reduction="none")
(nll * m).sum() / (3 * 8)
""",
    ),
    "not guarded": (
        "SG302",
        """
y = padded[:, 1:]
m = y != 0
nll = F.cross_entropy(lm(padded[:, :-1]).transpose(1, 2), y, reduction="none")
((nll * m).sum() / m.sum()).backward()
""",
    ),
    "a mean of losses that were collected": (
        "SG303",
        """
losses = []
for x in [padded, padded]:
    losses.append(F.cross_entropy(lm(x[:, :-1]).transpose(1, 2), x[:, 1:], ignore_index=0).item())
print(np.mean(losses))
""",
    ),
    "micro-batches": (
        "SG303",
        """
for x in [padded, padded]:
    loss = F.cross_entropy(lm(x[:, :-1]).transpose(1, 2), x[:, 1:], ignore_index=0) / 2
    loss.backward()
""",
    ),
}

RIGHT = {
    "activations behind a start": """
start = nn.Parameter(torch.zeros(1, 1, 8))
h = gru(torch.cat([start.expand(4, -1, -1), emb(ids[:, :-1])], 1))[0]
F.cross_entropy(head(h).transpose(1, 2), ids).item()
""",
    "an image first, captions not sliced": """
h = gru(torch.cat([torch.randn(4, 8).unsqueeze(1), emb(ids[:, :-1])], 1))[0]
F.cross_entropy(head(h).flatten(0, 1), ids.flatten()).item()
""",
    "both sides packed, one shifted": """
n = [8, 5, 3]
y = pack_padded_sequence(padded[:, 1:], n, batch_first=True).data
F.cross_entropy(head(gru(pack_padded_sequence(emb(padded[:, :-1]), n, batch_first=True))[0].data), y).item()
""",
    "whole steps": "F.cross_entropy(lm(ids).transpose(0, 1).reshape(-1, 20)[:-4], ids.t().reshape(-1)[4:]).item()",
    "rows of a batch": "F.cross_entropy(lm(ids[:, :-1])[1:].flatten(0, 1), ids[:, 1:][1:].flatten()).item()",
    "written behind a start of zeros": """
x, y = torch.zeros(10, dtype=torch.long), torch.zeros(10, dtype=torch.long)
row = torch.randint(1, 20, (6,))
x[1:7] = row
y[:6] = row
y[6:] = -100
F.cross_entropy(lm(x[None]).squeeze(0), y).item()
""",
    "an ignored id above all classes": """
y = ids.clone()
y[:, :2] = 255
F.cross_entropy(lm(ids[:, :-1]).transpose(1, 2), y[:, 1:], ignore_index=255).item()
""",
    "heads split off": """
x = torch.randn(4, 64, 16)
F.cross_entropy(x.view(4, 64, 4, 4).flatten(2), torch.randint(0, 64, (4, 16))).item()
""",
    "a loader's batch, transposed": """
rnn = nn.GRU(8, 8)
for x, y in DataLoader(TensorDataset(ids, torch.randint(0, 20, (4, 9))), batch_size=2):
    F.cross_entropy(head(rnn(emb(x).transpose(0, 1))[0]).reshape(-1, 20), y.t().reshape(-1)).item()
""",
    "up to and with the last": """
last = torch.tensor([9, 4, 6]) - 1
m = torch.arange(9)[None, :] <= last[:, None]
F.cross_entropy(torch.randn(3, 9, 20)[m], padded[m]).item()
""",
    "picked by nonzero": """
y = padded[:, 1:]
scores = lm(padded[:, :-1])
rows, cols = torch.nonzero(y, as_tuple=True)
F.cross_entropy(scores[rows, cols], y[rows, cols]).item()
keep = (y.flatten() != 0).nonzero().squeeze(1)
F.cross_entropy(scores.flatten(0, 1).index_select(0, keep), y.flatten().index_select(0, keep)).item()
""",
    "looked at before it divides": """
y = padded[:, 1:]
m = y != 0
nll = F.cross_entropy(lm(padded[:, :-1]).transpose(1, 2), y, reduction="none")
if m.any():
    ((nll * m).sum() / m.sum()).backward()
""",
    "two losses, their mean": """
x = padded
a = F.cross_entropy(lm(x[:, :-1]).transpose(1, 2), x[:, 1:], ignore_index=0)
b = F.cross_entropy(lm(x[:, :-1]).transpose(1, 2), x[:, 1:], ignore_index=0)
((a + b) / 2).backward()
""",
    "a gather": """
logp = lm(ids[:, :-1]).log_softmax(-1)
loss = -logp.gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1).mean()
""",
}


def codes(source: str, folder: Path) -> list[str]:
    path = folder / "program.py"
    path.write_text(HEAD + source)
    run = check_paths([str(path)], Settings(select=("ALL",)))
    assert not run.failures and run.rows
    return sorted({f.code for f in run.findings})


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, tmp_path: Path) -> None:
    code, source = WRONG[name]
    assert codes(source, tmp_path) == [code]


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, tmp_path: Path) -> None:
    assert codes(RIGHT[name], tmp_path) == []
