"""The guard under threads: no call passes unchecked while another one makes the checks."""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from shapeguard import ShapeError, guard, install

THREADS = 8
WRONG = (torch.zeros(2, 3, 4), torch.zeros(3, 2, dtype=torch.long))


@pytest.fixture(autouse=True)
def _in_short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def function() -> Callable[..., Any]:
    """Guarded when its names are not known yet; each time a new one."""

    @guard
    def loss(logits: Scores, targets: Ids) -> Scores:
        assert Scores is not Ids  # they are in its closure
        return logits

    Scores = Float[Tensor, "B T V"]
    Ids = Int[Tensor, "B T"]
    return loss


def coroutine() -> Callable[..., Any]:
    @guard
    async def loss(logits: Scores, targets: Ids) -> Scores:
        assert Scores is not Ids
        return logits

    Scores = Float[Tensor, "B T V"]
    Ids = Int[Tensor, "B T"]
    return lambda *given: asyncio.run(loss(*given))


def generator() -> Callable[..., Any]:
    @guard
    def losses(logits: Scores, targets: Ids) -> Iterator[Scores]:
        assert Scores is not Ids
        yield logits

    Scores = Float[Tensor, "B T V"]
    Ids = Int[Tensor, "B T"]
    return lambda *given: list(losses(*given))


def async_generator() -> Callable[..., Any]:
    @guard
    async def losses(logits: Scores, targets: Ids) -> AsyncIterator[Scores]:
        assert Scores is not Ids
        yield logits

    async def all_of(*given: Tensor) -> list[Tensor]:
        return [loss async for loss in losses(*given)]

    Scores = Float[Tensor, "B T V"]
    Ids = Int[Tensor, "B T"]
    return lambda *given: asyncio.run(all_of(*given))


def defaults() -> Callable[..., Any]:
    """Its own defaults come with its checks, and not before."""

    @guard
    def loss(logits: Scores, targets: Ids = WRONG[1], *, more: Ids = WRONG[1]) -> Scores:
        assert Scores is not Ids
        return logits

    Scores = Float[Tensor, "B T V"]
    Ids = Int[Tensor, "B T"]
    return lambda logits, _: loss(logits)


def passed(make: Callable[[], Callable[..., Any]], rounds: int, calls: int) -> tuple[int, int]:
    """How many wrong calls from all threads at once were made, and how many of them were not refused."""
    made, through = [0] * THREADS, [0] * THREADS
    other: list[BaseException] = []
    for _ in range(rounds):
        fn, start = make(), threading.Barrier(THREADS)

        def work(i: int, fn: Callable[..., Any] = fn, start: threading.Barrier = start) -> None:
            start.wait()
            for _ in range(calls):
                try:
                    made[i] += 1
                    fn(*WRONG)
                    through[i] += 1
                except ShapeError:
                    pass
                except BaseException as error:
                    other.append(error)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert other == []
    return sum(made), sum(through)


def test_no_wrong_call_passes_while_another_makes_the_checks() -> None:
    assert passed(function, rounds=125, calls=10) == (10_000, 0)


@pytest.mark.parametrize("make", [coroutine, generator, async_generator, defaults])
def test_no_wrong_call_passes_in_any_form(make: Callable[[], Callable[..., Any]]) -> None:
    assert passed(make, rounds=20, calls=2) == (320, 0)


def test_a_package_is_installed_while_other_threads_import() -> None:
    done = threading.Event()

    def imports() -> None:
        while not done.is_set():
            for i in range(50):
                sys.modules[f"made_by_a_thread_{i}"] = sys
            for i in range(50):
                del sys.modules[f"made_by_a_thread_{i}"]

    thread = threading.Thread(target=imports)
    thread.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(50):
                with install("no_package_of_this_name"):
                    pass
    finally:
        done.set()
        thread.join()
