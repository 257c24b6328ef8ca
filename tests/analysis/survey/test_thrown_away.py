"""Losses whose value nobody reads: no rule judges them but those whose fault ends the program, and their row says why."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent, indent

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import Result, check_paths

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.modeling_outputs import CausalLMOutput

tokenizer = AutoTokenizer.from_pretrained("facebook/opt-125m")
lm = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")
ids = tokenizer(["a b c", "d"], padding=True, return_tensors="pt")["input_ids"]
rows = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True)
scores = nn.Linear(8, 20)(torch.randn(3, 9, 8)).transpose(1, 2)
criterion = nn.CrossEntropyLoss()
"""

MODULE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lm = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")

    def forward(self, x):
        out = self.lm(input_ids=x, labels=x)
        return {}

net = Net()
"""
PLAIN = """
def step(x, y, reduction="mean"):
    loss = F.cross_entropy(x, y, reduction=reduction)
    return x, loss

"""
FIELDS = """
from dataclasses import dataclass

@dataclass
class Result:
    loss: torch.Tensor
    logits: torch.Tensor

def step(x, y):
    return Result(loss=F.cross_entropy(x, y), logits=x)

"""
BOX = """
class Box:
    def __init__(self, out, logits):
        self.out = out
        self.logits = logits

"""
PAIR = """
from typing import NamedTuple

class Pair(NamedTuple):
    out: object
    logits: object

