"""The comments of a source as the statements have them: at the end of a row, behind a parameter, directly above."""

from __future__ import annotations

import re
from typing import Any

from shapeguard.analysis.reading.lexical import NEWLINE, comments
from shapeguard.analysis.reading.spans import Span

_BEFORE_A_COMMENT = re.compile(r"[\s,)]*#")


class Remarks:
    """What is asked of the comments of one source, by rows and spans of its syntax."""

    def __init__(self, source: str) -> None:
        self._found = comments(source)
        self.any = bool(self._found)
        self._lines = NEWLINE.split(source)
        self._ascii = source.isascii()

    def text(self, at: Span) -> str:
        """What is written at a place."""
        row, col, end_row, end_col = at
        if row == end_row:
            return self._cut(row, col, end_col)
        return "\n".join([self._cut(row, col, None), *self._lines[row : end_row - 1], self._cut(end_row, 0, end_col)])

    def at_end(self, at: Span) -> str:
        """The comment at the end of the row where a statement ends."""
        return self._found.get(at[2], "")

    def behind(self, at: Span) -> str:
        """The comment that follows what stands at a place, with nothing but a comma or a bracket between."""
        row, end = at[2], at[3]
        found = self._found.get(row, "")
        return found if found and _BEFORE_A_COMMENT.match(self._cut(row, end, None)) else ""

    def of_header(self, node: Any, first: Any) -> str:
        """The comment behind the colon of a statement whose first block begins with `first`."""
        if not hasattr(first, "lineno"):
            first = first.pattern
        end = first.decorator_list[0].lineno if getattr(first, "decorator_list", None) else first.lineno
        for row in range(end - 1, node.lineno - 1, -1):
            if not self._bare(row):
                return self._found.get(row, "")
        return self._found.get(first.end_lineno, "")

    def above(self, row: int, col: int, behind_a_block: bool) -> str:
        """The comment lines directly above what stands at a row and column; what an empty line parts from it is not about it.

        Where a block ends above it, what is indented further belongs to that block.
        """
        found: list[str] = []
        if col and not self._lines[row - 1][:col].isspace():
            return ""  # it stands behind a colon
        row -= 1
        while row > 0 and row in self._found and self._bare(row):
            if behind_a_block and self._lines[row - 1][: col + 1].isspace():
                break
            found.append(self._found[row])
            row -= 1
        return "\n".join(reversed(found))

    def _bare(self, row: int) -> bool:
        """Whether no code stands in a row."""
        text = self._lines[row - 1].lstrip()
        return not text or text.startswith("#")

    def _cut(self, row: int, start: int, end: int | None) -> str:
        """A part of a row, by columns in bytes."""
        line = self._lines[row - 1]
        if self._ascii or line.isascii():
            return line[start:end]
        return line.encode()[start:end].decode("utf-8", "replace")
