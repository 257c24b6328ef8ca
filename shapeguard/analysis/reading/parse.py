"""Python files and notebooks -> modules: the statements that the interpreter runs, their comments and their places."""

from __future__ import annotations

import ast
import gc
import io
import os
import re
import sys
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import libcst as cst

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading import ast_statements
from shapeguard.analysis.reading.convert import convert, docstring
from shapeguard.analysis.reading.depth import TooDeep, measure
from shapeguard.analysis.reading.lexical import NEWLINE, code, comments
from shapeguard.analysis.reading.notebook import Cell, read_notebook
from shapeguard.analysis.reading.remarks import Remarks
from shapeguard.analysis.reading.spans import Span
from shapeguard.analysis.reading.syntax import Statement

_RECURSION = 20_000

_BROKEN_SPEC = re.compile(r"""\b[rR]?[fF][rR]?(["'])(?!\1\1).*\{[^{}"']*:(?:[^{}"']|\{[^{}"']*\})*$""")  # a format with no end
# what fills a template in: `{{ name }}`, `{% if name %}`
_TAG = re.compile(r"\{%-?\s*\w|\{\{-?\s*\w[^{}\r\n]*\}\}")


class Unparsable(Exception):
    """A file that could not be read: where reading stopped, and why; `wrong` where no Python reads it either."""

    def __init__(self, path: str, row: int, col: int, message: str, wrong: bool = True) -> None:
        super().__init__(path, row, col, message, wrong)
        self.path = path
        self.row = row
        self.col = col
        self.message = message
        self.wrong = wrong

    def __str__(self) -> str:
        return f"{self.path}:{self.row}:{self.col}: {self.message}"


@dataclass(eq=False)
class Module:
    """A parsed file. A folder without `__init__.py` is a module too: a package with an empty body."""

    path: str
    name: str = ""  # dotted, as the project imports it
    package: bool = False
    body: list[Statement] = field(default_factory=list, repr=False)
    doc: str = field(default="", repr=False)
    source: str = field(default="", repr=False)  # what was parsed; of a notebook, the joined and cleaned cells
    tree: cst.Module | None = field(default=None, repr=False)
    cells: list[Cell] = field(default_factory=list, repr=False)
    written: list[str] | None = field(default=None, repr=False)  # the lines of a notebook, before the cleaning

    @cached_property
    def comments(self) -> dict[int, str]:
        """The text behind the `#` of every row that has a comment; rows are those of `source`, see `source_row`."""
        return comments(self.source)

    @cached_property
    def lines(self) -> list[str]:
        """The rows of `source` as they were written."""
        return self.written if self.written is not None else NEWLINE.split(self.source)

    def line(self, row: int, cell: int | None = None) -> str:
        """One row as it was written, without its line end; "" where there is none."""
        at = self.source_row(row, cell)
        return self.lines[at - 1] if 0 < at <= len(self.lines) else ""

    def source_row(self, row: int, cell: int | None = None) -> int:
        """The row of `source` that holds a row of a place."""
        return row if cell is None else next((c.start + row - 1 for c in self.cells if c.index == cell), 0)

    def span(self, at: Any) -> Place:
        """Where a piece of syntax stands: `at` is its `at`."""
        row, col, end_row, end_col = self._rows_and_columns(at)
        if not self.cells:
            return Place(self.path, row, col, end_row, end_col)
        cell = self.cells[bisect_right(self.cells, row, key=lambda c: c.start) - 1]
        return Place(self.path, row - cell.start + 1, col, end_row - cell.start + 1, end_col, cell.index)

    def _rows_and_columns(self, at: Any) -> Span:
        """As `Place` has them: columns from 1, in characters."""
        if isinstance(at, tuple):
            row, col, end_row, end_col = at
            return row, self._characters(row, col), end_row, self._characters(end_row, end_col)
        where = self._positions[at]
        return where.start.line, where.start.column + 1, where.end.line, where.end.column + 1

    def _characters(self, row: int, col: int) -> int:
        line = self._parsed_lines[row - 1]
        return 1 + (col if line.isascii() else len(line.encode()[:col].decode()))

    @cached_property
    def _parsed_lines(self) -> list[str]:
        return NEWLINE.split(self.source)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, Any]:
        # resolving costs twice what parsing does, and most modules are never asked
        from libcst.metadata import MetadataWrapper, PositionProvider

        if self.tree is None:
            return {}
        with _building():
            positions: Mapping[cst.CSTNode, Any] = MetadataWrapper(self.tree, unsafe_skip_copy=True).resolve(PositionProvider)
        return positions


