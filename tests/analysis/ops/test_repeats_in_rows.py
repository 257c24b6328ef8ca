"""A repeat is padding where it brings rows to one length, and none inside of a row that goes on behind it."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

HEAD = """
import json
import torch
import torch.nn as nn
import torch.nn.functional as F

B, I, O = 2, 1, 0
model = nn.Sequential(nn.Embedding(30, 8), nn.Linear(8, 4))

"""
WORDS = {
    "written": "sentences = [[('ab', 2, 2), ('c', 1, 0)], [('def', 3, 2), ('gh', 2, 0), ('i', 1, 2)]]\n",
    "read": "sentences = json.load(open('sentences.json'))\n",
}
BATCH = """
rows = [labels_of(words) for words in sentences]
size = max(len(row) for row in rows)
y = torch.tensor([row + [-100] * (size - len(row)) for row in rows])
mask = torch.tensor([[1] * len(row) + [0] * (size - len(row)) for row in rows])
x = torch.randint(0, 30, y.shape)
F.cross_entropy(model(x).flatten(0, 1), y.flatten()).backward()
"""
EACH = "labels = []\nfor word, n, tag in words:\n    {}\nreturn labels"
PIECES = {
    "a word of its own": EACH.format("labels.extend([tag] + [I] * (n - 1))"),
    "by its pieces": EACH.format("pieces = list(word)\n    labels += [tag] + [1] * (len(pieces) - 1)"),
    "behind an append": EACH.format("labels.append(tag)\n    labels += [1] * (len(word) - 1)"),
    "extended behind an append": EACH.format("labels.append(tag)\n    labels.extend([I] * (n - 1))"),
    "a list for a word": EACH.format("here = [tag]\n    here += [I] * (len(word) - 1)\n    labels += here"),
    "as the tag is": EACH.format("labels += [tag] + [tag if tag == O else I] * (len(word) - 1)"),
    "a number from elsewhere": EACH.format("labels.append(tag)\n    labels.extend([I] * int(input()))"),
    "cut": EACH.format("labels.append(tag)\n    labels.extend([I] * (n - 1))").replace("return labels", "return labels[:64]"),
    "a chain": "from itertools import chain\nreturn list(chain.from_iterable([tag] + [I] * (n - 1) for word, n, tag in words))",
    "a sum": "return sum([[tag] + [1] * (len(word) - 1) for word, n, tag in words], [])",
}
ROWS = """
rows = [[3, 2, 3], [2, 3], [3]]

def padded(rows):
{}

y = torch.tensor(padded(rows))
x = torch.randint(0, 30, y.shape)
F.cross_entropy(model(x).flatten(0, 1), y.flatten()).backward()
"""
SIZE = "size = max(len(row) for row in rows)\n"
PADDING = {
    "up to the longest": SIZE + "return [row + [1] * (size - len(row)) for row in rows]",
    "up to the longest row's length": "longest = max(rows, key=len)\nreturn [row + [1] * (len(longest) - len(row)) for row in rows]",
    "a name for how many": SIZE + "out = []\nfor row in rows:\n    k = size - len(row)\n    out.append(row + [1] * k)\nreturn out",
    "how many is handed over": "def one(row, pad_len):\n    return row + [1] * pad_len\nreturn [one(row, 3 - len(row)) for row in rows]",
    "how many is not known": "out = []\nfor row, k in zip(rows, json.load(open('k.json'))):\n    out.append(row + [1] * k)\nreturn out",
    "one by one": SIZE + "out = []\nfor row in rows:\n    row = list(row)\n    while len(row) < size:\n        row.append(1)\n"
    "    out.append(row)\nreturn out",
    "more than enough, then cut": "return [(row + [1] * 5)[:5] for row in rows]",
    "a setting, then cut": "most = json.load(open('config.json'))['most']\nreturn [(row + [1] * most)[:most] for row in rows]",
    "around the row": SIZE + "return [[2] + row + [3] + [1] * (size - len(row)) for row in rows]",
    "rows in one stream": "stream = []\nfor row in rows:\n    stream.extend(row + [1] * (4 - len(row)))\nreturn [stream]",
}


def said(source: str, folder: Path) -> list[str]:
    file = folder / "program.py"
    file.write_text(HEAD + source)
    result = check_paths([str(file)], Settings(select=("ALL",)))
    assert not result.failures, result.failures
    return [f.code for f in result.findings if f.severity != "info"]


@pytest.mark.parametrize("data", WORDS)
@pytest.mark.parametrize("name", PIECES)
def test_a_repeat_inside_of_a_row_is_no_padding(name: str, data: str, tmp_path: Path) -> None:
    assert said(f"{WORDS[data]}\ndef labels_of(words):\n{indent(PIECES[name], '    ')}\n{BATCH}", tmp_path) == []


@pytest.mark.parametrize("name", PADDING)
def test_what_brings_rows_to_one_length_is_padding(name: str, tmp_path: Path) -> None:
    assert said(ROWS.format(indent(PADDING[name], "    ")), tmp_path) == ["SG201"]
