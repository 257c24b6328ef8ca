"""What is shown to hold no padding: texts that are read, windows, rows that are written out; and what looks like these and is padded."""

from __future__ import annotations

import pytest

from shapeguard.analysis.ops.python.written_rows import padded_with
from tests.analysis.programs import Facts, seq, tensor

START = """
import re, unicodedata
import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
text = open("input.txt").read()
stoi = {c: i for i, c in enumerate(sorted(set(text)))}
data = torch.tensor([stoi[c] for c in text])
width = 20
"""

NONE = {
    "a text": "y = torch.tensor([stoi[c] for c in text])",
    "a line at a time": "for line in open('f'):\n    y = torch.tensor([stoi[c] for c in line.strip().lower()])",
    "words": "y = torch.tensor([stoi[w] for w in text.split()])",
    "words with an end": "y = torch.tensor([stoi[w] for w in text.split() + ['<eos>']])",
    "an end put behind": "ids = [stoi[w] for w in text.split()]\nids.append(1)\ny = torch.tensor(ids)",
    "an end added": "ids = [stoi[w] for w in text.split()]\nids += [1]\ny = torch.tensor(ids)",
    "read in a block": "with open('f') as file:\n    y = torch.tensor([stoi.get(w, 0) for w in file.read().split()])",
    "lines": "y = torch.tensor([stoi[c] for c in open('f').readlines()[0]])",
    "a function of a text": "y = torch.tensor([ord(c) for c in re.sub(r'[.]', r' ', unicodedata.normalize('NFD', text))])",
    "letters joined again": "y = torch.tensor([ord(c) for c in ''.join(c for c in text if c.isalpha())])",
    "bytes": "y = torch.tensor(list(text.encode('utf-8')))",
    "mapped": "y = torch.tensor(list(map(ord, text)))",
    "one by one": "ids = []\nfor c in text:\n    ids.append(stoi[c])\ny = torch.tensor(ids)",
    "a part of a text": "y = torch.tensor([stoi[c] for c in text[3 : 3 + width]])",
    "one id of a text": "i = 4\ny = data[i + 8]",
    "windows": "y = torch.stack([data[i : i + 8] for i in torch.randint(9, (4,))])",
    "a stream in rows": "y = data[: len(data) // 4 * 4].view(4, -1)",
    "strided": "y = torch.as_strided(data, (4, 9), (8, 1))",
    "sliding": "y = np.lib.stride_tricks.sliding_window_view(np.array([stoi[c] for c in text]), 9)",
    "sorted": "y = torch.sort(torch.randint(0, 9, (4, 8)), dim=1).values",
    "drawn, with places that do not count": "y = torch.randint(0, 9, (4, 8))\ny[:, :3] = -100",
    "rows of one length": "y = torch.tensor([[1, 5, 2], [1, 7, 2]])",
    "a row": "y = torch.tensor([4, 0, 7])",
    "words that are written out": "y = torch.tensor([stoi[w] for w in 'the dog ate'.split()])",
    "a list of words": "y = torch.tensor([stoi[w] for w in ['the', 'dog', 'ate']])",
}

PERHAPS = {
    "filled up by width": "y = torch.tensor([[stoi[c] for c in line.ljust(20)] for line in open('f')])",
    "filled up by hand": "y = torch.tensor([[stoi[c] for c in line + 'P' * (20 - len(line))] for line in open('f')])",
    "filled up by a format": "y = torch.tensor([[stoi[c] for c in f'{line:<20}'] for line in open('f')])",
    "one more, perhaps": "ids = [stoi[c] for c in text]\nif len(ids) % 2:\n    ids.append(0)\ny = torch.tensor(ids)",
    "one more, perhaps, as a list": "ids = [stoi[c] for c in text]\nif len(ids) % 2:\n    ids = ids + [0]\ny = torch.tensor(ids)",
    "a token for padding": "words = text.split()\nwords.append('<pad>')\ny = torch.tensor([stoi[w] for w in words])",
    "ids in a file": "y = torch.tensor([int(x) for x in text.split()])",
    "ids in a file, mapped": "y = torch.tensor(list(map(int, text.split())))",
    "ids in a file, by a function": "def id_of(s):\n    return int(s)\ny = torch.tensor([id_of(x) for x in text.split()])",
    "ids in a file, one less": "y = torch.tensor([int(x) - 1 for x in text.split()])",
    "ids in a file, one by one": "ids = []\nfor x in text.split():\n    ids.append(int(x))\ny = torch.tensor(ids)",
    "a binary file": "import pickle\ny = torch.tensor(pickle.load(open('f', 'rb')))",
    "another id in their place": "y = torch.tensor([stoi[c] if c in stoi else 0 for c in text])",
    "unknown rows": "y = torch.stack([torch.tensor(r) for r in rows])",
    "a stream with an overwritten end": "w = data[:100].clone()\nw[90:] = 0\ny = w.view(10, 10)",
    "a row that may be filled up": "y = torch.tensor([4, 7, 0, 0])",
    "rows that may be": "y = torch.tensor([[1, 2, 0], [3, 4, 5]])",
    "words that may be": "y = torch.tensor([stoi[w] for w in 'ich mag bier P'.split()])",
}

