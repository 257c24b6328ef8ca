"""`ast.parse` for several threads at once."""

from __future__ import annotations

import ast
import threading
from typing import Any, Literal

_one_at_a_time = threading.RLock()


def parse(source: str, mode: Literal["exec", "eval"] = "exec", file: str = "<unknown>") -> Any:
    """The tree of a source, as `ast.parse` gives it.

    Python before 3.11.8 counts how deep a tree is in one place for all threads, and raises SystemError where two of them meet.
    """
    with _one_at_a_time:
        return ast.parse(source, file, mode)
