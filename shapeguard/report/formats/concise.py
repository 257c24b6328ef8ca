"""`concise`: for people and editors, one line a finding."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.lint.engine import Result
from shapeguard.printable import plain
from shapeguard.report import prose
from shapeguard.report.formats import Writer
from shapeguard.report.sources import Sources


def findings(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """One line a finding."""
    for f in result.findings:
        head = prose.painter(colour)(f.code, f.severity)
        level = "" if f.severity == "error" else f" ({f.severity})"
        yield f"{sources.at(f.place)}: {head} {f.name}{level}: {plain(f.message)}"


WRITER = Writer(findings=findings, statistics=prose.statistics)