def parse_module(path: str, data: bytes, name: str = "", *, consulted: bool = False) -> Module:
    """Reads a Python file, or a notebook if the path ends in `.ipynb`; raises Unparsable.

    What is only consulted is read by Python's own parser where it can: the same statements, in a quarter of the time.
    """
    cells: list[Cell] = []
    written: list[str] | None = None
    if path.endswith(".ipynb"):
        with _unparsable(path), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = read_notebook(data)
        source, cells, written = notebook.source, notebook.cells, notebook.lines
    else:
        source = _decode(path, data)
    with _unparsable(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is a warning of the user's file, not of ours
        tree, body = _read(path, source, consulted)
    package = os.path.split(path)[1] == "__init__.py"
    return Module(path, name, package, body, docstring(body), source, tree, cells, written)


def _decode(path: str, data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        col = error.start - data.rfind(b"\n", 0, error.start)
        raise Unparsable(path, row, col, f"not {error.encoding} text: {error.reason}") from None
    except (SyntaxError, LookupError, ValueError) as error:
        raise Unparsable(path, 1, 1, str(error) or type(error).__name__) from None


def _read(path: str, source: str, consulted: bool) -> tuple[cst.Module | None, list[Statement]]:
    """The tree of libcst, where it was asked for one, and the statements."""
    known = _known(path, source)
    if consulted and isinstance(known, ast.Module):
        return None, _converted(path, lambda: ast_statements.convert(known, Remarks(source)))
    tree = _tree(path, source, known)
    return tree, _converted(path, lambda: convert(tree))


def _known(path: str, source: str) -> ast.Module | SyntaxError:
    """What Python's own parser makes of a source, or says against it; raises TooDeep where libcst must not be asked."""
    if "\0" in source:
        before = NEWLINE.split(source[: source.index("\0")])
        raise Unparsable(path, len(before), len(before[-1]) + 1, "source code contains a null byte")
    return measure(source)


def _tree(path: str, source: str, known: ast.Module | SyntaxError) -> cst.Module:
    """What libcst makes of a source; raises Unparsable where it makes nothing of it.

    libcst knows the syntax of later Pythons than the one that runs: both have to refuse before a source is wrong.
    """
    try:
        with _building():
            return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        raise _refused(path, source, known, error) from None
    except Exception as error:  # as it has for two t-strings side by side
        raise Unparsable(path, 1, 1, f"a failure of libcst: {error}", wrong=False) from None


def _converted(path: str, make: Callable[[], list[Statement]]) -> list[Statement]:
    try:
        with _building():
            return make()
    except RecursionError:
        raise TooDeep(1) from None
    except Exception as error:
        raise Unparsable(path, 1, 1, f"a failure of our own: {type(error).__name__}: {error}", wrong=False) from None


def _refused(path: str, source: str, refusal: ast.Module | SyntaxError, error: cst.ParserSyntaxError) -> Unparsable:
    """Why libcst, and perhaps Python, does not read a source."""
    if isinstance(refusal, ast.Module):
        return Unparsable(path, error.raw_line, 1, "valid Python that libcst cannot parse (as `(x): int = 1` is)", wrong=False)
    text = code(source)
    tag = _TAG.search(text)
    if tag is not None:
        before = NEWLINE.split(text[: tag.start()])
        return Unparsable(path, len(before), len(before[-1]) + 1, "a template, which is Python only once it is filled in", wrong=False)
    row = refusal.lineno or 1
    if _breaks_a_spec(source, refusal):
        return Unparsable(path, row, 1, "a line break in the format of an f-string, which only some Pythons read", wrong=False)
    if not _reads(source, row):
        return Unparsable(path, row, max(refusal.offset or 1, 1), refusal.msg or "invalid syntax")
    # what this Python stumbles over is newer than it; libcst names the row where it stops, or the next
    last = max(error.raw_line, row + 1)
    return Unparsable(path, last if _reads(source, last - 1) else last - 1, 1, "invalid syntax")


def _breaks_a_spec(source: str, refusal: ast.Module | SyntaxError) -> bool:
    """Whether a source can be read once line breaks in the formats of f-strings are left out."""
    rows = NEWLINE.split(source)
    found = False
    while isinstance(refusal, SyntaxError):
        at = (refusal.lineno or 1) - 1
        if not at < len(rows) - 1 or not _BROKEN_SPEC.search(rows[at][-500:]):
            return False
        found = True
        rows[at : at + 2] = [rows[at] + rows[at + 1].lstrip()]
        refusal = measure("\n".join(rows))
    return found


def _reads(source: str, rows: int) -> bool:
    """Whether libcst reads the first rows of a source; the last may be the head of a block."""
    above = NEWLINE.split(source)[:rows]
    indent = " " * (len(above[-1]) - len(above[-1].lstrip()) + 1)
    for end in ("", f"{indent}pass"):
        with suppress(cst.ParserSyntaxError):
            cst.parse_module("\n".join([*above, end]))
            return True
    return False


@contextmanager
def _unparsable(path: str) -> Iterator[None]:
    """Whatever reading a file can raise, as Unparsable."""
    try:
        yield
    except Unparsable:
        raise
    except SyntaxError as error:
        raise Unparsable(path, error.lineno or 1, max(error.offset or 1, 1), error.msg or "invalid syntax") from None
    except TooDeep as error:
        raise Unparsable(path, error.row, 1, "too deeply nested or chained", wrong=False) from None
    except UnicodeDecodeError as error:
        raise Unparsable(path, 1, 1, f"not {error.encoding} text: {error.reason}") from None
    except (RecursionError, MemoryError):
        raise Unparsable(path, 1, 1, "too deeply nested or chained", wrong=False) from None
    except Exception as error:  # libcst's own failures have no common class
        row, col = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise Unparsable(path, row, col, str(error) or type(error).__name__) from None


@contextmanager
def _building() -> Iterator[None]:
    """While trees are built: room for deep ones, and no garbage collection, which would be 40 % of the time and find nothing."""
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, _RECURSION))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
