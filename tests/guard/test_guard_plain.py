"""What the guard says of names that others wrote prints on a terminal, and does nothing there."""

from __future__ import annotations

import warnings
from typing import Any, TypedDict

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from shapeguard import ShapeError, guard
from shapeguard.runtime import GuardWarning
from tests.report.test_plain import harmless

Odd = TypedDict("Odd", {"ids\x1b[2J": Float[Tensor, "B"], "x\n::error::y": Float[Tensor, "B"]})


@guard
def take(x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> None: ...


@guard
def taken(batch: Odd) -> None: ...


def lines(error: pytest.ExceptionInfo[ShapeError]) -> list[str]:
    found = str(error.value).split("\n")
    assert all(map(harmless, found)) and not any(line.lstrip().startswith("::") for line in found)
    return found


def test_the_file_of_the_caller() -> None:
    space: dict[str, Any] = {"take": take, "x": torch.ones(2), "y": torch.ones(3), "__name__": "train"}
    with pytest.raises(ShapeError) as error:
        exec(compile("take(x, y)", "folder/::error::\x1b[2J\u202e\n.py", "exec"), space)
    assert lines(error)[0].endswith("[::error::\\x1b[2J\\u202e\\n.py:1]")
    assert error.value.finding is not None and error.value.finding.caller == ("folder/::error::\x1b[2J\u202e\n.py", 1)


@pytest.mark.parametrize(
    "batch", [{}, {"\x1b]0;title\x07": 1, "a\nb": 2}, {"ids\x1b[2J": torch.ones(2), "x\n::error::y": torch.ones(3)}, {"ids\x1b[2J": "\x1b"}]
)
def test_the_keys_of_a_dict(batch: Any) -> None:
    with pytest.raises(ShapeError) as error:
        taken(batch)
    assert len(lines(error)) <= 12


def test_what_came_instead() -> None:
    class Odd:
        pass

    Odd.__name__ = "Odd\x1b[31m\n"
    with pytest.raises(ShapeError) as error:
        take(Odd(), torch.ones(2))  # type: ignore[arg-type]
    assert "Odd\\x1b[31m\\n" in "\n".join(lines(error))


def test_a_warning() -> None:
    def odd(x: Any) -> None: ...

    odd.__annotations__["x"] = "Float[Tensor, 'B'] | Nosuch\x1b"
    odd.__qualname__ = "odd\x1b[31m\n"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        guarded = guard(odd)
        guarded(torch.ones(2))
    assert all(harmless(str(w.message)) for w in told if issubclass(w.category, GuardWarning))
    assert told
