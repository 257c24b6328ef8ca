"""The nearest pyproject.toml that has a [tool.shapeguard]: the linter's options, and the mode of the guard."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from shapeguard.safe_files import SETTINGS, read_regular

CHECKS = ("off", "shapes", "values")
ANSWERS = ("raise", "warn", "breakpoint")
DEEPEST = 100  # parts of a key
LONGEST = 80  # characters of a value that a message shows
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY = re.compile(rf"(?<![\w-]){_PART}(?:\.[ \t]*+{_PART}){{{DEEPEST}}}")


class ConfigError(Exception):
    """The configuration, or an option that stands for it, cannot be used; the text is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A [tool.shapeguard] and the file that it stands in."""

    file: Path
    shown: str
    text: str
    table: dict[str, Any]

    def at(self, key: str, value: object = None) -> str:
        """`file:line` of a key, or of a value that is written under it."""
        lines = self.text.split("\n")
        top = next((i for i, line in enumerate(lines) if re.match(r"\s*\[\s*tool\s*\.\s*shapeguard\b", line)), 0)
        begins = re.escape(key[:LONGEST]).replace(r"\\", r"\\{1,2}")  # a backslash stands twice between double quotes
        name = rf"""["']?{begins}{"[^=]*" if len(key) > LONGEST else ""}["']?"""
        spelled = re.compile(rf"\s*(\[.*\.\s*{name}\s*\]|([\w.\"' -]*\.\s*)?{name}\s*[=.])")
        row = next((i for i in range(top, len(lines)) if spelled.match(lines[i])), top)
        if value is not None:
            quoted = (f'"{value}"', f"'{value}'")
            row = next((i for i in range(row, len(lines)) if any(q in lines[i] for q in quoted)), row)
        return f"{self.shown}:{row + 1}"

    def error(self, key: str, message: str, value: object = None) -> ConfigError:
        return ConfigError(f"{self.at(key, value)}: {message}")


def nearest(starts: Iterable[Path], *, lenient: bool = False) -> Source | None:
    """The first that has a [tool.shapeguard], in a folder of `starts` or above it.

    Args:
        starts: where to begin.
        lenient: pass by the files that cannot be read and do not seem to have one.

    Raises:
        ConfigError: a file cannot be read.
    """
    seen: set[Path] = set()
    for start in starts:
        for folder in (start, *start.parents):
            if folder in seen:
                continue
            seen.add(folder)
            file = folder / "pyproject.toml"
            if file.is_file() and (found := read(file, lenient=lenient)) is not None:
                return found
    return None


def read(file: Path, *, lenient: bool = False) -> Source | None:
    """The [tool.shapeguard] of one pyproject.toml; None where it has none."""
    place = shown(file)
    try:
        data = read_regular(file, SETTINGS)
    except OSError as e:
        if lenient:
            return None
        raise ConfigError(f"{place}: cannot be read: {e.strerror or e}") from None
    if b"shapeguard" not in data:
        return None
    try:
        text, tools = _parsed(place, data)
    except ConfigError:
        if lenient and not re.search(rb"^\s*\[\s*tool\s*\.\s*[\"']?shapeguard\b", data, re.MULTILINE):
            return None
        raise
    table = tools.get("shapeguard") if isinstance(tools, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise Source(file, place, text, {}).error("shapeguard", "[tool.shapeguard] must be a table")
    return Source(file, place, text, table)


def _parsed(place: str, data: bytes) -> tuple[str, Any]:
    """The text of a file, and its tools."""
    import tomllib

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise ConfigError(f"{place}:{data[: e.start].count(10) + 1}: is not UTF-8") from None
    if (deep := _DEEP_KEY.search(text)) is not None:  # tomllib takes the square of its length
        raise ConfigError(f"{place}:{_row(text, deep.start())}: a key has more than {DEEPEST} parts")
    try:
        return text, tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as e:
        row = re.search(r"at line (\d+)", str(e))
        raise ConfigError(f"{place}:{row[1] if row else max(1, len(text.splitlines()))}: is not valid TOML: {e}") from None
    except ValueError:  # of Python itself
        long = re.search(r"\d(?:_?\d){4000}", text)
        raise ConfigError(f"{place}:{_row(text, long.start() if long else 0)}: a number has too many digits") from None
    except (RecursionError, MemoryError):
        raise ConfigError(f"{place}:1: is nested too deeply") from None


def _row(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def guard_words(source: Source) -> str:
    """The mode of the guard: words as in `guard = "shapes, warn"`.

    Raises:
        ConfigError: it is something else.
    """
    mode = source.table.get("guard", "")
    if not isinstance(mode, str):
        raise source.error("guard", f'guard must be words in one string, such as "shapes, warn", not {shown_value(mode)}')
    for word in words(mode):
        if word not in (*CHECKS, *ANSWERS):
            raise source.error("guard", f"guard: {unknown(word)}")
    return mode


def words(text: str) -> list[str]:
    """The words of a mode, which stand between commas."""
    return [w for w in (w.strip().lower() for w in text.split(",")) if w]


def unknown(word: str) -> str:
    """What is said of a word that is no mode."""
    return f"{shown_value(word)} is none of {', '.join((*CHECKS, *ANSWERS))}{suggestion(word, (*CHECKS, *ANSWERS))}"


def shown_value(value: object) -> str:
    """A value of the configuration, cut where it is long."""
    try:
        text = str(value) if isinstance(value, (date, time)) else repr(value)
    except ValueError:  # a number of more digits than Python writes
        text = "a giant number"
    return cut(text)


def cut(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def suggestion(word: object, known: Iterable[str]) -> str:
    """`; did you mean "select"?` where something known is near, else nothing."""
    import difflib

    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6) if isinstance(word, str) and len(word) < LONGEST else []
    return f'; did you mean "{near[0]}"?' if near else ""


def shown(file: Path) -> str:
    """A path as a reader at the working directory writes it."""
    try:
        return str(Path(os.path.realpath(file)).relative_to(Path.cwd()))
    except ValueError:
        return str(file)
