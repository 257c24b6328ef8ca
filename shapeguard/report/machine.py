"""Reports for programs: JSON with ruff's keys and our own, and annotations for GitHub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shapeguard.analysis.facts.steps import Place
from shapeguard.lint.engine import Result
from shapeguard.lint.finding import Finding
from shapeguard.printable import pieces
from shapeguard.report.sources import Sources


def as_json(result: Result, sources: Sources) -> Iterator[str]:
    """A list of objects, pure ASCII."""
    yield json.dumps([_object(f, sources) for f in result.findings], indent=2)


def statistics(result: Result) -> Iterator[str]:
    """A list of {code, name, count}."""
    counted = Counter((f.code, f.name) for f in result.findings)
    rows = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    yield json.dumps([{"code": code, "name": name, "count": n} for (code, name), n in rows], indent=2)


def github(result: Result, sources: Sources) -> Iterator[str]:
    """One workflow command a finding."""
    level = {"error": "error", "warning": "warning", "info": "notice"}
    for f in result.findings:
        p = f.place
        keys = {"title": f"shapeguard ({f.code})", "file": sources.name(p.path), "line": p.row, "col": p.col, "endLine": p.end_row}
        if p.end_row == p.row:
            keys["endColumn"] = p.end_col
        cell = ""
        if p.cell is not None:  # GitHub knows no cells: the row would be that of the JSON
            keys = {"title": keys["title"], "file": keys["file"]}
            cell = f"cell {p.cell}:{p.row}:{p.col}: "
        told = ",".join(f"{k}={_escape(str(v), ':,')}" for k, v in keys.items())
        text = f"{cell}{f.code} {f.name}: {f.message}" + (f"\nhelp: {f.help}" if f.help else "")
        yield f"::{level[f.severity]} {told}::{_escape(text)}"


def _escape(text: str, more: str = "") -> str:
    """As GitHub reads it back: line ends stay what they are, other characters that are not seen are escaped."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" or c in more else shown for c, shown in zip(text, pieces(text), strict=True))


def _object(finding: Finding, sources: Sources) -> dict[str, Any]:
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
