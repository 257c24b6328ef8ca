"""Parameters that are annotated with a class of the project: which objects they are, and which annotations say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths

NETWORK = """
import abc
from typing import Protocol, TypedDict
from torch import nn

class LM(nn.Module):
    def __init__(self, vocab=30):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(vocab, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, vocab)
    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])

class Other(LM):
    pass

class Scores(Protocol):
    def __call__(self, ids): ...

class Base(nn.Module, abc.ABC):
    @abc.abstractmethod
    def extra(self): ...
    def forward(self, ids):
        return LM()(ids)

class Batch(TypedDict):
    model: LM

class Deep(nn.Module):
    def __init__(self, inner: "Deep", model: LM):
        super().__init__()
        self.inner, self.model = inner, model
    def forward(self, ids):
        return self.model(ids)
"""
USE = """
from typing import TYPE_CHECKING, Annotated, Optional, Union
import typing as t
import torch
from torch.nn import functional as F
from network import LM, Other, Scores, Base, Batch, Deep
if TYPE_CHECKING:
    import network as net
    from network import LM as Model

def f(model: {annotation}):
    ids = torch.randint(0, 30, (4, 9))
    return F.cross_entropy(model(ids).transpose(1, 2), ids)
"""

OBJECTS = (
    "LM", '"LM"', "Optional[LM]", '"Optional[LM]"', 'Optional["LM"]', "LM | None", "Union[LM, None]", "t.Optional[LM]", "Annotated[LM, 7]",
    '"Model"', '"net.LM"', '"net.LM | None"', "Other", "Deep",
)  # fmt: skip
NOTHING = ("Scores", "Base", "Batch", "Union[LM, Other]", "LM | Other", "type[LM]", "list[LM]", '"Missing"', '"not an annotation"', "int")


def codes(folder: Path, annotation: str) -> list[str]:
    (folder / "network.py").write_text(NETWORK)
    (folder / "use.py").write_text(USE.format(annotation=annotation))
    result = check_paths([str(folder)], Settings())
    assert not result.failures
    return [f.code for f in result.findings]


@pytest.mark.parametrize("annotation", OBJECTS)
def test_an_object_of_the_class(annotation: str, tmp_path: Path) -> None:
    assert codes(tmp_path, annotation) == ["SG501"]


@pytest.mark.parametrize("annotation", NOTHING)
def test_what_names_no_single_class_says_nothing(annotation: str, tmp_path: Path) -> None:
    assert codes(tmp_path, annotation) == []


def test_fields_of_a_dataclass(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    source = """
from dataclasses import dataclass
import torch
from torch.nn import functional as F
from network import LM
@dataclass
class Run:
    model: LM
    next: "Run"
    def step(self):
        ids = torch.randint(0, 30, (4, 9))
        return F.cross_entropy(self.model(ids).transpose(1, 2), ids)
"""
    (tmp_path / "use.py").write_text(source)
    assert [f.code for f in check_paths([str(tmp_path)], Settings()).findings] == ["SG501"]


def test_what_a_caller_passes_wins(tmp_path: Path) -> None:
    call = """
class Seeing(LM):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = torch.nn.GRU(8, 8, batch_first=True, bidirectional=True), torch.nn.Linear(16, 30)
f(Seeing())
"""
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "use.py").write_text(USE.format(annotation="LM") + call)
    assert [f.code for f in check_paths([str(tmp_path)], Settings()).findings] == []
