"""What is nested or chained too deep for libcst: measured before it is asked, since it may never come back."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Any

from shapeguard.analysis.reading.lexical import NEWLINE, code

# libcst takes a second for 700 chained calls and ends the process at 3,000 brackets; the deepest of a million lines of torch is 94
DEEPEST = 600
BRACKETS = 200  # no Python reads more
# libcst takes four times as long for each level of a pattern, and twice for each bracket behind `del`
DEEPEST_PATTERN = 8
DEEPEST_DELETION = 16
PIECES = 3_000  # of one string, side by side: a chain for libcst too, but one that only libcst walks

_DEEPENS = re.compile(
    r"\b(?:and|or|not|lambda|if|else|for|await|in|is|yield|from|case|del)\b|[-+*/%@&|^~<>=!.]+|[()\[\]{},;\"\n\r]"
)
_CLAUSE = re.compile(r"^([ \t\f]*)(if|elif)\b", re.MULTILINE)


class TooDeep(Exception):
    """A source that libcst is not asked to read, and the row where it is too deep."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def measure(source: str) -> ast.Module | SyntaxError:
    """Python's own tree of a source, or what it says against it; raises TooDeep, also where Python itself is older than the source."""
    try:
        tree = ast.parse(source)
    except (RecursionError, MemoryError):
        raise TooDeep(1) from None
    except SyntaxError as error:
        row = _deep_text(source)
        if row is not None:
            raise TooDeep(row) from None
        return error
    row = _deep_tree(tree, source)
    if row is not None:
        raise TooDeep(row)
    return tree


def _deep_text(source: str) -> int | None:
    """The row where a text may be too deep, told by its brackets and operators: at least as deep as it is."""
    text = code(source)
    levels, strings = [0], [0]
    found = pattern = deletion = False
    at = 0
    for match in _DEEPENS.finditer(text):
        token, at = match[0], match.start()
        if token in "([{":
            levels[-1] += 1
            levels.append(0)
            strings.append(0)
            limit = DEEPEST_PATTERN if pattern else DEEPEST_DELETION if deletion else BRACKETS
            found = len(levels) > limit or sum(levels) > DEEPEST
        elif token in ")]}":
            if len(levels) > 1:
                del levels[-1], strings[-1]
        elif token == '"':
            strings[-1] += 1
            found = strings[-1] > PIECES
        elif token in ",;" or (token in "\n\r" and len(levels) == 1):
            levels[-1] = strings[-1] = 0
            if token != ",":
                pattern = deletion = False
        elif token not in "\n\r":
            levels[-1] += len(token) if token[0] in "-+~" else 1
            pattern, deletion = pattern or token == "case", deletion or token == "del"
            found = levels[-1] > DEEPEST
        if found:
            return _row(text, at)
    clauses: dict[str, int] = {}
    for match in _CLAUSE.finditer(text):
        clauses[match[1]] = clauses.get(match[1], 0) + 1 if match[2] == "elif" else 0
        if clauses[match[1]] > DEEPEST:
            return _row(text, match.start())
    return None


def _row(text: str, at: int) -> int:
    return 1 + sum(1 for _ in NEWLINE.finditer(text, 0, at))


def _deep_tree(tree: ast.Module, source: str) -> int | None:
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
    return NEWLINE.split(source)


def _brackets(lines: list[str]) -> int:
    """How deep the brackets of some lines are nested."""
    depth = deepest = 0
    for char in re.sub(r"[^()\[\]{}]", "", code("\n".join(lines))):
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
    return code(b"\n".join(lines).decode()).count('"')
