"""Losses that are 0 where the padding stands are masked, however that is written: torch gives the right number, and no rule speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

torch = pytest.importorskip("torch")

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

torch.manual_seed(0)
PAD = 0
emb, gru, head = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)
ids = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True)
y = ids[:, 1:]
logits = head(gru(emb(ids[:, :-1]))[0])
n = (y != PAD).sum().clamp(min=1)
"""
UNREDUCED = 'nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")\n'
FLAT = 'nll = F.cross_entropy(logits.reshape(-1, 20), y.reshape(-1), reduction="none")\n'
PICKED = "logp = logits.log_softmax(-1)\nt = y.unsqueeze(-1)\nnll = -logp.gather(dim=-1, index=t)\n"
MEAN = "loss = F.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD)\n"
DIVIDED = "\nloss = nll.sum() / n\nloss.backward()"

# what is done to the losses between the call and the sum
ZEROED = {
    "an item": "nll[y == PAD] = 0.0",
    "an item, whole number": "nll[y == PAD] = 0",
    "an item, by eq": "nll[y.eq(PAD)] = 0",
    "an item, inverted": "nll[~(y != PAD)] = 0.0",
    "an item, below one": "nll[y < 1] = 0.0",
    "an item, a tensor": "nll[y == PAD] = torch.tensor(0.0)",
    "an item, zeros of its own": "nll[y == PAD] = torch.zeros_like(nll[y == PAD])",
    "an item, where it stands": "nll[torch.where(y == PAD)] = 0",
    "an item, through data": "nll.data[y == PAD] = 0",
    "an item, through a slice": "nll[:, :][y == PAD] = 0",
    "an item, through a view": "nll.view(-1)[y.reshape(-1) == PAD] = 0",
    "an item, through a name for a view": "flat = nll.view(-1)\nflat[y.reshape(-1) == PAD] = 0",
    "an item, seen through a view": "flat = nll.view(-1)\nnll[y == PAD] = 0\nnll = flat",
    "an item, row by row": "for i in range(len(y)):\n    row = nll[i]\n    row[y[i] == PAD] = 0",
    "an item, behind the lengths": "for i, k in enumerate((y != PAD).sum(1).tolist()):\n    nll[i, k:] = 0",
    "masked_fill": "nll = nll.masked_fill(y == PAD, 0)",
    "masked_fill, float": "nll = nll.masked_fill(y == PAD, 0.0)",
    "masked_fill, by keyword": "nll = nll.masked_fill(mask=y.eq(PAD), value=0.0)",
    "masked_fill of torch": "nll = torch.masked_fill(nll, y == PAD, 0.0)",
    "masked_fill in place": "nll.masked_fill_(y == PAD, 0.0)",
    "masked_fill in place, through data": "nll.data.masked_fill_((y == PAD).data, 0.0)",
    "where": "nll = torch.where(y == PAD, 0.0, nll)",
    "where, the other way round": "nll = torch.where(y != PAD, nll, 0.0)",
    "where, a tensor": "nll = torch.where(y == PAD, torch.tensor(0.0), nll)",
    "where, zeros": "nll = torch.where(y.ne(PAD), nll, torch.zeros_like(nll))",
    "where, new zeros": "nll = torch.where(y.eq(PAD), nll.new_zeros(1), nll)",
    "where, full": "nll = torch.where(y.eq(PAD), torch.full_like(nll, 0.0), nll)",
    "where, itself times 0": "nll = torch.where(y.eq(PAD), nll * 0, nll)",
    "where, as a method": "nll = nll.where(y != PAD, torch.tensor(0.0))",
    "times": "nll = nll * (y != PAD)",
    "times, as floats": "nll = nll * (y != PAD).float()",
    "times what is left of 1": "nll = nll * (1 - y.eq(PAD).float())",
    "times, in place": "nll *= y != PAD",
    "times, in place, as a method": "nll.mul_(y != PAD)",
    "some of them times 0": "nll[y == PAD] *= 0",
    "some of them times 0.0": "nll[y == PAD] *= 0.0",
    "index_fill": "nll = nll.view(-1).index_fill(0, y.reshape(-1).eq(PAD).nonzero().squeeze(1), 0.0)",
    "index_fill in place": "nll.view(-1).index_fill_(0, y.reshape(-1).eq(PAD).nonzero(as_tuple=True)[0], 0.0)",
    "index_put": "nll.index_put_((y == PAD,), torch.tensor(0.0))",
    "masked_scatter": "nll = nll.masked_scatter(y == PAD, torch.zeros_like(nll))",
    "less those at the padding": "nll = nll - nll * (y == PAD)",
    "a helper that writes": "def clear(losses, gold):\n    losses[gold == PAD] = 0\nclear(nll, y)",
    "a helper that multiplies": "def clear(losses, gold):\n    losses *= gold != PAD\nclear(nll, y)",
    "looked at, then written": "print(nll[y == PAD].mean().item())\nnll[y == PAD] = 0",
}
RIGHT = {name: UNREDUCED + how + DIVIDED for name, how in ZEROED.items()}
RIGHT |= {f"{name}: flat": FLAT + f"y = y.reshape(-1)\n{ZEROED[name]}" + DIVIDED for name in ("an item", "masked_fill in place", "where")}
# picked log-probabilities: a last axis of 1, and the mask with it
TALL = (
    "an item", "an item, where it stands", "masked_fill", "masked_fill in place", "where", "where, zeros", "times", "times, in place",
    "some of them times 0", "an item, through a view", "index_put", "less those at the padding",
)  # fmt: skip
RIGHT |= {f"{name}: picked": PICKED + "y = t\n" + ZEROED[name] + DIVIDED for name in TALL}
RIGHT |= {
    "picked, squeezed": PICKED + "nll = nll.squeeze(-1)\nnll[y == PAD] = 0" + DIVIDED,
    "picked, before the minus": (
        "lp = logits.log_softmax(-1).gather(-1, y.unsqueeze(-1)).squeeze(-1)\nlp[y == PAD] = 0\nloss = -lp.sum() / n"
    ),
    "picked, filled before the minus": (
        "lp = logits.log_softmax(-1).gather(2, y[..., None])[..., 0].masked_fill(y == PAD, 0.0)\nloss = -lp.sum() / n"
    ),
    "picked out of rows": (
        "logp = logits.log_softmax(-1).view(-1, 20)\nnll = -logp.gather(1, y.reshape(-1, 1))\nnll[y.reshape(-1, 1) == PAD] = 0" + DIVIDED
    ),
    "all log-probabilities": "lp = logits.log_softmax(-1) * (y != PAD).unsqueeze(-1)\nnll = -lp.gather(-1, y.unsqueeze(-1))" + DIVIDED,
    "rows of log-probabilities": "lp = logits.log_softmax(-1).clone()\nlp[y == PAD] = 0\nnll = -lp.gather(-1, y.unsqueeze(-1))" + DIVIDED,
    "the minus before and after": UNREDUCED + "nll = -nll\nnll[y == PAD] = 0\nnll = -nll" + DIVIDED,
    "nll_loss": ('nll = F.nll_loss(logits.log_softmax(-1).transpose(1, 2), y, reduction="none")\nnll[y == PAD] = 0' + DIVIDED),
    "less the sum at the padding": UNREDUCED + "loss = (nll.sum() - nll[y == PAD].sum()) / n\nloss.backward()",
    "row by row in place": UNREDUCED + "for i in range(3):\n    nll[i].masked_fill_(y[i] == PAD, 0)" + DIVIDED,
    "behind the lengths in place": (UNREDUCED + "for i, k in enumerate((y != PAD).sum(1).tolist()):\n    nll[i, k:].zero_()" + DIVIDED),
    "each of several": (
        'nlls = [F.cross_entropy(logits.transpose(1, 2), y, reduction="none") for _ in range(2)]\n'
        "for nll in nlls:\n    nll[y == PAD] = 0\nloss = sum(each.sum() for each in nlls) / (2 * n)"
    ),
    "under a key": 'out = {"nll": F.cross_entropy(logits.transpose(1, 2), y, reduction="none")}\n'
    'out["nll"][y == PAD] = 0\nloss = out["nll"].sum() / n',
    "not a number, then nanmean": UNREDUCED + 'loss = nll.masked_fill(y == PAD, float("nan")).nanmean()',
    "a mean that may be nan": MEAN + "loss = loss.masked_fill(torch.isnan(loss), 0.0)",
    "a mean that may be nan, by where": MEAN + "loss = torch.where(torch.isfinite(loss), loss, torch.zeros_like(loss))",
    "a mean where anything counts": MEAN + "loss = loss * (y != PAD).any()",
    "a mean where anything is counted": MEAN + "loss = torch.where(n > 0, loss, 0.0)",
    "rows cut to their lengths": UNREDUCED + "loss = sum(row[:k].sum() for row, k in zip(nll, (y != PAD).sum(1))) / n",
}

