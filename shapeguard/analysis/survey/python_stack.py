"""Room for the frames of deep Python code, held while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_SLOTS = 2**16 + 2**10  # more than half of 2**17 slots of 8 bytes: Python then takes 1 MiB, and the other half is left to what is called


def with_deep_stack(run: Callable[[], T]) -> T:
    """Calls a function where its frames find room.

    CPython keeps frames in chunks of 16 KiB, and hands a chunk back to the system as soon as its first frame is left. Code that
    goes to and fro over the end of a chunk asks the kernel for memory at each step; for an interpreter that is a tenth of its time.
    A frame that is itself large makes Python take one large chunk, for itself and for the frames above it.
    """
    return run()


with_deep_stack.__code__ = with_deep_stack.__code__.replace(co_stacksize=_SLOTS)
