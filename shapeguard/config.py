"""`[tool.shapeguard]` of a pyproject.toml -> a frozen Settings; whatever it does not know is an error with a file and a line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shapeguard import pyproject
from shapeguard.pyproject import ConfigError as ConfigError
from shapeguard.pyproject import Source, cut, shown, shown_value
from shapeguard.pyproject import suggestion as suggestion

NO_RULES = "SHAPEGUARD_NO_RULES"  # of the environment
KEYS = ("select", "ignore", "exclude", "per-file-ignores", "rules", "losses", "ignore-index", "strict", "output-format", "guard")


class Places(Mapping[str, str]):
    """Where each key stands, looked up when it is asked for: there may be many, and hardly one is."""

    def __init__(self, source: Source, keys: Mapping[str, str]) -> None:
        self._source = source
        self._keys = keys

    def __getitem__(self, key: str) -> str:
        return self._source.at(self._keys[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def without(self, key: str) -> Places:
        """The same but for a key that something else stands for."""
        return Places(self._source, {k: v for k, v in self._keys.items() if k != key})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told; `where` remembers the place of each key for messages."""

    select: tuple[str, ...] = ()  # codes, prefixes, names, ALL; empty: every rule that is on by default
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # patterns as in .gitignore, relative to `root`
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rules: tuple[str, ...] = ()  # folders with rules, below `root`: they are Python, and are run
    more_rules: tuple[str, ...] = ()  # those that --rules names, wherever they lie
    no_rules: str = ""  # why the rules that a configuration may name are not loaded; "" where they are
    losses: tuple[str, ...] = ()  # project functions with cross_entropy's signature, by dotted name
    ignore_index: int | None = None  # the id that the project's loader writes where nothing is to be learned
    strict: bool = False
    output_format: str | None = None  # for `check`; the reports know which there are, and which is meant by None
    root: Path | None = None  # the folder that patterns are relative to; None: the working directory
    where: Places = field(default_factory=lambda: Places(Source(Path(), "", "", {}), {}), compare=False)  # key -> "pyproject.toml:12"

    def error(self, key: str, message: str) -> ConfigError:
        """An error about a key, with its place."""
        place = self.where.get(key, f"--{key}")
        return ConfigError(f"{place}: {message}")


def load(paths: Iterable[str]) -> Settings:
    """The settings of the nearest pyproject.toml that has any: seen from the working directory, else from what the paths share.

    The rules that it names are kept only where it lies at or above the working directory: whoever checks the tree of somebody else
    from outside runs nothing of it.
    """
    here = Path.cwd()
    source = pyproject.nearest((here, _common(paths)))
    if source is None:
        return Settings()
    settings = _settings(source)
    if reason := rules_forbidden():
        return replace(settings, no_rules=reason)
    if not all(here.is_relative_to(folder) for folder in (source.file.parent.resolve(), source.file.resolve().parent)):
        return replace(settings, no_rules="the configuration does not lie at or above the working directory; --rules loads them")
    return settings


def rules_forbidden() -> str:
    """Why no rules but our own may be loaded; "" where they may."""
    return f"{NO_RULES} is set" if os.environ.get(NO_RULES, "0") not in ("", "0") else ""


def read(file: Path) -> Settings | None:
    """The settings of one pyproject.toml; None where it has no [tool.shapeguard]."""
    source = pyproject.read(file)
    return None if source is None else _settings(source)


def _settings(source: Source) -> Settings:
    table = source.table
    for key in table:
        if key not in KEYS:
            raise source.error(key, f'unknown key "{cut(key)}" in [tool.shapeguard]{suggestion(key, KEYS)}')
    pyproject.guard_words(source)  # the guard's own, judged here too
    root = source.file.resolve().parent
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise source.error("per-file-ignores", "per-file-ignores must be a table of patterns, each with a list of rules")
    number = table.get("ignore-index")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise source.error("ignore-index", f"ignore-index must be an integer, not {shown_value(number)}")
    if number is not None and not -(1 << 63) <= number < 1 << 63:
        raise source.error("ignore-index", f"ignore-index must be an integer of 64 bits, not {shown_value(number)}")
    strict = table.get("strict", False)
    if not isinstance(strict, bool):
        raise source.error("strict", f"strict must be true or false, not {shown_value(strict)}")
    form = table.get("output-format")
    if form is not None and (not form or not isinstance(form, str)):
        raise source.error("output-format", f"output-format must be the name of a format, in quotes, not {shown_value(form)}")
    folders = _strings(source, "rules", table.get("rules", []))
    for folder in folders:
        real = os.path.realpath(root / folder)
        if not folder or not os.path.exists(real):  # which raises for no name, as Path does
            raise source.error("rules", f'rules: there is no "{cut(folder)}" in {shown(root)}', folder)
        if not Path(real).is_relative_to(root):
            raise source.error("rules", f'rules: "{folder}" lies outside of the project {shown(root)}; --rules may name it', folder)
    losses = _strings(source, "losses", table.get("losses", []))
    for name in losses:
        if not all(part.isidentifier() for part in name.split(".")):
            raise source.error("losses", f'losses: "{cut(name)}" is not a dotted name, such as mylib.losses.sequence_loss', name)
    return Settings(
        select=_strings(source, "select", table.get("select", [])),
        ignore=_strings(source, "ignore", table.get("ignore", [])),
        exclude=_strings(source, "exclude", table.get("exclude", [])),
        per_file_ignores=tuple((str(k), _strings(source, str(k), v, f'per-file-ignores."{k}"')) for k, v in per_file.items()),
        rules=tuple(str(root / folder) for folder in folders),
        losses=losses,
        ignore_index=number,
        strict=strict,
        output_format=form,
        root=root,
        where=Places(source, {key: key for key in table} | {f"per-file-ignores.{key}": key for key in per_file}),
    )


def _strings(source: Source, key: str, value: Any, shown: str = "") -> tuple[str, ...]:
    if isinstance(value, str):
        raise source.error(key, f'{cut(shown or key)} must be a list of strings: ["{cut(value)}"]')
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise source.error(key, f"{cut(shown or key)} must be a list of strings, not {shown_value(value)}")
    return tuple(value)


def _common(paths: Iterable[str]) -> Path:
    folders = [p if p.is_dir() else p.parent for p in (Path(os.path.realpath(path)) for path in paths if path != "-")]
    if not folders:
        return Path.cwd()
    shared = folders[0]
    for folder in folders[1:]:
        while not folder.is_relative_to(shared):
            shared = shared.parent
    return shared
