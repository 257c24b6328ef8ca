"""`github`: a workflow command a finding, which GitHub shows as an annotation."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.lint.engine import Result
from shapeguard.printable import pieces
from shapeguard.report import prose
from shapeguard.report.formats import Writer
from shapeguard.report.sources import Sources


def findings(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """One workflow command a finding, which knows no colours."""
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
        parameters = ",".join(f"{k}={_escape(str(v), ':,')}" for k, v in keys.items())
        said = f"{cell}{f.code} {f.name}: {f.message}" + (f"\nhelp: {f.help}" if f.help else "")
        yield f"::{level[f.severity]} {parameters}::{_escape(said)}"


def _escape(text: str, more: str = "") -> str:
    """As GitHub reads it back: line ends stay what they are, other characters that are not seen are escaped."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" or c in more else shown for c, shown in zip(text, pieces(text), strict=True))


WRITER = Writer(findings=findings, statistics=prose.statistics)
