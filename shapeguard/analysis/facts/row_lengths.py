"""Lengths of rows that differ: the largest of them is longer than some row, and whoever writes each one down says that they differ."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim, Sym
from shapeguard.analysis.facts.steps import Step

_largest: set[Sym] = set()
_noted: dict[Sym, Step] = {}


def largest(found: Dim) -> Dim:
    """The size, remembered to be the largest of many."""
    if found.sym is not None:
        _largest.add(found.sym)
    return found


def is_largest(size: Dim) -> bool:
    """Whether a size is the largest of many, or more than that by a number that is written out."""
    return any(sym in _largest for sym in size.symbols)


def note(length: Dim, step: Step) -> None:
    """Remember that a length was written down row by row, and where."""
    if length.sym is not None:
        _noted[length.sym] = step


def noted(length: Dim) -> Step | None:
    """Where the length of each row was written down beside the rows; None where that was not seen."""
    return next((_noted[sym] for sym in length.symbols if sym in _noted), None)
