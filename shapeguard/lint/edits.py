"""A fix written into the text of a program: the call that it names, replaced by what its template gives."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from shapeguard.analysis.facts.steps import Place
from shapeguard.rule import Fix

_FIRST = {"logits": ("input",), "targets": ("target", "labels")}  # torch's names for the first two arguments
_SIMPLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Tuple, ast.Dict)


def apply(source: str, place: Place, fix: Fix) -> str | None:
    """The source with the fix at its place; None where no single call stands there, or it has a `*` argument."""
    lines = source.splitlines(keepends=True)
    start, end = (sum(map(len, lines[: row - 1])) + col - 1 for row, col in ((place.row, place.col), (place.end_row, place.end_col)))
    new = replacement(source[start:end], fix)
    return None if new is None else source[:start] + new + source[end:]


def replacement(text: str, fix: Fix) -> str | None:
    """What a fix makes of the text of a call."""
    try:
        call = ast.parse(f"({text})", mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call) or any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    full = f"({text})"
    if fix.called and _last(call.func) not in (fix.called, "__init__"):
        return None
    keywords = {k.arg: k.value for k in call.keywords if k.arg is not None}
    words: dict[str, str] = {"call": _text(full, call.func)}
    if not fix.options or len(call.args) <= 1:  # what stands at a place may be the option itself
        words["args"] = _inside(full, call, dict(fix.options))
    if isinstance(call.func, ast.Attribute):
        words["self"] = _closed(full, call.func.value)
    positional = list(call.args)
    for word, names in _FIRST.items():
        named = next((n for n in names if n in keywords), None)
        if named is not None:
            words[word] = _closed(full, keywords.pop(named))
        elif positional:
            words[word] = _closed(full, positional.pop(0))
    new = dict(fix.options)
    options = [_text(full, a) for a in positional]
    options += [f"{k}={new.pop(k, None) or _text(full, v)}" for k, v in keywords.items()]
    options += [f"{k}={v}" for k, v in new.items()]
    words["options"] = "".join(f", {o}" for o in options)
    return _filled(fix.template, words)


def _filled(template: str, words: Mapping[str, str]) -> str | None:
    try:
        return template.format_map(words)
    except KeyError:
        return None


def _text(full: str, node: ast.expr) -> str:
    return ast.get_source_segment(full, node) or ""


def _closed(full: str, node: ast.expr) -> str:
    """The text of an expression, so that a method can be called on it."""
    text = _text(full, node)
    return text if isinstance(node, _SIMPLE) else f"({text})"


def _inside(full: str, call: ast.Call, options: dict[str, str]) -> str:
    """All arguments, with options set or replaced."""
    parts = [_text(full, a) for a in call.args]
    parts += [f"{k.arg}={options.pop(k.arg or '', None) or _text(full, k.value)}" for k in call.keywords]
    return ", ".join([*parts, *(f"{k}={v}" for k, v in options.items())])


def _last(called: ast.expr) -> str:
    """The last name of what is called."""
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
