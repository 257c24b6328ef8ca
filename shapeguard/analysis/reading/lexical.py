"""Where the comments and strings of a source stand, and what is left of it as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_PREFIX = r"(?:(?<!\w)(?i:u|br?|rb?))?"
_PLAIN = r'"""(?:\\.|[^\\])*?"""' + r"|'''(?:\\.|[^\\])*?'''" + r'|"(?:\\.|[^"\\\r\n])*"' + r"|'(?:\\.|[^'\\\r\n])*'"
_FORMATTED = r"(?<!\w)(?i:fr?|rf|tr?|rt)(?:\"\"\"|'''|\"|')"
_IN_CODE = re.compile(rf"{_FORMATTED}|{_PREFIX}(?:{_PLAIN})|#[^\r\n]*", re.DOTALL)
_IN_FIELD = re.compile(rf"{_FORMATTED}|{_PREFIX}(?:{_PLAIN})|#[^\r\n]*|[()\[\]{{}}:]", re.DOTALL)

NEWLINE = re.compile(r"\r\n|\r|\n")  # what ends a row for Python


@cache
def _in_text(quote: str, raw: bool, spec: bool) -> re.Pattern[str]:
    """What matters in the text of an f-string, or behind the colon of one of its fields."""
    escape = r"\\(?=[{}])|" + ("" if raw else r"\\N\{[^}\r\n]*\}|") + r"\\(?:\r\n|.)"
    braces = r"[{}]" if spec else r"\{\{|\}\}|[{}]"
    end = quote if len(quote) == 3 or spec else quote + r"|[\r\n]"
    return re.compile(f"{escape}|{braces}|{end}", re.DOTALL)


def literals(source: str) -> Iterator[tuple[int, int, bool]]:
    """Each stretch that is no code, and whether it is a comment: strings, and the text of f-strings around their fields.

    The quotes of an f-string may stand inside of its fields too, as Python 3.12 has it: what older ones read is read alike.
    """
    inside: list[tuple[str, bool, bool]] = []  # of each f-string, or spec of one, that is open: quote, raw, spec
    depths: list[int] = []  # of each that is open: -1 in its text, else the brackets that are open in its field
    at = start = 0
    while True:
        text = bool(depths) and depths[-1] < 0
        match = (_in_text(*inside[-1]) if text else _IN_FIELD if depths else _IN_CODE).search(source, at)
        if match is None:
            if text:
                yield start, len(source), False
            return
        at, found = match.end(), match[0]
        if text:
            quote, _, spec = inside[-1]
            if found[0] == "\\" or found in ("{{", "}}"):
                continue
            if found == "{":
                yield start, match.start(), False
                depths[-1] = 0
                continue
            if found == "}" and not spec:
                continue  # stands alone: no Python reads it
            yield start, at if found == quote else match.start(), False
            inside.pop()
            depths.pop()
            if found == "}":
                start, depths[-1] = at, -1  # back in the text, or in the spec, that the field stands in
            elif spec or found != quote:  # a string that is not closed
                inside.clear()
                depths.clear()
            continue
        if found[0] == "#":
            yield match.start(), at, True
        elif found in "([{":
            depths[-1] += 1
        elif found in ")]}" and depths[-1]:
            depths[-1] -= 1
        elif found == "}":
            start, depths[-1] = at, -1
        elif found == ":" and not depths[-1]:
            start = at
            inside.append((inside[-1][0], inside[-1][1], True))
            depths.append(-1)
        elif found in ":)]":
            continue
        elif found[0] in "fFtT" or found[:2].lower() in ("rf", "rt"):
            start = match.start()
            inside.append((found.lstrip("fFrRtT"), "r" in found.lower(), False))
            depths.append(-1)
        else:
            yield match.start(), at, False


def comments(source: str) -> dict[int, str]:
    """The text behind the `#` of every row that has a comment."""
    if "#" not in source:
        return {}
    found: dict[int, str] = {}
    row, before = 1, 0
    for start, end, comment in literals(source):
        if comment:
            row += _newlines(source, before, start)
            before = start
            found[row] = source[start + 1 : end].strip()
    return found


def _newlines(source: str, start: int, end: int) -> int:
    return sum(1 for _ in NEWLINE.finditer(source, start, end))


def code(source: str) -> str:
    """The source with blanks for comments and for what is joined by a backslash, and a lone `"` for each string; of the same length."""
    parts: list[str] = []
    last = 0
    for start, end, comment in literals(source):
        parts.append(source[last:start])
        if end > start:
            parts.append((" " if comment else '"') + " " * (end - start - 1))
        last = end
    parts.append(source[last:])
    return re.sub(r"\\(?:\r\n|[\r\n])", lambda m: " " * len(m[0]), "".join(parts))
