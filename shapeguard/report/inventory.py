"""The inventory for programs and for pages: JSON, one object a loss, and a table in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shapeguard.lint.engine import Result
from shapeguard.lint.rows import Row
from shapeguard.printable import plain
from shapeguard.report.machine import span
from shapeguard.report.sources import Sources
from shapeguard.report.text import counted


def as_json(result: Result, sources: Sources) -> Iterator[str]:
    """A list of objects, pure ASCII."""
    yield json.dumps([_object(row, sources) for row in _ordered(result)], indent=2)


def as_markdown(result: Result, sources: Sources) -> Iterator[str]:
    """A table, and the line that counts."""
    yield "| loss | written as | verdict | counts | ignores | divides by | is the padding in it? |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in _ordered(result):
        said = ", ".join(row.codes) + (", silenced" if row.silenced else "") if row.codes else "; ".join(row.missing)
        cells = (sources.at(row.place), row.spelling, row.verdict + (f": {said}" if said else ""))
        told = (row.counts, row.ignores, row.divides, row.padding)
        yield "| " + " | ".join(_cell(text or "") for text in (*cells, *told)) + " |"
    yield ""
    yield _cell(counted(result))


def _ordered(result: Result) -> list[Row]:
    return sorted(result.rows, key=lambda row: row.order)


def _object(row: Row, sources: Sources) -> dict[str, Any]:
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


def _cell(text: str) -> str:
    """A text that ends no cell, begins no markup, and stays on its line."""
    escaped = "".join(f"\\{c}" if c in "\\|`*_<>[]" else c for c in text)
    return plain(" ".join(escaped.split()))
