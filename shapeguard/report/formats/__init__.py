"""The output formats: a file here and an entry in FORMATS each, from which the command line, the configuration and the reports have them.

The file has the name of the format, and holds its WRITER. It is imported when something is written: `--help` needs the entries only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal, TypeAlias

from shapeguard.pyproject import shown_value, suggestion

if TYPE_CHECKING:
    from shapeguard.config import Settings
    from shapeguard.lint.engine import Result
    from shapeguard.report.sources import Sources

Command: TypeAlias = Literal["check", "inventory"]

# name -> the commands that have it; the first of a command is what it writes when nothing else is asked for
FORMATS: dict[str, tuple[Command, ...]] = {
    "full": ("check",),
    "concise": ("check",),
    "text": ("inventory",),
    "json": ("check", "inventory"),
    "markdown": ("inventory",),
    "github": ("check",),
}


def nothing(*_: object) -> Iterable[str]:
    """What a format writes where its commands never ask."""
    return ()


@dataclass(frozen=True, slots=True)
class Writer:
    """What a format makes of a run: lines for standard output. `check` asks for the first two, `inventory` for the third."""

    findings: Callable[[Result, Sources, bool], Iterable[str]] = nothing  # in colour, or not
    statistics: Callable[[Result], Iterable[str]] = nothing  # how often each rule was found
    inventory: Callable[[Result, Sources], Iterable[str]] = nothing  # a row for each loss
    alone: bool = False  # a program reads it, whole: what else was asked for goes to standard error, and nothing closes it


def names(command: Command) -> list[str]:
    """The formats of a command."""
    return [name for name, commands in FORMATS.items() if command in commands]


def writer(name: str) -> Writer:
    """The writer of a format."""
    found: Writer = import_module(f"{__name__}.{name}").WRITER
    return found


def chosen(settings: Settings) -> str:
    """The format that the settings name for `check`; raises ConfigError for one that there is not."""
    name, known = settings.output_format, names("check")
    if name is None:
        return known[0]
    if name not in known:
        message = f"output-format must be one of {', '.join(known)}, not {shown_value(name)}{suggestion(name, known)}"
        raise settings.error("output-format", message)
    return name
