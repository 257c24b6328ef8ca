"""Rules by folder: every file of a folder is loaded by its path, and the rules in it are checked for what a rule must have."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path
from types import ModuleType

from shapeguard.rule import Rule

_CODE = re.compile(r"[A-Z]{2,5}\d{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class RuleError(Exception):
    """A file of rules that cannot be used, and why."""


def own_folder() -> Path:
    """Where the rules of this package are: `shapeguard/rules` of an installation, or the `rules` beside it of a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


def load(folders: Iterable[Path | str] = ()) -> dict[str, Rule]:
    """The rules of this package, then those of the given folders (or single files), by code, in order of code."""
    found: dict[str, tuple[Rule, Path]] = {}
    for folder in (own_folder(), *map(Path, folders)):
        for path in _files(folder):
            for rule in load_file(path):
                for other, where in found.values():
                    if rule.code == other.code or rule.name == other.name:
                        same = rule.code if rule.code == other.code else rule.name
                        raise RuleError(f"{path}: {same} is taken by {where}")
                found[rule.code] = (rule, path)
    return {code: found[code][0] for code in sorted(found)}


def load_file(path: Path) -> list[Rule]:
    """The rules of one file."""
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
    path = path.resolve()
    own = path.parent == own_folder()
    name = f"shapeguard.rules.{path.stem}" if own else f"_shapeguard_rules_{sha1(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    if own and name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuleError(f"{path}: this is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses with postponed annotations look themselves up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        sys.modules.pop(name, None)
        raise RuleError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def _checked(cls: type[Rule], module: ModuleType, path: Path) -> Rule:
    who = f"{path}: {cls.__name__}"
    for field in ("code", "name", "bad", "good"):
        if not isinstance(getattr(cls, field, None), str):
            raise RuleError(f"{who} has no `{field}`")
    if not _CODE.fullmatch(cls.code):
        raise RuleError(f"{who}: code {cls.code!r} is not two to five capitals and three digits, as in LOC001")
    if not _NAME.fullmatch(cls.name):
        raise RuleError(f"{who}: name {cls.name!r} is not lower case with hyphens, as in unmasked-padding")
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
