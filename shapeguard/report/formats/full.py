"""`full`: for people, a frame for every finding, with the lines that it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.lint.engine import Result
from shapeguard.report import prose
from shapeguard.report.formats import Writer
from shapeguard.report.sources import Sources


def findings(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """A frame for every finding."""
    for finding in result.findings:
        yield from prose.finding_frame(finding, sources, prose.painter(colour, finding.severity))
        yield ""


WRITER = Writer(findings=findings, statistics=prose.statistics)