INVERTED, LATE, OVER_ALL = "SG209", "SG206", "SG301"
WRONG = {
    "inverted item": (INVERTED, UNREDUCED + "nll[y != PAD] = 0.0" + DIVIDED),
    "inverted masked_fill": (INVERTED, UNREDUCED + "nll = nll.masked_fill(y != PAD, 0)" + DIVIDED),
    "inverted where": (INVERTED, UNREDUCED + "nll = torch.where(y == PAD, nll, 0.0)" + DIVIDED),
    "inverted in place": (INVERTED, UNREDUCED + "nll *= y == PAD" + DIVIDED),
    "inverted, picked": (INVERTED, PICKED + "nll.masked_fill_(t.ne(PAD), 0.0)" + DIVIDED),
    "of another id": (INVERTED, UNREDUCED + "nll[y == 3] = 0.0" + DIVIDED),
    "of another id, picked": (INVERTED, PICKED + "nll[t == 3] = 0.0" + DIVIDED),
    "filled too late": (LATE, "nll = F.cross_entropy(logits.transpose(1, 2), y)\nloss = nll.masked_fill(y == PAD, 0).sum() / n"),
    "where too late": (LATE, "nll = F.cross_entropy(logits.transpose(1, 2), y)\nloss = torch.where(y != PAD, nll, 0.0).sum() / n"),
    "picked, too late": (LATE, PICKED + "loss = (nll.mean() * (t != PAD)).sum() / n"),
    "mean of an item": (OVER_ALL, UNREDUCED + "nll[y == PAD] = 0.0\nloss = nll.mean()"),
    "mean of where": (OVER_ALL, UNREDUCED + "loss = torch.where(y == PAD, 0.0, nll).mean()"),
    "mean of masked_fill": (OVER_ALL, UNREDUCED + "loss = nll.masked_fill(y == PAD, 0).mean()"),
    "mean in place": (OVER_ALL, UNREDUCED + "nll *= y != PAD\nloss = nll.mean()"),
    "mean of some times 0": (OVER_ALL, UNREDUCED + "nll[y == PAD] *= 0\nloss = nll.mean()"),
    "mean of what was picked": (OVER_ALL, PICKED + "nll.masked_fill_(t.eq(PAD), 0.0)\nloss = nll.mean()"),
    "a column": ("SG201", UNREDUCED + "nll[:, 0] = 0.0" + DIVIDED),
    "a column, row by row": ("SG201", UNREDUCED + "for i in range(3):\n    nll[i, 0] = 0" + DIVIDED),
    "a copy": ("SG201", UNREDUCED + "nll.clone()[y == PAD] = 0\nloss = nll.sum() / n\nloss.backward()"),
    "thrown away": ("SG201", UNREDUCED + "nll.masked_fill(y == PAD, 0)\nloss = nll.sum() / n\nloss.backward()"),
    "not at all": ("SG201", UNREDUCED + "loss = nll.mean()"),
    "not at all, picked": ("SG201", PICKED + "loss = nll.mean()"),
}


