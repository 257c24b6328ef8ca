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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import libcst as cst

from shapeguard.analysis.convert import convert, docstring
from shapeguard.analysis.notebook import Cell, read_notebook
from shapeguard.analysis.syntax import Statement

# libcst takes a second for 1,000 chained calls and ends the process at 3,000 brackets; the deepest of a million lines of torch is 94
DEEPEST = 400
# libcst takes four times as long for each level of a pattern, and twice for each bracket behind `del`
DEEPEST_PATTERN = 8
DEEPEST_DELETION = 16
PIECES = 3_000  # of one string, side by side: a chain for libcst too, but one that only libcst walks
_RECURSION = 20_000

_NEWLINE = re.compile(r"\r\n|\r|\n")
_STRING = r'"""(?:\\.|[^\\])*?"""' + r"|'''(?:\\.|[^\\])*?'''" + r'|"(?:\\.|[^"\\\r\n])*"' + r"|'(?:\\.|[^'\\\r\n])*'"
_STRING_OR_COMMENT = re.compile(rf"{_STRING}|#[^\r\n]*", re.DOTALL)


class Unparsable(Exception):
    """A file that cannot be read as Python: where reading stopped, and why."""

    def __init__(self, path: str, row: int, col: int, message: str) -> None:
        super().__init__(path, row, col, message)
        self.path = path
        self.row = row
        self.col = col
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}:{self.row}:{self.col}: {self.message}"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of source: rows and columns count from 1 and in characters, and `end_col` is one past the last one.

    In a notebook `cell` is the index over all cells, and the rows are those of that cell.
    """

    path: str
    row: int
    col: int
    end_row: int
    end_col: int
    cell: int | None = None


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
        found: dict[int, str] = {}
        if "#" not in self.source:
            return found
        starts = self._line_starts
        for match in _STRING_OR_COMMENT.finditer(self.source):
            if match[0][0] == "#":
                found[bisect_right(starts, match.start())] = match[0][1:].strip()
        return found

    @cached_property
    def lines(self) -> list[str]:
        """The rows of `source` as they were written."""
        return self.written if self.written is not None else _NEWLINE.split(self.source)

    def line(self, row: int, cell: int | None = None) -> str:
        """One row as it was written, without its line end; "" where there is none."""
        at = self.source_row(row, cell)
        return self.lines[at - 1] if 0 < at <= len(self.lines) else ""

    def source_row(self, row: int, cell: int | None = None) -> int:
        """The row of `source` that holds a row of a place."""
        return row if cell is None else next((c.start + row - 1 for c in self.cells if c.index == cell), 0)

    def span(self, at: Any) -> Place:
        """Where a piece of syntax stands: `at` is its `at`."""
        where = self._positions[at]
        row, col, end_row, end_col = where.start.line, where.start.column + 1, where.end.line, where.end.column + 1
        if not self.cells:
            return Place(self.path, row, col, end_row, end_col)
        cell = self.cells[bisect_right(self.cells, row, key=lambda c: c.start) - 1]
        return Place(self.path, row - cell.start + 1, col, end_row - cell.start + 1, end_col, cell.index)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, Any]:
        # resolving costs twice what parsing does, and most modules are never asked
        from libcst.metadata import MetadataWrapper, PositionProvider

        if self.tree is None:
            return {}
        with _building():
            positions: Mapping[cst.CSTNode, Any] = MetadataWrapper(self.tree, unsafe_skip_copy=True).resolve(PositionProvider)
        return positions

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(m.end() for m in _NEWLINE.finditer(self.source))]


def parse_module(path: str, data: bytes, name: str = "") -> Module:
    """Reads a Python file, or a notebook if the path ends in `.ipynb`; raises Unparsable."""
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
        _check(path, source)
        with _building():
            tree = cst.parse_module(source)
            body = convert(tree)
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


def _check(path: str, source: str) -> None:
    """Raises for whatever Python refuses (its messages are the better ones) and for what is too deep for libcst."""
    if "\0" in source:
        before = source[: source.index("\0")]
        raise Unparsable(path, len(_NEWLINE.split(before)), len(_NEWLINE.split(before)[-1]) + 1, "source code contains a null byte")
    deep = _too_deep(ast.parse(source), source)
    if deep is not None:
        raise Unparsable(path, deep, 1, "too deeply nested or chained")


def _too_deep(tree: ast.Module, source: str) -> int | None:
    """The row where the tree that libcst would build is too deep, if there is one."""
    level: list[Any] = [tree]
    row = 1
    for _ in range(DEEPEST):
        below: list[Any] = []
        for node in level:
            if node.__class__ in _FLAT and _is_long(node, source):
                return int(node.lineno)
            for value in node.__dict__.values():
                if value.__class__ is list:
                    below += value
                elif isinstance(value, ast.AST):
                    below.append(value)
        level = [node for node in below if isinstance(node, ast.AST)]
        if not level:
            return None
        row = next((node.lineno for node in level if hasattr(node, "lineno")), row)
    return row


# what is one node for ast and a chain of nodes for libcst
_FLAT: frozenset[Any] = frozenset(
    {
        *(ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.alias, ast.ImportFrom, ast.Constant, ast.JoinedStr),
        *(ast.Match, ast.Delete),  # and what is slow for libcst
    }
)


def _is_long(node: Any, source: str) -> bool:
    """Whether the chain that a flat node stands for is too long."""
    match node:
        case ast.BoolOp():
            return len(node.values) > DEEPEST
        case ast.alias():
            return node.name.count(".") > DEEPEST
        case ast.ImportFrom():
            return (node.module or "").count(".") > DEEPEST
        case ast.Constant() | ast.JoinedStr():
            return _pieces(node, source) > PIECES
        case ast.Delete():
            last = node.end_lineno or node.lineno
            short = last == node.lineno and (node.end_col_offset or 0) - node.col_offset < 2 * DEEPEST_DELETION
            return not short and _brackets(_rows(source)[node.lineno - 1 : last]) > DEEPEST_DELETION
        case ast.Match():
            lines, above = _rows(source), node.subject.end_lineno or node.lineno
            for case in node.cases:
                if _brackets(lines[above : max(above + 1, case.body[0].lineno - 1)]) > DEEPEST_PATTERN:
                    return True
                above = case.body[-1].end_lineno or above
            return False
        case _:
            return len(node.generators) > DEEPEST


@lru_cache(maxsize=1)
def _rows(source: str) -> list[str]:
    return _NEWLINE.split(source)


def _brackets(lines: list[str]) -> int:
    """How deep the brackets of some lines are nested."""
    depth = deepest = 0
    for char in re.sub(r"[^()\[\]{}]", "", _STRING_OR_COMMENT.sub("", "\n".join(lines))):
        depth += 1 if char in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _pieces(node: ast.Constant | ast.JoinedStr, source: str) -> int:
    """In how many pieces a string is written side by side; 1 where that cannot be many."""
    end_row, end_col = node.end_lineno or node.lineno, node.end_col_offset or 0
    if end_row - node.lineno < PIECES // 10 and (end_row > node.lineno or end_col - node.col_offset < 2 * PIECES):
        return 1
    lines = [line.encode() for line in _rows(source)[node.lineno - 1 : end_row]]  # ast's own way is quadratic
    lines[-1] = lines[-1][:end_col]
    lines[0] = lines[0][node.col_offset :]
    text = b"\n".join(lines).decode()
    return sum(1 for m in _STRING_OR_COMMENT.finditer(text) if m[0][0] != "#")


@contextmanager
def _unparsable(path: str) -> Iterator[None]:
    """Whatever reading a file can raise, as Unparsable."""
    try:
        yield
    except Unparsable:
        raise
    except SyntaxError as error:
        raise Unparsable(path, error.lineno or 1, max(error.offset or 1, 1), error.msg or "invalid syntax") from None
    except cst.ParserSyntaxError as error:
        message = "valid Python that libcst cannot parse (as `(x): int = 1` is)"
        raise Unparsable(path, error.raw_line, error.raw_column + 1, message) from None
    except UnicodeDecodeError as error:
        raise Unparsable(path, 1, 1, f"not {error.encoding} text: {error.reason}") from None
    except (RecursionError, MemoryError):
        raise Unparsable(path, 1, 1, "too deeply nested") from None
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
