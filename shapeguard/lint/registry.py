"""Rules by folder: every file of a folder is loaded by its path, and the rules in it are checked for what a rule must have."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable
from hashlib import sha1
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from shapeguard.rule import Rule
from shapeguard.safe_files import SOURCE, read_regular

LONGEST = 300  # characters of an error's text
CODE = re.compile(r"[A-Z]{2,5}\d{3}")
CODE_IS = "two to five capitals and three digits, as in LOC001"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_IS = "lower case with hyphens, as in unmasked-padding"


class RuleError(Exception):
    """A file of rules that cannot be used, and why; `folder` is the one that was named, None for our own."""

    folder: str | None = None


def own_folder() -> Path:
    """Where the rules of this package are: `shapeguard/rules` of an installation, or the `rules` beside it of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


def load(folders: Iterable[Path | str] = (), project: Path | None = None, more: Iterable[Path | str] = ()) -> dict[str, Rule]:
    """The rules of this package, then those of the given folders (or single files), by code, in order of code.

    Args:
        folders: what a configuration names; no file of it may lie outside of `project`, also by way of a link.
        project: the folder of that configuration.
        more: folders that may lie anywhere.
    """
    found: dict[str, tuple[Rule, Path]] = {}
    seen: set[Path] = set()
    named = [(own_folder(), None, None), *((Path(f), project, str(f)) for f in folders), *((Path(f), None, str(f)) for f in more)]
    for folder, within, name in named:
        try:
            for path in _files(folder):
                real = path.resolve()
                if within is not None and not real.is_relative_to(within):
                    raise RuleError(f"{path}: lies outside of the project")
                if real in seen:
                    continue
                seen.add(real)
                for rule in load_file(path):
                    _add(rule, path, found)
        except RuleError as error:
            error.folder = name
            raise
    return {code: found[code][0] for code in sorted(found)}


def _add(rule: Rule, path: Path, found: dict[str, tuple[Rule, Path]]) -> None:
    for other, where in found.values():
        if rule.code == other.code or rule.name == other.name:
            same = rule.code if rule.code == other.code else rule.name
            raise RuleError(f"{path}: {same} is taken by {where}")
    found[rule.code] = (rule, path)


def load_file(path: Path) -> list[Rule]:
    """The rules of one file; raises RuleError whatever it does, also where it ends the program or interrupts it."""
    try:
        return _rules(path)
    except RuleError:
        raise
    except BaseException as error:
        row = _row(error, path)
        raise RuleError(f"{path}{f':{row}' if row else ''}: {error_line(error)}") from error


def error_line(error: BaseException) -> str:
    """An error in one line, even where making its text raises."""
    try:
        text = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    except BaseException:
        text = ""
    name = type(error).__name__
    return f"{name}: {text if len(text) <= LONGEST else text[:LONGEST] + '...'}" if text else name


def _row(error: BaseException, path: Path) -> int:
    """The line of a file where an error was raised; 0 where it was elsewhere."""
    real = str(path.resolve())
    if isinstance(error, SyntaxError) and error.filename == real:
        return error.lineno or 0
    row, trace = 0, error.__traceback__
    while trace is not None:
        row = trace.tb_lineno if trace.tb_frame.f_code.co_filename == real else row
        trace = trace.tb_next
    return row


def _rules(path: Path) -> list[Rule]:
    module = _module(path)
    rules: list[Rule] = []
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
            rules.append(_checked(value, module, path))
    if not rules:
        raise RuleError(f"{path}: there is no subclass of shapeguard.rule.Rule in it (a file that starts with _ is skipped)")
    return rules


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise RuleError(f"{folder}: there is no such folder of rules")
    return sorted(p for p in folder.glob("*.py") if not p.name.startswith("_"))


def _module(path: Path) -> ModuleType:
    """Runs a file of rules as a module."""
    if path.suffix != ".py":
        raise RuleError(f"{path}: this is no Python file")
    path = path.resolve()
    own = path.parent == own_folder()
    name = f"shapeguard.rules.{path.stem}" if own else f"_shapeguard_rules_{sha1(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    if own and name in sys.modules:
        return sys.modules[name]
    loader = (SourceFileLoader if own else _Source)(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses with postponed annotations look themselves up
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


class _Source(SourceFileLoader):
    """Runs what stands in the file: a compiled one beside it may hold something else, and none is written."""

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            return self.source_to_code(read_regular(self.path, SOURCE), self.path)
        except OSError as error:
            raise RuleError(f"{self.path}: cannot be read: {error.strerror or error}") from None


def _checked(cls: type[Rule], module: ModuleType, path: Path) -> Rule:
    """An instance of a rule; raises RuleError where a field is missing or has no sensible value."""
    who = f"{path}: {cls.__name__}"
    for field in ("code", "name", "bad", "good"):
        if not isinstance(getattr(cls, field, None), str):
            raise RuleError(f"{who} has no `{field}`")
    if not CODE.fullmatch(cls.code):
        raise RuleError(f"{who}: code {cls.code!r} is not {CODE_IS}")
    if not NAME.fullmatch(cls.name):
        raise RuleError(f"{who}: name {cls.name!r} is not {NAME_IS}")
    if cls.level not in ("on", "opt-in"):
        raise RuleError(f"{who}: level {cls.level!r} is neither 'on' nor 'opt-in'")
    if not getattr(cls, "claims", ()):
        raise RuleError(f"{who} claims nothing of its bad example: say what torch does with it, as in claims = (WrongNumber(),)")
    if cls.check is Rule.check:
        raise RuleError(f"{who} has no `check`")
    if not cls.why:
        cls.why = (cls.__doc__ or module.__doc__ or "").strip()
    if not cls.why:
        raise RuleError(f"{who}: the file has no docstring that says why")
    return cls()
