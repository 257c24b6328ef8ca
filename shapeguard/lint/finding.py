"""What a run says of one place: a finding, as plain data that every report is written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shapeguard.analysis.facts.steps import Place
from shapeguard.rule import Fix

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One place that led to a finding, with its margin note."""

    place: Place
    message: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place; `calls` are the call sites through which the loss was reached, outermost first."""

    code: str
    name: str
    severity: Severity
    message: str
    place: Place
    sure: bool = True
    because: tuple[Reason, ...] = ()
    calls: tuple[Place, ...] = ()
    help: str = ""
    fix: Fix | None = None  # printed, and written to no file yet
    rests_on: frozenset[str] = frozenset()  # the files that it rests on: a change of one of them may have made it

    @property
    def order(self) -> tuple[str, int, int, int, str]:
        """Findings are shown by file, cell, row, column and code."""
        p = self.place
        return (p.path, -1 if p.cell is None else p.cell, p.row, p.col, self.code)
