"""What is wrong with the values of an argument, as a check tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the values at `path`; `verdict` ends the sentence "loss() got ..."."""

    path: str
    verdict: str
    lines: tuple[str, ...] = ()
    fix: str | None = None
