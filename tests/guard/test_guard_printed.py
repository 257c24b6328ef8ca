"""The guard that the docstring of `runtime.compile` shows is the one that is made."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from jaxtyping import Float, Int
from torch import Tensor

from shapeguard import guard
from shapeguard.runtime import compile as compiled


def shown() -> str:
    """The lines of code behind the last paragraph of the docstring."""
    return textwrap.dedent((compiled.__doc__ or "").partition("does not fit:\n\n")[2]).rstrip() + "\n"


def test_the_guard_of_the_docstring_is_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    source = compiled.source

    def kept(*args: Any) -> tuple[str, dict[str, Any]]:
        found = source(*args)
        made.append(found[0])
        return found

    monkeypatch.setattr(compiled, "source", kept)

    @guard(mode="values, raise")
    def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
        return logits.sum()

    assert made == [shown()]