"""
OUT = "out = lm(input_ids=ids, labels=ids)\n"

READ = {
    "an attribute": OUT + "out.loss.backward()",
    "a key": OUT + "out['loss'].backward()",
    "a get": OUT + "out.get('loss').backward()",
    "the first": OUT + "out[0].backward()",
    "the last": OUT + "out[-1].sum()",
    "a slice": OUT + "out[:2][0].backward()",
    "unpacked": "loss, logits, *_ = lm(input_ids=ids, labels=ids)\nloss.backward()",
    "a star": "first, *rest = lm(input_ids=ids, labels=ids)[0:2]\nfirst.backward()",
    "as a tuple": OUT + "out.to_tuple()[0].backward()",
    "its values": OUT + "for value in out.values():\n    print(value)",
    "iterated": OUT + "for value in out:\n    print(value)",
    "an index that is not known": "import sys\n" + OUT + "out[len(sys.argv)].sum()",
    "a name that is not known": "import sys\n" + OUT + "getattr(out, sys.argv[1])",
    "handed over": OUT + "print(out)",
    "spread": OUT + "dict(**out)",
    "in a list": OUT + "both = [out, None]\nboth[0].loss.backward()",
    "in a dict": OUT + "both = {'lm': out, 'ids': ids}\nboth['lm'].loss.backward()",
    "on an object": "class Box: pass\nbox = Box()\n" + OUT + "box.out = out",
    "a text": OUT + "print(f'{out.loss:.2f}')",
    "a walrus": "if (out := lm(input_ids=ids, labels=ids)) is not None:\n    out.loss.backward()",
    "another name": OUT + "again = out\nagain.loss.backward()",
    "in a branch": OUT + "if len(ids) > 3:\n    out.loss.backward()",
    "a choice": OUT + "loss = out.loss if len(ids) > 3 else None\nif loss is not None:\n    loss.backward()",
    "a function around": "def f():\n    return out.loss\n" + OUT + "f().backward()",
    "a lambda": "f = lambda: out.loss\n" + OUT + "f().backward()",
    "all names": OUT + "print(locals())",
    "one round later": "out = None\nfor _ in range(3):\n    if out is not None:\n        out.loss.backward()\n    " + OUT,
    "behind a break": "while True:\n    " + OUT + "    if len(ids) > 2:\n        break\n    out = None\nout.loss.backward()",
    "in a finally": "out = None\ntry:\n    " + OUT + "    out = None\nfinally:\n    print(out.loss)",
    "from a pair of a module": MODULE.format("out.loss, out.logits") + "loss, _ = net(ids)\nloss.backward()",
    "from the dict of a module": MODULE.format("dict(loss=out.loss)") + "net(ids)['loss'].backward()",
    "a module that is only tried": MODULE.format("out.loss, out.logits") + "net(ids)",
    "handed to one that reads it": "def use(o):\n    return o.loss\n" + OUT + "use(out).backward()",
    "handed to one of two that reads it": "def f(o):\n    return o[1]\ndef g(o):\n    return o[0]\n" + OUT + "f(out)\ng(out).backward()",
    "handed to one of several": "def f(o):\n    return o[1]\ndef g(o):\n    return o[0]\n" + OUT + "for use in (f, g):\n    use(out)",
    "handed to one that hands it back": "def use(o, x):\n    return x, o\n" + OUT + "_, o = use(out, ids)\no.loss.backward()",
    "handed to one that keeps it": "kept = []\ndef use(o):\n    kept.append(o)\n" + OUT + "use(out)\nkept[0].loss.backward()",
    "handed to what takes all": "def use(*all):\n    return all[0].loss\n" + OUT + "use(out)",
    "handed to what another is put around": "from functools import *\n@singledispatch\ndef use(o):\n    return o[1]\n" + OUT + "use(out)",
    "handed to a library": OUT + "torch.save(out, 'out.pt')",
    "behind what is put in front": MODULE.format("(out.logits,) + out.to_tuple()") + "net(ids)[1].backward()",
    "spread in a dict": MODULE.format("dict(**out)") + "net(ids)['loss'].backward()",
    "spread in a literal": MODULE.format("{**out, 'ids': x}") + "net(ids)['loss'].backward()",
    "from fields by place": PAIR + MODULE.format("Pair(out, out.logits)") + "net(ids).out.loss.backward()",
    "from an object that keeps it": BOX + MODULE.format("Box(out, out.logits)") + "net(ids).out.loss.backward()",
    "a loss of torch": "loss = F.cross_entropy(scores, rows)\nloss.backward()",
    "added up": "total = 0\nfor _ in range(3):\n    loss = F.cross_entropy(scores, rows)\n    total += loss",
    "from a pair": PLAIN + "_, loss = step(scores, rows)\nloss.backward()",
    "from fields": FIELDS + "step(scores, rows).loss.backward()",
    "in one of two contexts": PLAIN + "_, loss = step(scores, rows)\nloss.backward()\nx, _ = step(scores, rows)\nprint(x.shape)",
    "a function that is only tried": PLAIN + "step(scores, rows)",
    # a loss that is written out is judged where it stands: a first try of a program ends there
    "a loss of torch that is not read yet": "loss = F.cross_entropy(scores, rows)\nprint(scores.shape)",
    "a loss of torch by itself": "F.cross_entropy(scores, rows)",
    "an object that is not read yet": "criterion = nn.CrossEntropyLoss()\nloss = criterion(scores, rows)",
}

THROWN = {
    "an attribute": OUT + "out.logits.argmax(-1)",
    "at once": "lm(input_ids=ids, labels=ids).logits.argmax(-1)",
    "a key": OUT + "out['logits'].sum()",
    "a get": OUT + "out.get('logits').sum()",
    "the second": OUT + "out[1].sum()",
    "a slice": OUT + "out[1:][0].sum()",
    "unpacked": "_, logits = lm(input_ids=ids, labels=ids)[:2]\nlogits.sum()",
    "in a list comprehension": "[lm(input_ids=ids, labels=ids).logits.sum() for _ in range(3)]",
    "by itself": "lm(input_ids=ids, labels=ids)",
    "never named again": OUT,
    "deleted": OUT + "del out",
    "other fields": "out = lm(input_ids=ids, labels=ids, output_hidden_states=True)\nprint(out.hidden_states[-1].shape)",
    "overwritten": OUT + "loss = out.loss\nloss = out.logits.sum()\nloss.backward()",
    "the same name again": OUT
    + "out.logits.sum()\nout = lm(input_ids=ids, labels=ids.masked_fill(ids == tokenizer.pad_token_id, -100))\nout.loss.backward()",
    "asked what it is": OUT + "assert out is not None and isinstance(out, dict)\nout.logits.sum()",
    "in a dict": OUT + "both = {'lm': out, 'ids': ids}\nboth['lm'].logits.sum()",
    "a text": OUT + "print(f'{out.logits.shape}')",
    "in every branch": OUT + "x = out.logits if len(ids) > 3 else out[1]\nx.sum()",
    "a name of another function": "def f(out):\n    return out.loss\n" + OUT + "out.logits.sum()",
    "from a pair of a module": MODULE.format("out.loss, out.logits") + "_, logits = net(ids)\nlogits.sum()",
    "from the dict of a module": MODULE.format("{'loss': out.loss, 'logits': out.logits}") + "net(ids)['logits'].sum()",
    "from an output of a module": MODULE.format("CausalLMOutput(loss=out.loss, logits=out.logits)") + "net(ids).logits.sum()",
    "from the usual ending of a forward": MODULE.format(
        "((out.loss,) + (out.logits,)) if x is not None else out.logits"
    )
    + "net(ids)[1].sum()",
    "handed to one that needs the logits": "def use(o, gold):\n    return o.logits[:, :-1].sum()\n" + OUT + "use(out, ids).backward()",
    "handed by keyword": "def use(*, o):\n    return o[1].sum()\n" + OUT + "use(o=out)",
    "handed on": "def use(o):\n    return o['logits']\ndef f(o):\n    return use(o)\n" + OUT + "f(out).sum()",
    "handed to an object": "class Head(nn.Module):\n    def forward(self, o):\n        return o.logits\n" + OUT + "Head()(out).sum()",
    "handed to a method": "class Head:\n    def of(self, o):\n        return o.logits\n" + OUT + "Head().of(out).sum()",
    "handed back unread": "def use(o, x):\n    return x, o\n" + OUT + "x, _ = use(out, ids)\nprint(x)",
    "handed to what never looks": "def use(o, x):\n    return x.sum()\n" + OUT + "use(out, out.logits)",
    "as a tuple": OUT + "out.to_tuple()[1].sum()",
    "behind what is put in front": MODULE.format("(out.logits,) + out.to_tuple()") + "net(ids)[0].sum()",
    "in a dict by keyword": MODULE.format("dict(lm=out, logits=out.logits)") + "net(ids)['logits'].sum()",
    "spread in a dict": MODULE.format("{**out, 'ids': x}") + "net(ids)['logits'].sum()",
    "from fields by place": PAIR + MODULE.format("Pair(out, out.logits)") + "net(ids).logits.sum()",
    "from an object that keeps it": BOX + MODULE.format("Box(out, out.logits)") + "net(ids).logits.sum()",
    "asked for its keys": OUT + "print(out.keys())\nif 'logits' in out:\n    out.logits.sum()",
    "from a pair": PLAIN + "x, _ = step(scores, rows)\nprint(x.shape)",
    "from fields": FIELDS + "print(step(scores, rows).logits.shape)",
}


def checked(source: str, folder: Path, suffix: str = ".py") -> Result:
    path = folder / f"program{suffix}"
    path.write_text(source)
    run = check_paths([str(path)], Settings(select=("ALL",)))
    assert not run.failures, run.failures
    return run


def codes(run: Result) -> list[str]:
    return sorted({f.code for f in run.findings})


def inside(source: str) -> str:
    """The same in a function that is called."""
    return f"{HEAD}\ndef main():\n{indent(dedent(source), '    ')}\n\nmain()\n"


@pytest.mark.parametrize("place", ["module", "function"])
@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_judged(name: str, place: str, tmp_path: Path) -> None:
    run = checked(HEAD + READ[name] if place == "module" else inside(READ[name]), tmp_path)
    assert codes(run) == ["SG201"]


@pytest.mark.parametrize("place", ["module", "function"])
@pytest.mark.parametrize("name", THROWN)
def test_what_is_thrown_away_is_not(name: str, place: str, tmp_path: Path) -> None:
    run = checked(HEAD + THROWN[name] if place == "module" else inside(THROWN[name]), tmp_path)
    assert codes(run) == []
    assert any(row.padding is not None and "its result is thrown away" in row.padding for row in run.rows)
    assert {row.verdict for row in run.rows} == {"understood"}


def test_a_loss_that_raises_does_so_unread(tmp_path: Path) -> None:
    flat = "def step(x, y):\n    return x, F.cross_entropy(x.flatten(0, 1), y)\n\nx, _ = step(scores, rows)\nprint(x.shape)\n"
    (found,) = checked(HEAD + flat, tmp_path).findings
    assert (found.code, found.severity) == ("SG102", "error")


def test_a_loss_that_is_thrown_away_vouches_for_no_other(tmp_path: Path) -> None:
    ends = """
tokenizer.pad_token = tokenizer.eos_token
batch = tokenizer(["a" + tokenizer.eos_token, "b c" + tokenizer.eos_token], padding=True, return_tensors="pt")["input_ids"]
out = lm(input_ids=batch, labels=batch)
F.cross_entropy(out.logits[:, :-1].transpose(1, 2), batch[:, 1:], ignore_index=tokenizer.pad_token_id).backward()
"""
    assert "SG203" in codes(checked(HEAD + ends, tmp_path))


@pytest.mark.parametrize(
    ("last", "found"),
    [("out.logits.argmax(-1)", []), ("out.loss", ["SG201"]), ("out", ["SG201"]), ("lm(input_ids=ids, labels=ids)", ["SG201"])],
)
def test_a_later_cell_reads_it(last: str, found: list[str], tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in (HEAD, OUT, last)]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert codes(checked(notebook, tmp_path, ".ipynb")) == found
