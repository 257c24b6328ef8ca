"""`[tool.shapeguard]` of a pyproject.toml -> a frozen Settings; whatever it does not know is an error with a file and a line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMATS = ("full", "concise", "json", "github")
KEYS = ("select", "ignore", "exclude", "per-file-ignores", "rules", "losses", "ignore-index", "strict", "output-format")


class ConfigError(Exception):
    """The configuration, or an option that stands for it, cannot be used; the text is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told; `where` remembers the place of each key for messages."""

    select: tuple[str, ...] = ()  # codes, prefixes, names, ALL; empty: every rule that is on by default
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # patterns as in .gitignore, relative to `root`
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rules: tuple[str, ...] = ()  # folders with the user's own rules
    losses: tuple[str, ...] = ()  # project functions with cross_entropy's signature, by dotted name
    ignore_index: int | None = None  # the id that the project's loader writes where nothing is to be learned
    strict: bool = False
    output_format: str = "full"
    root: Path | None = None  # the folder that patterns are relative to; None: the working directory
    where: Mapping[str, str] = field(default_factory=dict, compare=False)  # key -> "pyproject.toml:12"

    def error(self, key: str, message: str) -> ConfigError:
        """An error about a key, with its place."""
        place = self.where.get(key, f"--{key}")
        return ConfigError(f"{place}: {message}")


def load(paths: Iterable[str]) -> Settings:
    """The settings of the nearest pyproject.toml that has any: seen from the working directory, else from what the paths share."""
    seen: set[Path] = set()
    for start in (Path.cwd(), _common(paths)):
        for folder in (start, *start.parents):
            if folder in seen:
                continue
            seen.add(folder)
            file = folder / "pyproject.toml"
            if file.is_file() and (settings := read(file)) is not None:
                return settings
    return Settings()


def read(file: Path) -> Settings | None:
    """The settings of one pyproject.toml; None where it has no [tool.shapeguard]."""
    shown = _shown(file)
    try:
        data = file.read_bytes()
    except OSError as e:
        raise ConfigError(f"{shown}: cannot be read: {e.strerror or e}") from None
    if b"shapeguard" not in data:
        return None
    import tomllib

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise ConfigError(f"{shown}:{data[: e.start].count(10) + 1}: is not UTF-8") from None
    try:
        tools = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as e:
        row = re.search(r"at line (\d+)", str(e))
        raise ConfigError(f"{shown}:{row[1] if row else max(1, text.count(chr(10)))}: is not valid TOML: {e}") from None
    except RecursionError:
        raise ConfigError(f"{shown}:1: is nested too deeply") from None
    table = tools.get("shapeguard") if isinstance(tools, dict) else None
    return None if table is None else _settings(_Source(file, shown, text), table)


@dataclass(frozen=True, slots=True)
class _Source:
    file: Path
    shown: str
    text: str

    def at(self, key: str, value: object = None) -> str:
        """`file:line` of a key, or of a value that is written under it."""
        lines = self.text.splitlines()
        top = next((i for i, line in enumerate(lines) if re.match(r"\s*\[\s*tool\s*\.\s*shapeguard\b", line)), 0)
        name = rf"""["']?{re.escape(key)}["']?"""
        spelled = re.compile(rf"\s*(\[.*\.\s*{name}\s*\]|([\w.\"' -]*\.\s*)?{name}\s*[=.])")
        row = next((i for i in range(top, len(lines)) if spelled.match(lines[i])), top)
        if value is not None:
            quoted = (f'"{value}"', f"'{value}'")
            row = next((i for i in range(row, len(lines)) if any(q in lines[i] for q in quoted)), row)
        return f"{self.shown}:{row + 1}"

    def error(self, key: str, message: str, value: object = None) -> ConfigError:
        return ConfigError(f"{self.at(key, value)}: {message}")


def _settings(source: _Source, table: Any) -> Settings:
    if not isinstance(table, dict):
        raise source.error("shapeguard", "[tool.shapeguard] must be a table")
    for key in table:
        if key not in KEYS:
            raise source.error(key, f'unknown key "{key}" in [tool.shapeguard]{suggestion(key, KEYS)}')
    root = source.file.resolve().parent
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise source.error("per-file-ignores", "per-file-ignores must be a table of patterns, each with a list of rules")
    number = table.get("ignore-index")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise source.error("ignore-index", f"ignore-index must be an integer, not {number!r}")
    strict = table.get("strict", False)
    if not isinstance(strict, bool):
        raise source.error("strict", f"strict must be true or false, not {strict!r}")
    shape = table.get("output-format", "full")
    if shape not in FORMATS:
        raise source.error("output-format", f"output-format must be one of {', '.join(FORMATS)}, not {shape!r}{suggestion(shape, FORMATS)}")
    folders = _strings(source, "rules", table.get("rules", []))
    for folder in folders:
        if not (root / folder).exists():
            raise source.error("rules", f'rules: there is no "{folder}" in {_shown(root)}', folder)
    losses = _strings(source, "losses", table.get("losses", []))
    for name in losses:
        if not all(part.isidentifier() for part in name.split(".")):
            raise source.error("losses", f'losses: "{name}" is not a dotted name, such as mylib.losses.sequence_loss', name)
    return Settings(
        select=_strings(source, "select", table.get("select", [])),
        ignore=_strings(source, "ignore", table.get("ignore", [])),
        exclude=_strings(source, "exclude", table.get("exclude", [])),
        per_file_ignores=tuple((str(k), _strings(source, str(k), v, f'per-file-ignores."{k}"')) for k, v in per_file.items()),
        rules=tuple(str(root / folder) for folder in folders),
        losses=losses,
        ignore_index=number,
        strict=strict,
        output_format=shape,
        root=root,
        where={key: source.at(key) for key in table} | {f"per-file-ignores.{key}": source.at(key) for key in per_file},
    )


def _strings(source: _Source, key: str, value: Any, shown: str = "") -> tuple[str, ...]:
    if isinstance(value, str):
        raise source.error(key, f'{shown or key} must be a list of strings: ["{value}"]')
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise source.error(key, f"{shown or key} must be a list of strings, not {value!r}")
    return tuple(value)


def suggestion(word: object, known: Iterable[str]) -> str:
    """`; did you mean "select"?` where something known is near, else nothing."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def _common(paths: Iterable[str]) -> Path:
    folders = [p if p.is_dir() else p.parent for p in (Path(os.path.realpath(path)) for path in paths if path != "-")]
    if not folders:
        return Path.cwd()
    shared = folders[0]
    for folder in folders[1:]:
        while not folder.is_relative_to(shared):
            shared = shared.parent
    return shared


def _shown(file: Path) -> str:
    try:
        return str(Path(os.path.realpath(file)).relative_to(Path.cwd()))
    except ValueError:
        return str(file)
