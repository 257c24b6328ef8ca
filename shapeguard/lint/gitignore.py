"""Patterns in the manner of .gitignore: what one file of them says of one path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "xdigit": "0-9a-fA-F",
    "space": r"\s", "blank": " \\t", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip
_BRACKET = re.compile(r"\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]")
_INSIDE = re.compile(r"\[:([a-z]+):\]|\\(.)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of one file, and the folder that they are relative to."""

    base: str
    patterns: list[tuple[re.Pattern[str], bool, bool]]  # the last first: what it matches, only folders, ignored or taken after all

    @staticmethod
    def of(lines: Iterable[str], base: str) -> Ignore:
        """Reads patterns; what git would not understand matches nothing, as in git."""
        return Ignore(base, [p for p in map(_pattern, lines) if p is not None][::-1])

    def says(self, path: str, folder: bool) -> bool | None:
        """Whether a path is ignored (True), taken after all (False), or not spoken of.

        Only of the path itself: what stands in an ignored folder is for the caller never to reach.
        """
        start = self.base.rstrip(os.sep) + os.sep
        if not path.startswith(start):
            return None
        relative = path[len(start) :].replace(os.sep, "/")
        for regex, only_folders, ignored in self.patterns:
            if (folder or not only_folders) and regex.fullmatch(relative) is not None:
                return ignored
        return None


def _pattern(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    line = line.removesuffix("\r")
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#"):
        return None
    ignored = not line.startswith("!")
    glob = line if ignored else line[1:]
    only_folders = glob.endswith("/")
    glob = glob.removesuffix("/")
    anchored = "/" in glob
    try:
        regex = _regex(glob.removeprefix("/"))
        return re.compile(regex if anchored else f"(?:.*/)?{regex}", re.DOTALL), only_folders, ignored
    except (ValueError, KeyError):
        return None


def _regex(glob: str) -> str:
    """A glob as a regular expression for the whole path; raises ValueError for what is none."""
    if not glob:
        raise ValueError("an empty pattern")
    found: list[str] = []
    at = 0
    while at < len(glob):
        starts = at == 0 or glob[at - 1] == "/"
        char = glob[at]
        if char == "*":
            end = at
            while end < len(glob) and glob[end] == "*":
                end += 1
            if end - at == 2 and starts and glob[end : end + 1] == "/":
                found.append("(?:.*/)?")
                end += 1
            elif end - at == 2 and starts and end == len(glob):
                found.append(".+")
            else:
                found.append("[^/]*")
            at = end
        elif char == "?":
            found.append("[^/]")
            at += 1
        elif char == "[":
            bracket = _BRACKET.match(glob, at)
            if bracket is None:
                raise ValueError("an open bracket")
            found.append(_characters(bracket[1] != "", bracket[2]))
            at = bracket.end()
        else:
            at += char == "\\"
            if at == len(glob):
                raise ValueError("an open escape")
            found.append(re.escape(glob[at]))
            at += 1
    return "".join(found)


def _characters(negated: bool, inside: str) -> str:
    """What stands between brackets; a range that runs backwards is its first character to git, and an error to `re`."""
    tokens: list[tuple[str, str, str]] = _INSIDE.findall(inside)
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        name, escaped, plain = tokens[at]
        low = escaped or plain
        if low and at + 2 < len(tokens) and tokens[at + 1][2] == "-" and not tokens[at + 2][0]:
            high = tokens[at + 2][1] or tokens[at + 2][2]
            parts.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
            at += 3
        else:
            parts.append(_CLASSES[name] if name else re.escape(low))
            at += 1
    if not parts:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{''.join(parts)}]"
