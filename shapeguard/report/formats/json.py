"""`json`: a list of objects, pure ASCII; findings have ruff's keys and our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shapeguard.analysis.facts.steps import Place
from shapeguard.lint.engine import Result
from shapeguard.lint.finding import Finding
from shapeguard.lint.rows import Row
from shapeguard.report.formats import Writer
from shapeguard.report.sources import Sources


def findings(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """An object a finding, which knows no colours."""
    yield json.dumps([_finding(f, sources) for f in result.findings], indent=2)


def statistics(result: Result) -> Iterator[str]:
    """A list of {code, name, count}."""
    yield json.dumps([{"code": code, "name": name, "count": n} for code, name, n in result.counts()], indent=2)


def inventory(result: Result, sources: Sources) -> Iterator[str]:
    """An object a loss."""
    yield json.dumps([_row(row, sources) for row in sorted(result.rows, key=lambda row: row.order)], indent=2)


def _finding(finding: Finding, sources: Sources) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        **span(finding.place, sources),
        "message": finding.message,
        "severity": finding.severity,
        "fix": _fix(finding, sources),
        "url": None,
        "sure": finding.sure,
        "because": [{**span(r.place, sources), "message": r.message, "shape": r.shape or None} for r in finding.because],
        "calls": [span(c, sources) for c in finding.calls],
        "rests_on": sorted(sources.name(path) for path in finding.rests_on),
    }


def _row(row: Row, sources: Sources) -> dict[str, Any]:
    place = span(row.place, sources)
    return {
        "filename": place["filename"],
        "location": place["location"],
        "end_location": place["end_location"],
        "cell": row.place.cell,
        "spelling": row.spelling,
        "verdict": row.verdict,
        "counts": row.counts,
        "ignores": row.ignores,
        "divides": row.divides,
        "padding": row.padding,
        "shift": row.shift,
        "codes": list(row.codes),
        "missing": list(row.missing),
        "calls": [span(call, sources) for call in row.calls],
        "silenced": row.silenced,
    }


def span(place: Place, sources: Sources) -> dict[str, Any]:
    """A stretch of source, with ruff's keys; `cell` only where there is one."""
    cell = {} if place.cell is None else {"cell": place.cell}
    return {
        "filename": sources.name(place.path),
        **cell,
        "location": {"row": place.row, "column": place.col},
        "end_location": {"row": place.end_row, "column": place.end_col},
    }


def _fix(finding: Finding, sources: Sources) -> dict[str, Any] | None:
    """As ruff writes it; the edit is left out where the fix cannot be written into this call."""
    fix, new = finding.fix, sources.fixed(finding)
    if fix is None:
        return None
    edits = [] if new is None else [{"content": new, **span(fix.at.place, sources)}]
    return {"applicability": "unsafe", "message": fix.description, "edits": edits}


WRITER = Writer(findings=findings, statistics=statistics, inventory=inventory, alone=True)
