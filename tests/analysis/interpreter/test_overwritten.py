"""Buffers that writes overwrite whole, tensors of single entries, rows that are unpacked, layers that a loop fills.

Each program is run by torch too: what it says of the shapes is what the linter may not contradict. A marked line is flagged.
"""

from __future__ import annotations

import warnings

import pytest

from shapeguard.lint.engine import check_source

HEAD = """
import numpy as np
import torch
import torch.nn.functional as F
from collections import OrderedDict
from torch import nn
V, H, PAD = 100, 16, 0
embed, head = nn.Embedding(V, H), nn.Linear(H, V)
def model(x):
    return head(embed(x))
def windows():
    return torch.randint(1, V, (8, 6))
def texts():
    return [list(range(5, 5 + int(n))) for n in torch.randint(2, 6, (4,))]
"""
LOSS = "\n    return F.cross_entropy(model(x).flatten(0, -2), y.flatten()){mark}\n"

WHOLE = {
    "rolled": "x = windows()[0]\ny = torch.zeros_like(x)\ny[:-1], y[-1] = x[1:], x[0]",
    "rolled columns": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]\ny[:, -1] = x[:, 0]",
    "from the front": "x = windows()\ny = torch.full_like(x, PAD)\ny[:, 1:] = x[:, :-1]\ny[:, 0] = x[:, -1]",
    "the first before": "x = windows()\ny = x.new_zeros(x.shape)\ny[:, 0] = x[:, -1]\ny[:, 1:] = x[:, :-1]",
    "two halves": "x = windows()\ny = torch.zeros(8, 6, dtype=torch.long)\ny[:, :3] = x[:, 3:]\ny[:, 3:] = x[:, :3]",
    "at a number": "x = windows()\nk = len(x) - 4\ny = torch.zeros(8, 6).long()\ny[:, k:] = x[:, k:]\ny[:, :k] = x[:, :k]",
    "three parts": "x = windows()\ny = torch.zeros_like(x)\ny[:, 1:-1] = x[:, 1:-1]\ny[:, 0] = x[:, 1]\ny[:, -1] = x[:, 2]",
    "rows": "x = windows()\ny = torch.zeros_like(x)\ny[1:] = x[:-1]\ny[:1] = x[-1:]",
    "an ellipsis": "x = windows()\ny = torch.zeros_like(x)\ny[..., :-1] = x[..., 1:]\ny[..., -1] = x[..., 0]",
    "turn and turn about": "x = windows()\ny = torch.zeros_like(x)\ny[:, ::2] = x[:, 1::2]\ny[:, 1::2] = x[:, ::2]",
    "a stop at the end": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]\ny[:, -1] = 99",
    "one by one": "x = windows()\ny = torch.zeros_like(x)\nfor i in range(len(x)):\n    y[i, :-1] = x[i, 1:]\n    y[i, -1] = x[i, 0]",
    "copied": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1].copy_(x[:, 1:])\ny[:, -1:].copy_(x[:, :1])",
    "an array": "x = windows()\ny = np.zeros((8, 6), dtype=np.int64)\ny[:, :-1] = x[:, 1:].numpy()\n"
    "y[:, -1] = x[:, 0].numpy()\ny = torch.from_numpy(y)",
    "rows of a length": "x = windows()\ny = torch.zeros_like(x)\nn = int(x.sum()) % 6\ny[:, :n] = x[:, :n]\ny[:, n:] = x[:, n:]",
}
PARTLY = {
    "but the last": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]",
    "but the first": "x = windows()\ny = torch.zeros_like(x)\ny[:, 1:] = x[:, :-1]",
    "but the middle": "x = windows()\ny = torch.zeros_like(x)\ny[:, :2] = x[:, :2]\ny[:, 3:] = x[:, 3:]",
    "the same place twice": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]\ny[:, :-1] = x[:, :-1]",
    "the padding again": "x = windows()\ny = torch.zeros_like(x)\ny[:, :3] = x[:, :3]\ny[:, 3:] = PAD",
    "every second": "x = windows()\ny = torch.zeros_like(x)\ny[:, ::2] = x[:, 1::2]\ny[:, ::2] = x[:, ::2]",
    "every third": "x = windows()\ny = torch.zeros_like(x)\ny[:, ::3] = x[:, ::3]\ny[:, 1::3] = x[:, 1::3]",
    "one way only": "x = windows()\ny = torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]\nif len(x) > 99:\n    y[:, -1] = x[:, 0]",
    "of another": "x = windows()\ny, z = torch.zeros_like(x), torch.zeros_like(x)\ny[:, :-1] = x[:, 1:]\nz[:, -1] = x[:, 0]",
    "padded by itself": "rows = texts()\nx = torch.tensor([r + [PAD] * (9 - len(r)) for r in rows])\ny = torch.zeros_like(x)\n"
    "y[:, :-1] = x[:, 1:]\ny[:, -1] = x[:, 0]",
}
ENTRIES = {
    "picked": "t = windows()[0]\nx = t[:2]\ny = torch.tensor([t[0], t[1]])",
    "unpacked": "p, q = windows()[0][:2]\nx = torch.arange(2)\ny = torch.tensor([p, q])",
    "of one entry": "p, q = torch.randint(0, V, (2, 1))\nx = torch.arange(2)\ny = torch.tensor([p, q])",
    "of one entry each": "rows = [3, 4, 5]\nx = torch.arange(3)\nts = [torch.tensor([r]) for r in rows]\ny = torch.tensor(ts)",
    "of two axes": "x = torch.arange(6)\ny = torch.tensor([torch.randint(0, V, (1, 1)) for _ in range(6)])",
    "the best": "x = torch.arange(6)\ny = torch.LongTensor([torch.randn(1, V).argmax(dim=-1) for _ in range(6)])",
    "items": "t = windows()\nx = torch.arange(8)\ny = torch.tensor([row[0].item() for row in t])",
    "written items": "t = windows()\nx = torch.arange(2)\ny = torch.as_tensor([t[0, 0].item(), t[1, 0].item()])",
    "with numbers": "x = torch.arange(3)\ny = torch.tensor([torch.tensor([4]), 5, torch.tensor([[6]])])",
    "nested": "x = torch.arange(4).view(2, 2)\nt = [torch.tensor([i]) for i in range(4)]\ny = torch.tensor([[t[0], t[1]], [t[2], t[3]]])",
    "appended": "x, t = torch.arange(4), []\nfor i in range(4):\n    t.append(torch.tensor([i]))\ny = torch.tensor(t)",
}
UNPACKED = {
    "two rows": "x, y = torch.randint(0, V, (2, 8, 6))",
    "a rest": "x, *rest = torch.randint(0, V, (3, 8, 6))\ny = rest[0]",
    "a rest in front": "*rest, x = torch.randint(0, V, (3, 8, 6))\ny = rest[-1]",
    "a rest between": "x, *_, y = torch.randint(0, V, (5, 8, 6))",
    "a rest of an unknown number": "t = torch.cat([windows()[None] for _ in range(len(windows()) - 3)])\nx, *rest, y = t\nx = rest[0]",
    "a rest put together": "first, *rest = torch.randint(0, V, (3, 8, 6))\nx = torch.stack(rest)\ny = first.expand(2, 8, 6).clone()",
    "pairs": "(a, x), (y, b) = torch.randint(0, V, (2, 2, 8, 6))",
    "pairs of a loop": "for x, y in torch.randint(0, V, (4, 2, 8, 6)):\n    pass",
    "a rest of a loop": "for x, *others in torch.randint(0, V, (4, 3, 8, 6)):\n    y = others[1]",
    "unbound": "x, y = torch.randint(0, V, (8, 2, 6)).unbind(1)",
    "a transposed one": "x, y = torch.randint(0, V, (8, 6, 2)).permute(2, 0, 1)",
}
LAYERS = {
    "appended": "layers = nn.ModuleList()\nfor _ in range(3):\n    layers.append(nn.Linear(H, H))\nlayers.append(head)\n"
    "h = embed(x)\nfor layer in layers:\n    h = layer(h)",
    "chained": "layers = []\nfor _ in range(3):\n    layers += [nn.Linear(H, H), nn.ReLU()]\nlayers.append(nn.Linear(H, V))\n"
    "h = nn.Sequential(*layers)(embed(x))",
    "named": "net = nn.Sequential()\nfor i in range(3):\n    net.add_module(f'l{i}', nn.Linear(H, H))\n"
    "net.add_module('head', nn.Linear(H, V))\nh = net(embed(x))",
    "by key": "heads = nn.ModuleDict({n: nn.Linear(H, V) for n in ('a', 'b')})\nh = heads['a'](embed(x))",
    "by key, filled": "heads = nn.ModuleDict()\nfor n, size in (('a', V), ('b', 3)):\n"
    "    heads[n] = nn.Linear(H, size)\nh = heads['a'](embed(x))",
    "an ordered dict": "d = OrderedDict()\nfor i in range(3):\n    d[f'l{i}'] = nn.Linear(H, H)\nd['head'] = nn.Linear(H, V)\n"
    "h = nn.Sequential(d)(embed(x))",
    "of other widths": "sizes, layers = [H, 32, 24, V], nn.ModuleList()\nfor a, b in zip(sizes[:-1], sizes[1:]):\n"
    "    layers.append(nn.Linear(a, b))\nh = embed(x)\nfor layer in layers:\n    h = layer(h)",
    "the first is another": "layers = nn.ModuleList()\nfor i in range(3):\n    layers.append(nn.Linear(H if i == 0 else 2 * H, 2 * H))\n"
    "h = embed(x)\nfor layer in layers:\n    h = layer(h)\nh = nn.Linear(2 * H, V)(h)",
    "the last by itself": "layers = nn.ModuleList([nn.Linear(H, H)])\nfor _ in range(2):\n    layers.append(nn.Linear(H, H))\n"
    "layers.append(nn.Linear(H, V))\nh = embed(x)\nfor layer in layers[:-1]:\n    h = layer(h)\nh = layers[-1](h)",
    "recurrent": "layers, size = nn.ModuleList(), H\nfor i in range(2):\n"
    "    layers.append(nn.LSTM(size, 20, batch_first=True))\n    size = 20\n"
    "h = embed(x)\nfor layer in layers:\n    h, _ = layer(h)\nh = nn.Linear(size, V)(h)",
    "extended": "layers = nn.ModuleList()\nlayers.extend(nn.Linear(H, H) for _ in range(3))\nlayers.extend([nn.Linear(H, V)])\n"
    "h = embed(x)\nfor layer in layers:\n    h = layer(h)",
}