def found(source: str, folder: Path) -> list[Any]:
    path = folder / "program.py"
    path.write_text(HEAD + source + "\n")
    run = check_paths([str(path)], Settings(select=("ALL",)))
    assert not run.failures and run.rows
    return list(run.findings)


def value(source: str) -> tuple[float, float]:
    """The loss that a program makes, and the right one."""
    names: dict[str, Any] = {}
    exec(compile(HEAD + source, "program.py", "exec"), names)
    right = torch.nn.functional.cross_entropy(names["logits"].reshape(-1, 20), names["ids"][:, 1:].reshape(-1), ignore_index=0)
    return names["loss"].item(), right.item()


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str, tmp_path: Path) -> None:
    assert [f"{f.code} {f.message}" for f in found(RIGHT[name], tmp_path)] == []
    got, right = value(RIGHT[name])
    assert got == pytest.approx(right, rel=1e-5)


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, tmp_path: Path) -> None:
    code, source = WRONG[name]
    assert [f.code for f in found(source, tmp_path)] == [code]
    got, right = value(source)
    assert got != pytest.approx(right, rel=1e-3)


@pytest.mark.parametrize("name", [n for n, (_, source) in WRONG.items() if source.startswith(PICKED)])
def test_what_has_no_ignored_id_is_told_nothing_of_it(name: str, tmp_path: Path) -> None:
    (said,) = found(WRONG[name][1], tmp_path)
    assert "ignore_index" not in said.message + said.help
    assert "ignore_index" not in "".join(str(line) for line in said.because)
