"""The guard against jaxtyping with beartype on random signatures, and the differences that are meant."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import warnings
from typing import Any, TypedDict

import pytest
import torch
from beartype import beartype
from jaxtyping import AnnotationError, Float, Int, TypeCheckError, jaxtyped
from torch import Tensor

from shapeguard import ShapeError, guard
from shapeguard.runtime import match
from tests.guard import guard_fuzz


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


@pytest.mark.slow
def test_it_agrees_with_jaxtyping_and_its_slow_check_with_its_fast_one() -> None:
    seen, disagreements = guard_fuzz.run(10_000, 20_240_607)
    assert disagreements == []
    assert seen["guard refused"] > 2_000
    assert seen["guard passed"] > 4_000
    assert seen["jaxtyping order"] < 2_500


def test_the_fuzz_sees_a_wrong_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "rank", lambda spec, slot: None)
    with pytest.raises((AssertionError, IndexError)):
        assert guard_fuzz.run(300, 1)[1] == []


@dataclasses.dataclass
class Data:
    x: Float[Tensor, "B"]


class Dict(TypedDict):
    x: Float[Tensor, "B"]


def deferred(x: Float[Tensor, "T-1"], y: Float[Tensor, "T"]) -> None: ...
def absent(x: Float[Tensor, "T"] | None, y: Float[Tensor, "T-1"]) -> None: ...
def several(xs: list[Float[Tensor, "B"]], y: Float[Tensor, "B"]) -> None: ...
def fields(d: Data, y: Float[Tensor, "B"]) -> None: ...
def keys(d: Dict, y: Float[Tensor, "B"]) -> None: ...
def none(x: Float[Tensor, "B"] = None) -> None: ...  # type: ignore[assignment]
def attribute(o: Any, x: Float[Tensor, "o.d"]) -> None: ...
async def waited(x: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
    return x


def text(x: Float[Tensor, "{s}"], s: str) -> None: ...


# name, function, arguments, what the guard does, what jaxtyping with beartype does
MEANT: list[tuple[str, Any, tuple[Any, ...], str, str]] = [
    ("an expression waits for its names, jaxtyping reads from left to right", deferred, (f(2), f(3)), "passed", "AnnotationError"),
    ("an absent argument binds nothing, so nothing can contradict it", absent, (None, f(3)), "passed", "AnnotationError"),
    ("every item of a list is looked at, beartype looks at a random one", several, ([f(2), f(3)] * 50, f(2)), "refused", "either"),
    ("the fields of a dataclass are looked at, beartype asks for the class only", fields, (Data(f(3)), f(2)), "refused", "passed"),
    ("the keys of a TypedDict are looked at", keys, ({"x": f(3)}, f(2)), "refused", "passed"),
    ("a default of None makes the hint optional, as it was written before Optional", none, (None,), "passed", "refused"),
    ("the attribute of an argument needs no braces", attribute, (torch.nn.Module(), f(3)), "AttributeError", "AnnotationError"),
    ("an f-string that gives text is no size", text, (f(2), "B"), "refused", "AnnotationError"),
]


@pytest.mark.parametrize("why, fn, arguments, ours, theirs", MEANT, ids=[m[0] for m in MEANT])
def test_meant_differences(why: str, fn: Any, arguments: tuple[Any, ...], ours: str, theirs: str) -> None:
    def outcome(call: Any) -> str:
        try:
            call(*arguments)
        except (ShapeError, TypeCheckError):
            return "refused"
        except (AnnotationError, AttributeError) as error:
            return type(error).__name__
        return "passed"

    assert outcome(guard(fn)) == ours
    assert theirs in ("either", outcome(jaxtyped(fn, typechecker=beartype)))


def test_coroutines_are_checked_by_what_they_give() -> None:
    assert asyncio.run(guard(waited)(f(2))).shape == (2,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the coroutine that is never awaited
        with pytest.raises(TypeCheckError):
            asyncio.run(jaxtyped(waited, typechecker=beartype)(f(2)))
        gc.collect()


def test_ids_of_two_kinds_in_one_union() -> None:
    @guard
    def either(x: Float[Tensor, "A B"] | Int[Tensor, "B A"], y: Float[Tensor, "A"]) -> None: ...

    either(f(2, 3), f(2))
    either(torch.zeros(3, 2, dtype=torch.long), f(2))
    with pytest.raises(ShapeError):
        either(f(3, 2), f(2))