def _program(body: str, loss: str = LOSS) -> str:
    return HEAD + "def step():\n    " + body.replace("\n", "\n    ") + loss


def _flagged(program: str) -> None:
    rows = {(line.rpartition("# ")[2].strip(), row) for row, line in enumerate(program.split("\n"), 1) if "  # SG" in line}
    found = {(f.code, f.place.row) for f in check_source(program) if f.severity != "info"}
    assert found == rows, program


def _runs(program: str) -> None:
    scope: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(program, scope)
        assert float(scope["step"]()) >= 0  # type: ignore[operator]


@pytest.mark.parametrize("kind", WHOLE)
def test_nothing_is_left_of_a_buffer_that_is_written_whole(kind: str) -> None:
    program = _program(WHOLE[kind], LOSS.replace("{mark}", ""))
    _runs(program)
    _flagged(program)


@pytest.mark.parametrize("kind", PARTLY)
def test_what_is_not_written_keeps_what_it_was(kind: str) -> None:
    program = _program(PARTLY[kind], LOSS.replace("{mark}", "  # SG201"))
    _runs(program)
    _flagged(program)
    _flagged(program.replace(")  # SG201", ", ignore_index=PAD)"))


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_tensor_of_single_entries_has_one_axis(kind: str) -> None:
    program = _program(ENTRIES[kind], LOSS.replace("{mark}", "").replace(".flatten(0, -2), y.flatten()", ".view(-1, V), y.view(-1)"))
    _runs(program)
    _flagged(program)
    plain = program.replace("model(x).view(-1, V), y.view(-1)", "model(x), y")
    if kind != "nested":
        _runs(plain)
        _flagged(plain)
        _flagged(plain.replace("F.cross_entropy(model(x), y)", "F.cross_entropy(model(x), y[:, None])  # SG106"))


@pytest.mark.parametrize("kind", UNPACKED)
def test_rows_of_a_tensor_in_names(kind: str) -> None:
    program = _program(UNPACKED[kind], LOSS.replace("{mark}", ""))
    _runs(program)
    _flagged(program)
    wrong = program.replace("model(x).flatten(0, -2), y.flatten())", "model(x).softmax(-1).flatten(0, -2), y.flatten())  # SG401")
    _flagged(wrong)


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_that_a_loop_fills(kind: str) -> None:
    body = "x, y = windows(), windows()\n" + LAYERS[kind]
    for loss in ("h.transpose(1, 2), y)", "h.flatten(0, 1), y.flatten())", "h.reshape(-1, V), y.reshape(-1))"):
        program = _program(body, f"\n    return F.cross_entropy({loss}\n")
        _runs(program)
        _flagged(program)
    _flagged(_program(body, "\n    return F.cross_entropy(h.softmax(-1).transpose(1, 2), y)  # SG401\n"))
