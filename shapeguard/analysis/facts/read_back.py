"""What is read from a file on one way and made on the other: most likely the same, which the program once wrote there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.contents import Fill
from shapeguard.analysis.facts.steps import Step
from shapeguard.analysis.facts.values import UNKNOWN, Map, Num, Seq, Tensor, Value

_DEPTH = 4  # of containers


def read_or_made(read: Step, made: Value, depth: int = 0) -> Value | None:
    """The data that one way makes, in doubt because the other reads it; None where what is made says nothing of data."""
    if isinstance(made, Tensor):
        return replace(made, fills=_doubted(made.fills), unpadded=False, value=None, step=_step(read, made.step))
    if depth == _DEPTH:
        return None
    if isinstance(made, Seq):
        return _list(read, made, depth)
    if isinstance(made, Map):
        found = {key: read_or_made(read, value, depth + 1) for key, value in made.items}
        rest = None if made.rest is None else read_or_made(read, made.rest, depth + 1)
        if rest is None and not any(v is not None for v in found.values()):
            return None
        known = tuple((key, UNKNOWN if value is None else value) for key, value in found.items())
        return replace(made, items=known, rest=UNKNOWN if rest is None and made.rest is not None else rest)
    return None


def _list(read: Step, made: Seq, depth: int) -> Seq | None:
    if made.items == ():
        return None  # what a program begins with, and fills from the file
    facts: dict[str, Any] = {"fills": _doubted(made.fills), "unpadded": False, "step": _step(read, made.step)}
    if made.items is not None:
        items = [read_or_made(read, item, depth + 1) for item in made.items]
        if not any(item is not None for item in items):
            return replace(made, **facts) if made.fills else None
        return replace(made, items=tuple(UNKNOWN if item is None else item for item in items), elem=UNKNOWN, **facts)
    elem = read_or_made(read, made.elem, depth + 1)
    if elem is None and not (isinstance(made.elem, Num) and made.fills):
        return None
    return replace(made, elem=made.elem if elem is None else elem, **facts)


def _doubted(fills: tuple[Fill, ...]) -> tuple[Fill, ...]:
    return tuple(f if not f.step.sure else replace(f, step=replace(f.step, sure=False, parents=(f.step,))) for f in fills)


def _step(read: Step, made: Step | None) -> Step:
    return Step("read", read.site, "read from a file here, or made there", None, False, () if made is None else (made,))
