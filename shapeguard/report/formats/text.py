"""`text`: for people, the inventory with one line a loss."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.lint.engine import Result
from shapeguard.report import prose
from shapeguard.report.formats import Writer
from shapeguard.report.sources import Sources


def inventory(result: Result, sources: Sources) -> Iterator[str]:
    """A line a loss, and the line that counts."""
    yield from prose.losses(result, sources)
    yield from prose.summary(result, sources)


WRITER = Writer(inventory=inventory)
