"""Losses that are written by hand: rows where what they yield is taken for a loss, and none elsewhere."""

from __future__ import annotations

from textwrap import indent

import pytest

from shapeguard.analysis.facts.taken import called_loss
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F

model, other = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9)), nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9))


def {name}(ids, y, reward, old):
    logits = model(ids)
    logp = logits.log_softmax(-1)
    picked = logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)
"""
TAKEN = {
    "goes back": ("step", "picked.mean().neg().backward()", "gather"),
    "is called a loss": ("step", "loss = -picked", "gather"),
    "is an attribute that is called a loss": ("step", "step.nll_loss = -picked", "gather"),
    "is handed on as a loss": ("step", "return dict(loss=-picked)", "gather"),
    "is an item that is called a loss": ("step", "return {'loss': -picked}", "gather"),
    "is the mean that is returned": ("step", "return -picked.mean()", "gather"),
    "is returned over a count": ("step", "return -(picked * (y != 0)).sum() / (y != 0).sum()", "gather"),
    "is what a loss gives": ("sequence_loss", "return -picked", "gather"),
    "is the first of what a loss gives": ("sequence_loss", "return -picked, y", "gather"),
    "is multiplied by -1": ("step", "return (picked * -1).mean()", "gather"),
    "is capped": ("step", "loss = (-picked).clamp(max=5.0).mean()", "gather"),
    "is one of two": ("step", "loss = (-picked + F.cross_entropy(logits.transpose(1, 2), y, reduction='none')).mean()", "gather"),
    "weighs a distribution": ("step", "return -(other(ids).softmax(-1) * logp).sum(-1).mean()", "p * log_probs"),
    "weighs minus a distribution": ("step", "return (-other(ids).softmax(-1) * logp).sum(-1).mean()", "p * log_probs"),
    "is a divergence that is returned": ("step", "return F.kl_div(logp, other(ids).softmax(-1), reduction='batchmean')", "F.kl_div"),
}
LEFT = {
    "is a score": ("score", "return picked.sum(-1)"),
    "is a mean score": ("score", "return picked.mean()"),
    "is minus a score of each row": ("score", "return -picked.sum(-1)"),
    "is weighed by a reward": ("step", "loss = -(picked * reward).mean()\nloss.backward()"),
    "is weighed by a reward of the row": ("step", "loss = -(picked.sum(-1) * reward).mean()\nloss.backward()"),
    "is summed and weighed by a reward": ("step", "(-picked.sum() * reward).backward()"),
    "is compared with an old one": ("step", "loss = -torch.exp(picked - old).mean()\nloss.backward()"),
    "is compared with another": ("step", "loss = -F.logsigmoid(picked - old).mean()\nloss.backward()"),
    "is an entropy": ("step", "loss = (logits.softmax(-1) * logp).sum(-1).mean()\nloss.backward()"),
    "is an entropy of its exponential": ("step", "loss = -(logp.exp() * logp).sum(-1).mean()\nloss.backward()"),
    "is an entropy of its logarithm": ("step", "p = logits.softmax(-1)\nloss = -(p * p.log()).sum(-1).mean()\nloss.backward()"),
    "is the best few": ("step", "loss = -logp.gather(-1, logp.topk(3, -1).indices).mean()"),
    "is of other positions": ("step", "loss = -logp.gather(1, y[:, :1, None].expand(-1, -1, 9)).mean()"),
    "is a divergence that nobody takes": ("step", "moved = F.kl_div(logp, other(ids).softmax(-1))"),
}


def spelled(name: str, body: str) -> list[str]:
    source = HEAD.format(name=name) + indent(body, "    ") + "\n"
    found = analyse(Project("/nonexistent", lambda _: source.encode()), ["/nonexistent/program.py"])
    assert not found.failures, found.failures
    return [entry.spelling for entry in found.entries if entry.spelling != "F.cross_entropy"]


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_for_a_loss_is_a_row(what: str) -> None:
    name, body, spelling = TAKEN[what]
    assert spelled(name, body) == [spelling]


@pytest.mark.parametrize("what", LEFT)
def test_what_nobody_takes_for_a_loss_is_no_row(what: str) -> None:
    assert spelled(*LEFT[what]) == []


@pytest.mark.parametrize("name", ["loss", "nll", "LabelSmoothingLoss", "maskNLLLoss", "cross_entropy", "ce", "total_loss_2", "xent"])
def test_names_of_losses(name: str) -> None:
    assert called_loss(name)


@pytest.mark.parametrize("name", ["log_probs", "score", "entropy", "face", "once", "policy", "kl"])
def test_names_of_other_things(name: str) -> None:
    assert not called_loss(name)
