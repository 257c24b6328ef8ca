"""A loss that is only tried on drawn ids, in code that trains nothing, shows nothing of the data that is trained on."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import Result, check_paths

MODEL = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 16, batch_first=True)
        self.head = nn.Linear(16, 50)

    def forward(self, ids, targets):
        logits = self.head(self.lstm(self.embed(ids))[0])
        return logits, F.cross_entropy(logits.view(-1, 50), targets.view(-1))

    def trained(self, ids):
        return self(ids, ids)[1]

"""
MAIN = 'if __name__ == "__main__":\n'
DRAWN = "    x = torch.randint(0, 50, (2, 8))\n"
TRIED = {
    "in the main block": MAIN + DRAWN + "    logits, loss = Decoder()(x, x)\n    print(logits.shape, loss.item())",
    "in a test": "def test_shapes():\n" + DRAWN + "    logits, loss = Decoder()(x, x)\n    assert loss.dim() == 0",
    "at the top": "x = torch.randint(50, size=(2, 8))\nlogits, loss = Decoder()(x, x)\nprint(logits.shape, loss)",
    "counted up": "x = torch.arange(16).view(2, 8)\nlogits, loss = Decoder()(x, x)\nassert not torch.isnan(loss)",
    "ones": "x = torch.ones(2, 8, dtype=torch.long)\nprint(Decoder()(x, x)[1])",
    "the likeliest of noise": "x = torch.randn(2, 8, 50).argmax(-1)\nprint(Decoder()(x, x)[1])",
    "in a function that is called": "def main():\n    x = torch.randint(0, 50, (2, 8))\n    print(Decoder()(x, x)[1])\nmain()",
    "another main block trains": "def train(loss):\n    loss.backward()\n\n"
    + MAIN + "    x = torch.randint(0, 50, (2, 8))\n    print(Decoder()(x, x)[1])",
}
TRAINED = {
    "backward": "x = torch.randint(0, 50, (2, 8))\nlogits, loss = Decoder()(x, x)\nloss.backward()",
    "added up": "x = torch.randint(0, 50, (2, 8))\ntotal = 0\nfor _ in range(2):\n    total = total + Decoder()(x, x)[1]\ntotal.backward()",
    "by a helper": "def train(loss):\n    loss.backward()\n\nx = torch.randint(0, 50, (2, 8))\ntrain(Decoder()(x, x)[1])",
    "by gradients": "net = Decoder()\nx = torch.randint(0, 50, (2, 8))\ntorch.autograd.grad(net(x, x)[1], list(net.parameters()))",
    "handed out": "def step():\n    x = torch.randint(0, 50, (2, 8))\n    return Decoder()(x, x)[1]",
    "a loop that trains": "net = Decoder()\nopt = torch.optim.Adam(net.parameters())\nfor _ in range(2):\n"
    "    x = torch.randint(0, 50, (2, 8))\n    loss = net(x, x)[1]\n    opt.zero_grad()\n    loss.backward()\n    opt.step()",
    "what is not drawn": "import json\nx = torch.tensor(json.load(open('ids.json')))\nprint(Decoder()(x, x)[1])",
    "written out": "x = torch.tensor([[3, 7, 9, 4]])\nprint(Decoder()(x, x)[1])",
    "tried first, then trained": "x = torch.randint(0, 50, (2, 8))\nprint(Decoder()(x, x)[1])\n"
    "def train(batches):\n    net = Decoder()\n    for x in batches:\n        net(x, x)[1].backward()",
}


def checked(source: str, folder: Path) -> Result:
    file = folder / "program.py"
    file.write_text(MODEL + dedent(source))
    result = check_paths([str(file)], Settings())
    assert not result.failures, result.failures
    return result


@pytest.mark.parametrize("name", TRIED)
def test_a_first_try_is_not_judged(name: str, tmp_path: Path) -> None:
    result = checked(TRIED[name], tmp_path)
    assert not result.findings
    assert any("drawn ids" in gap for row in result.rows if row.verdict == "unknown" for gap in row.missing)


@pytest.mark.parametrize("name", TRAINED)
def test_what_trains_is_judged(name: str, tmp_path: Path) -> None:
    assert {f.code for f in checked(TRAINED[name], tmp_path).findings} == {"SG501"}
