"""How much is checked and what happens then: by argument, else by the environment, by `configure`, by pyproject.toml."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path

from shapeguard import pyproject
from shapeguard.pyproject import CHECKS


@dataclass(frozen=True, slots=True)
class Mode:
    """`check`: off, shapes, or values (shapes and values); `answer`: raise, warn or breakpoint."""

    check: str = "values"
    answer: str = "raise"


_configured = ""


def parse(text: str, base: Mode, source: str) -> Mode:
    """`base` with the words of `text`: at most one of each kind, separated by commas.

    Raises:
        ValueError: a word is none of them; `source` says where it stood.
    """
    for word in pyproject.words(text):
        if word in CHECKS:
            base = replace(base, check=word)
        elif word in pyproject.ANSWERS:
            base = replace(base, answer=word)
        else:
            raise ValueError(f"{source}: {pyproject.unknown(word)}")
    return base


def configure(mode: str) -> None:
    """Sets what functions decorated from now on do, where neither their argument nor the environment says otherwise.

    Args:
        mode: words separated by commas: off, shapes or values; raise, warn or breakpoint.

    Raises:
        ValueError: a word is none of them.
    """
    global _configured  # noqa: PLW0603  (one setting a process)
    parse(mode, Mode(), "configure")
    _configured = mode


@functools.cache
def project() -> Mode:
    """What the nearest pyproject.toml says, seen from the working directory: read once, when the first function is decorated.

    Raises:
        ValueError: it says what no mode is; the message has the file and the line.
    """
    try:
        source = pyproject.nearest((Path.cwd(),), lenient=True)
        return Mode() if source is None else parse(pyproject.guard_words(source), Mode(), source.shown)
    except pyproject.ConfigError as error:
        raise ValueError(str(error)) from None
    except OSError:  # the working directory is gone
        return Mode()


def current(argument: str | None) -> Mode:
    """The mode of a function that is being decorated: its argument before the environment, `configure` and pyproject.toml."""
    mode = parse(_configured, project(), "configure")
    mode = parse(os.environ.get("SHAPEGUARD", ""), mode, "SHAPEGUARD in the environment")
    return parse(argument or "", mode, "guard(mode=...)")
