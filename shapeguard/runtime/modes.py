"""How much is checked and what happens then: by argument, by `configure`, and by the environment, which has the last word."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

CHECKS = ("off", "shapes", "values")
ANSWERS = ("raise", "warn", "breakpoint")


@dataclass(frozen=True, slots=True)
class Mode:
    """`check`: off, shapes, or values (shapes and values); `answer`: raise, warn or breakpoint."""

    check: str = "values"
    answer: str = "raise"


_configured = Mode()


def parse(text: str, base: Mode, source: str) -> Mode:
    """`base` with the words of `text`: at most one of each kind, separated by commas.

    Raises:
        ValueError: a word is none of them; `source` says where it stood.
    """
    for word in filter(None, (w.strip().lower() for w in text.split(","))):
        if word in CHECKS:
            base = replace(base, check=word)
        elif word in ANSWERS:
            base = replace(base, answer=word)
        else:
            raise ValueError(f"{source}: {word!r} is none of {', '.join((*CHECKS, *ANSWERS))}")
    return base


def configure(mode: str) -> None:
    """Sets what functions decorated from now on do, where neither their argument nor the environment says otherwise.

    Args:
        mode: words separated by commas: off, shapes or values; raise, warn or breakpoint.

    Raises:
        ValueError: a word is none of them.
    """
    global _configured  # noqa: PLW0603  (one setting a process)
    _configured = parse(mode, Mode(), "configure")


def current(argument: str | None) -> Mode:
    """The mode of a function that is being decorated: environment before argument before `configure`."""
    mode = parse(argument or "", _configured, "guard(mode=...)")
    return parse(os.environ.get("SHAPEGUARD", ""), mode, "SHAPEGUARD in the environment")