SEEN = {
    "appended": "ids = [stoi[c] for c in text]\nwhile len(ids) < 20:\n    ids.append(0)\ny = torch.tensor(ids)",
    "added": "ids = [stoi[c] for c in text]\nwhile len(ids) < 20:\n    ids += [0]\ny = torch.tensor(ids)",
    "tokens": "words = text.split()\nwords += ['<pad>'] * (20 - len(words))\ny = torch.tensor([stoi[w] for w in words])",
    "padded lines": "y = pad_sequence([torch.tensor([stoi[c] for c in line]) for line in open('f')])",
    "rows written out": "y = torch.tensor([[1, 5, 2], [1, 2, 0]])",
    "rows written out, in a list": "rows = [(1, 5, 6, 2), (1, 2, 0, 0)]\ny = torch.tensor(rows[1])",
}


@pytest.mark.parametrize("name", NONE)
def test_no_padding(name: str) -> None:
    y = tensor(Facts(START + NONE[name])["y"])
    assert (y.padding, y.fills) == ("none", ())


@pytest.mark.parametrize("name", PERHAPS)
def test_perhaps_padded(name: str) -> None:
    assert tensor(Facts(START + PERHAPS[name])["y"]).padding == "unknown"


@pytest.mark.parametrize("name", SEEN)
def test_padding_is_seen(name: str) -> None:
    assert tensor(Facts(START + SEEN[name])["y"]).padding == "seen"


def test_rows_that_are_written_out_are_never_sure() -> None:
    y = tensor(Facts("import torch\ny = torch.tensor([[1, 5, 2], [1, 2, 0]])")["y"])
    assert [(str(f.id), f.step.sure) for f in y.fills] == [("0", False)]


@pytest.mark.parametrize(
    ("rows", "pad"),
    [
        ([[1, 5, 2], [1, 2, 0]], 0),
        ([[1, 5, 2, 9], [1, 2, 9, 9]], 9),
        ([[5, 6, 0, 0], [7, 8, 9, 0], [1, 2, 3, 4]], 0),
        ([[5, 6, -1, -1], [7, 8, 9, -1]], -1),
        ([[1, 2, 0], [3, 4, 5]], None),
        ([[1, 0, 2, 0], [3, 4, 0, 0]], None),  # 0 is among the others
        ([[0, 0, 0], [1, 2, 0]], None),  # a row of nothing else
        ([[1, 5, 2], [1, 7, 2]], None),
        ([[5, 6, 7, 7], [8, 9, 4, 7]], None),
    ],
)
def test_what_rows_are_filled_up_with(rows: list[list[int]], pad: int | None) -> None:
    assert padded_with(rows) == pad


def test_fractions_of_a_text_are_no_ids() -> None:
    facts = Facts("import torch\ny = torch.tensor([float(x) for x in open('f').read().split()])\nz = int(open('f').readline())")
    assert tensor(facts["y"]).dtype == "" and tensor(facts["y"]).scale == ""


def test_what_is_read_is_a_text_until_something_is_done_to_it() -> None:
    facts = Facts("lines = open('f').read().split('\\n')\nother = load().split('\\n')\nraw = open('f', 'rb').read()")
    assert seq(facts["lines"]).unpadded
    assert "text=True" not in repr(facts["other"])
    assert "text=True" not in repr(facts["raw"])
