"""A parameter that is annotated with a module of the project is one, where no other is derived from it."""

from __future__ import annotations

import pytest

from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse

PROGRAM = """
import torch.nn as nn
import torch.nn.functional as F


class Tagger(nn.Module):
    def __init__(self, words, tags):
        super().__init__()
        self.embed, self.head = nn.Embedding(words, 8), nn.Linear(8, tags)

    def forward(self, words):
        return self.head(self.embed(words))


{more}


def train(tagger: {name}, words, tags):
    loss = F.nll_loss(tagger(words), tags)
    loss.backward()
"""
DERIVED = "class Normed(Tagger):\n    def forward(self, words):\n        return super().forward(words).log_softmax(1)"
CALLED = "def main(tagger, words, tags):\n    train(tagger, words, tags)"


def scale(more: str = "", name: str = "Tagger") -> str:
    source = PROGRAM.format(more=more, name=name)
    found = analyse(Project("/nonexistent", lambda _: source.encode()), ["/nonexistent/program.py"])
    assert not found.failures, found.failures
    (loss,) = found.losses
    return loss.logits.scale


@pytest.mark.parametrize("name", ["Tagger", "'Tagger'"])
@pytest.mark.parametrize("more", ["", CALLED])
def test_it_is_an_object_of_its_class(name: str, more: str) -> None:
    assert scale(more, name) == "logits"


def test_it_may_be_another_where_others_are_derived() -> None:
    assert scale(DERIVED) == ""


@pytest.mark.parametrize("name", ["nn.Module", "Unseen"])
def test_nothing_is_known_of_another_annotation(name: str) -> None:
    assert scale(name=name) == ""
