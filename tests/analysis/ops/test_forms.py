"""A method and its function are one operation: what is asked of one by name is asked of the other."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

import shapeguard.analysis.survey.run  # noqa: F401  (fills the table)
from shapeguard.analysis.ops.table import ALIASES, APART, CALLS, TENSOR_METHODS, as_method
from shapeguard.lint.engine import check_source

HOMES = {"torch": torch, "torch.nn.functional": torch.nn.functional}


def functions(method: str) -> list[str]:
    """The functions of torch that a method has by its name."""
    found = [f"{home}.{method}" for home, module in HOMES.items() if callable(getattr(module, method, None))]
    return [name for name in found if not inspect.isclass(getattr(HOMES[name.rpartition(".")[0]], method))]


def apart() -> list[str]:
    """The functions that are another operation than the method of their name, or none at all."""
    return [f for m, op in TENSOR_METHODS.items() for f in functions(m) if CALLS.get(ALIASES.get(f, f)) is not op]


def test_every_method_that_torch_has_as_a_function_is_that_operation() -> None:
    assert sorted(set(apart()) - set(APART)) == []
    assert sorted(set(APART) - set(apart())) == [], "a reason that is not needed any more"


def test_every_function_that_torch_has_as_a_method_is_that_operation() -> None:
    names = [n for n in CALLS if n.startswith("torch.") and n.count(".") == 1 and hasattr(torch.Tensor, n[6:])]
    assert len(names) > 180
    assert sorted(n for n in names if n not in APART and as_method(n) != n[6:]) == []


def test_an_operation_that_is_apart_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CALLS, "torch.gather", CALLS["torch.take"])
    assert "torch.gather" in set(apart()) - set(APART)


def test_numpy_shares_what_it_shares() -> None:
    shared = [n for n in CALLS if n.startswith("numpy.") and as_method(n)]
    assert {"numpy.sum", "numpy.any", "numpy.reshape"} <= set(shared)
    assert all(hasattr(np, n[6:]) for n in shared)


PROGRAM = """
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

rows = [torch.randint(1, 9, (n,)) for n in (6, 4, 3)]
y = pad_sequence(rows, batch_first=True)
log_probs = F.log_softmax(torch.nn.Linear(8, 9)(torch.randn(3, 6, 8)), -1)
nll = -{}
nll.mean().backward()
"""


@pytest.mark.parametrize(
    "form",
    [
        "log_probs.gather(-1, y.unsqueeze(-1))",
        "torch.gather(log_probs, -1, y.unsqueeze(-1))",
        "torch.gather(input=log_probs, dim=2, index=torch.unsqueeze(y, -1))",
        "torch.squeeze(torch.gather(log_probs, 2, y[..., None]), -1)",
        "torch.Tensor.gather(log_probs, -1, y.unsqueeze(-1))",
    ],
)
def test_a_loss_is_one_in_either_form(form: str) -> None:
    assert [f.code for f in check_source(PROGRAM.format(form))] == ["SG201"]
