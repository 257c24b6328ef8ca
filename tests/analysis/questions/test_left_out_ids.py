"""Ids that a loss leaves out: the end that another pass scores, classes that a mask of other ids drops, ids that are no class."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

HEAD = """
import random
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

BOS, EOS, PAD = 1, 2, 0
TAGS = {"O": 0, "B": 1, "I": 2}
emb, gru, head, small = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20), nn.Linear(8, 11)


def model(ids, order=0):
    return head(gru(emb(ids) + order)[0])


def collate(rows):
    return pad_sequence([torch.tensor([BOS] + r + [EOS]) for r in rows], batch_first=True, padding_value=PAD)


def tagged():
    words = pad_sequence([torch.tensor([5, 6, 7]), torch.tensor([8, 9])], batch_first=True)
    tags = pad_sequence([torch.tensor([TAGS[t] for t in row]) for row in (["O", "B", "O"], ["O", "I"])], batch_first=True)
    return words, tags, nn.Linear(8, 3)(torch.randn(2, 3, 8))


tokens = collate([[3, 4, 5], [6, 7]])
inp, out = tokens[:, :-1], tokens[:, 1:].clone()
words, tags, logits = tagged()
y = torch.randint(0, 13, (4,))
scores = small(torch.randn(4, 8))


"""
SCORED = "F.cross_entropy(model(inp, {}).transpose(1, 2), {}, ignore_index=PAD).backward()\n"
UNREDUCED = 'nll = F.cross_entropy(logits.transpose(1, 2), tags, reduction="none")\n'

RIGHT = {
    # SG203: the end is scored elsewhere
    "dropped after two passes": (
        "for i, order in enumerate([0, 1, 2]):\n    " + SCORED.format("order", "out")
        + "    if i == 1:\n        out = torch.where(out == EOS, PAD, out)\n"
    ),
    "dropped after each pass": "for order in [0, 1, 2]:\n    " + SCORED.format("order", "out") + "    out[out == EOS] = PAD\n",
    "dropped from the second pass on": (
        "for i, order in enumerate([0, 1, 2]):\n    if i > 0:\n        out = out.masked_fill(out == EOS, PAD)\n    "
        + SCORED.format("order", "out")
    ),
    "dropped in a while": (
        "k = 0\nwhile k < 3:\n    " + SCORED.format("k", "out")
        + "    out = torch.where(out.eq(EOS), torch.full_like(out, PAD), out)\n    k += 1\n"
    ),
    "dropped by a setting": "if random.random() < 0.5:\n    out[out == EOS] = PAD\n" + SCORED.format(0, "out"),
    "dropped in one of two branches": (
        "if random.random() < 0.5:\n    gold = out\nelse:\n    gold = torch.where(out == EOS, PAD, out)\n" + SCORED.format(0, "gold")
    ),
    "dropped in a conditional": (
        "gold = out if random.random() < 0.5 else out.masked_fill(out == EOS, PAD)\n" + SCORED.format(0, "gold")
    ),
    "another loss scores it": SCORED.format(0, "out") + SCORED.format(1, "torch.where(out == EOS, PAD, out)"),
    "another branch scores it": (
        "if random.random() < 0.5:\n    " + SCORED.format(0, "out") + "else:\n    " + SCORED.format(1, "out.masked_fill(out == EOS, PAD)")
    ),
    # SG204: the mask was made from the words
    "tags times a mask of the words": UNREDUCED + "m = words > 0\n((nll * m).sum() / m.sum()).backward()",
    "tags selected by the words": "m = words != 0\nF.cross_entropy(logits[m], tags[m]).backward()",
    "flat tags selected by the words": "m = words.view(-1) > 0\nF.cross_entropy(logits.view(-1, 3)[m], tags.view(-1)[m]).backward()",
    "losses of tags set to 0 by the words": UNREDUCED + "nll[words == 0] = 0\n(nll.sum() / (words != 0).sum()).backward()",
    "tags swapped by the words": "tags[words == 0] = -100\nF.cross_entropy(logits.transpose(1, 2), tags).backward()",
    "tags where there are words": "F.cross_entropy(logits.transpose(1, 2), torch.where(words > 0, tags, -100)).backward()",
    "two classes under a mask of the words": (
        "class Tagger(nn.Module):\n    def forward(self, words, tags, hidden):\n        m = words.ne(0).view(-1)\n"
        '        nll = F.cross_entropy(nn.Linear(8, 2)(hidden).view(-1, 2), tags.view(-1), reduction="none")\n'
        "        return (nll * m).sum() / m.sum()"
    ),
    # SG108: the ids that are no class are the ignored ones
    "the two last ids ignored": "y[y == 11] = -100\ny[y == 12] = -100\nF.cross_entropy(scores, y)",
    "one swapped for the other": "y[y == 11] = 12\nF.cross_entropy(scores, y, ignore_index=12)",
    "all above swapped": "y[y >= 11] = -100\nF.cross_entropy(scores, y)",
    "all above swapped, by >": "y[y > 10] = -100\nF.cross_entropy(scores, y)",
    "all above filled": "F.cross_entropy(scores, y.masked_fill(y >= 11, -100))",
    "all above by where": "F.cross_entropy(scores, torch.where(y < 11, y, -100))",
    "either of two": "y[(y == 11) | (y == 12)] = -100\nF.cross_entropy(scores, y)",
    "full of the ignored id": (
        "t = torch.full((4, 3), 255)\nt[:, :2] = torch.randint(0, 11, (4, 2))\n"
        "F.cross_entropy(small(torch.randn(4, 3, 8)).transpose(1, 2), t, ignore_index=255)"
    ),
    "padded with the number of classes": (
        "t = pad_sequence([torch.randint(0, 11, (3,)), torch.randint(0, 11, (2,))], batch_first=True, padding_value=11)\n"
        "F.cross_entropy(small(torch.randn(2, 3, 8)).transpose(1, 2), t, ignore_index=11)"
    ),
}
WRONG = {
    "the end is always dropped": ("SG203", "out = torch.where(out == EOS, PAD, out)\n" + SCORED.format(0, "out")),
    "dropped in every pass": ("SG203", "for order in [0, 1]:\n    out[out == EOS] = PAD\n    " + SCORED.format("order", "out")),
    "dropped in both branches": (
        "SG203",
        "if random.random() < 0.5:\n    out[out == EOS] = PAD\nelse:\n    out[out.eq(EOS)] = PAD\n" + SCORED.format(0, "out"),
    ),
    "dropped row by row": ("SG203", "for i in range(len(out)):\n    out[i][out[i] == EOS] = PAD\n" + SCORED.format(0, "out")),
    "dropped for both losses": ("SG203", "out = torch.where(out == EOS, PAD, out)\n" + SCORED.format(0, "out") + SCORED.format(1, "out")),
    "tags times a mask of their own": ("SG204", UNREDUCED + "m = tags > 0\n((nll * m).sum() / m.sum()).backward()"),
    "tags selected by themselves": ("SG204", "m = tags != 0\nF.cross_entropy(logits[m], tags[m]).backward()"),
    "losses set to 0 by the tags": ("SG204", UNREDUCED + "nll[tags == 0] = 0\n(nll.sum() / (tags != 0).sum()).backward()"),
    "tags swapped by themselves": ("SG204", "tags[tags == 0] = -100\nF.cross_entropy(logits.transpose(1, 2), tags).backward()"),
    "nothing is ignored": ("SG108", "F.cross_entropy(scores, y)"),
    "only the last is ignored": ("SG108", "F.cross_entropy(scores, y, ignore_index=12)"),
    "a bound too high": ("SG108", "y[y >= 12] = -100\nF.cross_entropy(scores, y)"),
    "made one that is not ignored": ("SG108", "y[y >= 11] = 10\ny[y == 3] = -100\nF.cross_entropy(scores, y, ignore_index=0)"),
}


def codes(source: str, folder: Path) -> list[str]:
    path = folder / "program.py"
    path.write_text(HEAD + source + "\n")
    run = check_paths([str(path)], Settings(select=("ALL",)))
    assert not run.failures and run.rows
    return sorted({f.code for f in run.findings} - {"SG302"})


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, tmp_path: Path) -> None:
    assert codes(RIGHT[name], tmp_path) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, tmp_path: Path) -> None:
    code, source = WRONG[name]
    assert codes(source, tmp_path) == [code]
