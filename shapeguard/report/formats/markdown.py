"""`markdown`: the inventory as a table for pages."""

from __future__ import annotations

from collections.abc import Iterator

from shapeguard.lint.engine import Result
from shapeguard.printable import plain
from shapeguard.report.formats import Writer
from shapeguard.report.prose import counted
from shapeguard.report.sources import Sources


def inventory(result: Result, sources: Sources) -> Iterator[str]:
    """A table, and the line that counts."""
    yield "| loss | written as | verdict | counts | ignores | divides by | is the padding in it? |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in sorted(result.rows, key=lambda row: row.order):
        said = ", ".join(row.codes) + (", silenced" if row.silenced else "") if row.codes else "; ".join(row.missing)
        cells = (sources.at(row.place), row.spelling, row.verdict + (f": {said}" if said else ""))
        shown = (row.counts, row.ignores, row.divides, row.padding)
        yield "| " + " | ".join(_cell(text or "") for text in (*cells, *shown)) + " |"
    yield ""
    yield _cell(counted(result))


def _cell(text: str) -> str:
    """A text that ends no cell, begins no markup, and stays on its line."""
    escaped = "".join(f"\\{c}" if c in "\\|`*_<>[]" else c for c in text)
    return plain(" ".join(escaped.split()))


WRITER = Writer(inventory=inventory, alone=True)
