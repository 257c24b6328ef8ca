"""What a loss is divided by: a number that cannot be 0 where it divides is no matter for SG302, however the code sees to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

HEAD = """
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0
emb, gru, head = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)
rows = [torch.randint(1, 20, (n,)) for n in (9, 4, 6)]
ids = pad_sequence(rows, batch_first=True)
y = ids[:, 1:]
logits = head(gru(emb(ids[:, :-1]))[0])


def total():
    return F.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD, reduction="sum")


"""
COUNTED = "n = (y != PAD).sum().item()\n"
IN_FUNCTION = "def f(n):\n    {}\n    return total() / n\nf((y != PAD).sum().item())"

RIGHT = {
    "the length of a literal": "total() / len([8, 3, 5])",
    "the sum of a literal": "lengths = [8, 3, 5]\ntotal() / sum(lengths)",
    "the sum of lengths": "total() / sum(len(r) for r in rows)",
    "the batch size": "total() / y.size(0)",
    "a constant": "total() / 16",
    "a round from 1": "for k in range(1, 4):\n    total() / k",
    "counted from 1": "for k, r in enumerate(rows, 1):\n    total() / k",
    "max of 1": COUNTED + "total() / max(1, n)",
    "max with 1": COUNTED + "total() / max(n, 1)",
    "max of numpy": COUNTED + "total() / np.maximum(n, 1)",
    "max, cast": COUNTED + "total() / float(max(n, 1))",
    "max, rounded": COUNTED + "total() / math.ceil(max(n, 1))",
    "max within min": COUNTED + "total() / min(max(n, 1), 100)",
    "or 1": COUNTED + "total() / (n or 1)",
    "plus 1": COUNTED + "total() / (n + 1)",
    "plus a little": COUNTED + "total() / (n + 1e-8)",
    "one more": COUNTED + "n += 1\ntotal() / n",
    "a conditional": COUNTED + "loss = total() / n if n else 0.0",
    "a conditional below": COUNTED + "total() / (n if n > 0 else 1)",
    "a conditional by name": COUNTED + "empty = n == 0\nloss = 0.0 if empty else total() / n",
    "asserted": COUNTED + "assert n > 0\ntotal() / n",
    "refused": COUNTED + "if n <= 0:\n    raise ValueError\ntotal() / n",
    "a while": COUNTED + "while n > 0:\n    total() / n\n    n -= 1",
    "left at 0": IN_FUNCTION.format("if n == 0:\n        return None"),
    "left below 1": IN_FUNCTION.format("if n < 1:\n        return None"),
    "left if not": IN_FUNCTION.format("if not n:\n        return None"),
    "left with another": IN_FUNCTION.format("if n == 0 or n is None:\n        return None"),
    "gone on with": "for k in range(3):\n    n = (y != PAD).sum().item()\n    if n == 0:\n        continue\n    total() / n",
    "a counter of rounds": "acc, n = 0.0, 0\nfor k in range(3):\n    acc = acc + total()\n    n += 1\nacc / n",
    "a counter from 1": "n = 1\nfor r in rows:\n    n += int((r != PAD).sum())\ntotal() / n",
    "a counter, at least 1": "n = 0\nfor r in rows:\n    n += int((r != PAD).sum())\ntotal() / max(n, 1)",
    "clamped": "total() / (y != PAD).sum().clamp(min=1)",
    "any": "m = y != PAD\nif not m.any():\n    raise SystemExit\ntotal() / m.sum()",
}
WRONG = {
    "a count": COUNTED + "total() / n",
    "a tensor": "total() / (y != PAD).sum()",
    "a counter": "acc, n = 0.0, 0\nfor k in range(3):\n    acc = acc + total()\n    n += (y != PAD).sum().item()\nacc / n",
    "another is looked at": COUNTED + "k = len(rows)\nif k == 0:\n    raise ValueError\ntotal() / n",
    "or 0": COUNTED + "total() / (n or 0)",
}


def codes(source: str, folder: Path) -> list[str]:
    path = folder / "program.py"
    path.write_text(HEAD + source + "\n")
    run = check_paths([str(path)], Settings(select=("ALL",)))
    assert not run.failures and run.rows
    return [f.code for f in run.findings]


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, tmp_path: Path) -> None:
    assert codes(RIGHT[name], tmp_path) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, tmp_path: Path) -> None:
    assert codes(WRONG[name], tmp_path) == ["SG302"]
