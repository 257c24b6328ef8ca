"""Comments that silence findings, and SG002 for those that silence nothing."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import statements
from shapeguard.analysis.reading.parse import Module
from shapeguard.config import suggestion
from shapeguard.lint.finding import Finding
from shapeguard.lint.select import Selection

_OURS = re.compile(r"shapeguard:\s*ignore(?P<file>-file)?\b\s*(?:\[(?P<codes>[^\]]*)\]?)?", re.IGNORECASE)
_NOQA = re.compile(r"\bnoqa:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One code (None: all of them) in one comment."""

    row: int  # of the module's source
    start: int  # columns of the directive in its row, from 0
    end: int
    word: str | None  # as written; None for a bare `ignore`
    whole_file: bool = False
    noqa: bool = False


def may_ignore(data: bytes) -> bool:
    """Whether the bytes of a file can hold a comment of ours."""
    return b"shapeguard:" in data


def apply_ignore_comments(module: Module, findings: Iterable[Finding], selection: Selection, *, complete: bool = True) -> list[Finding]:
    """The findings of one file that no comment silences, and one for each comment of ours that silences nothing.

    `complete` is False where a failure of our own may have hidden what a comment is for.
    """
    kept: list[Finding] = []
    ignores = list(_ignores(module))
    if not ignores:
        return list(findings)
    used: set[Ignore] = set()
    rows = _statement_rows(module)
    for finding in findings:
        hit = [i for i in ignores if _covers(i, finding, module, rows, selection)]
        used.update(hit)
        if not hit:
            kept.append(finding)
    if complete:
        kept += [f for f in _unused(module, ignores, used, selection) if not any(_covers(i, f, module, rows, selection) for i in ignores)]
    return kept


def _ignores(module: Module) -> Iterator[Ignore]:
    for row, comment in module.comments.items():
        if "shapeguard:" not in comment.lower() and "noqa" not in comment.lower():
            continue
        offset = module.lines[row - 1].rfind(comment)
        for match in _OURS.finditer(comment):
            words = _words(match["codes"]) or [None if match["codes"] is None else ""]
            for word in words:
                yield Ignore(row, offset + match.start(), offset + match.end(), word, bool(match["file"]))
        for match in _NOQA.finditer(comment):
            for word in _words(match["codes"]):
                yield Ignore(row, offset + match.start(), offset + match.end(), word, noqa=True)


def _words(text: str | None) -> list[str | None]:
    return [w for w in re.split(r"[,\s]+", text or "") if w]


def _covers(ignore: Ignore, finding: Finding, module: Module, rows: Callable[[int], tuple[int, int]], selection: Selection) -> bool:
    if ignore.word is None:
        if finding.code == "SG002":
            return False
    elif finding.code not in _codes(ignore, selection):
        return False
    if ignore.whole_file:
        return True
    place = finding.place
    first, last = rows(module.source_row(place.row, place.cell))
    return first <= ignore.row <= max(last, module.source_row(place.end_row, place.cell))


def _codes(ignore: Ignore, selection: Selection) -> frozenset[str]:
    """The codes meant: a whole code or a name, never a prefix, so that a comment says what it hides."""
    word = (ignore.word or "").lower()
    return frozenset(c for c, k in selection.known.items() if word in (c.lower(), k.name))


def _unused(module: Module, ignores: list[Ignore], used: set[Ignore], selection: Selection) -> Iterator[Finding]:
    """A finding for each comment of ours, or code in one, that silences nothing."""
    if not selection.on("SG002", module.path):
        return
    for ignore in ignores:
        if ignore in used or ignore.noqa:
            continue
        form = "ignore-file" if ignore.whole_file else "ignore"
        codes = _codes(ignore, selection)
        if ignore.word is None:
            if not selection.everything or selection.ignored_in(module.path):
                continue
            message, remedy = f"`shapeguard: {form}` silences nothing", "remove the comment"
        elif not codes:
            words = [w for k in selection.known.values() for w in (k.code, k.name)]
            many = len(selection.codes(ignore.word)) > 0
            if not many and selection.may_be_of_others(ignore.word):
                continue
            why = "names no rule" if not ignore.word else "stands for several rules" if many else "there is no such rule"
            message = f"`{form}[{ignore.word}]`: {why}{'' if many else suggestion(ignore.word, words)}"
            remedy = "write the code or the name of a rule"
        else:
            if "SG002" in codes or not any(selection.on(c, module.path) for c in codes):
                continue
            message, remedy = f"`{form}[{ignore.word}]` silences nothing", f"remove `{ignore.word}` from the comment"
        yield Finding("SG002", "unused-ignore", "error", message, _place(module, ignore), help=remedy)


def _place(module: Module, ignore: Ignore) -> Place:
    row, cell = ignore.row, None
    if module.cells:
        found = module.cells[bisect_right(module.cells, row, key=lambda c: c.start) - 1]
        row, cell = row - found.start + 1, found.index
    return Place(module.path, row, ignore.start + 1, row, ignore.end + 1, cell)


def _statement_rows(module: Module) -> Callable[[int], tuple[int, int]]:
    """For a row, the first and the last row of the innermost statement on it; of a compound one only its head."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spans = _spans(ast.parse(module.source))
    except SyntaxError:  # of a later Python than this one
        spans = [_span(module, stmt) for stmt in statements(module.body)]

    def rows(row: int) -> tuple[int, int]:
        around = [s for s in spans if s[0] <= row <= s[1]]
        return min(around, key=lambda s: s[1] - s[0], default=(row, row))

    return rows


def _spans(tree: ast.Module) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = node.end_lineno or node.lineno
            if body:
                inner = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
                last = max(first, inner.lineno - 1)
            spans.append((first, last))
        stack.extend(c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.expr))
    return spans


def _span(module: Module, stmt: s.Stmt) -> tuple[int, int]:
    place = module.span(stmt.at)
    heads = [module.span(d.at) for d in stmt.decorators] if isinstance(stmt, s.FuncDef | s.ClassDef) else []
    first = min(module.source_row(p.row, p.cell) for p in (place, *heads))
    body = stmt.cases[0][1] if isinstance(stmt, s.Match) and stmt.cases else getattr(stmt, "body", None)
    end = module.span(body[0].at) if body else place
    last = module.source_row(end.row, end.cell) - 1 if body else module.source_row(place.end_row, place.cell)
    return first, max(first, last)
