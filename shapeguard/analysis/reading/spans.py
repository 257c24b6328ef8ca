"""Where a piece of Python's own syntax stands, as four integers: nothing else of its tree is kept."""

from __future__ import annotations

from typing import Any, TypeAlias

# row and column of the first character, then of the place behind the last: rows from 1, columns from 0 and in bytes
Span: TypeAlias = tuple[int, int, int, int]


def span(node: Any) -> Span:
    """The span of a node of `ast`."""
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
