"""A small project and the command over it: what the tests of `shapeguard check`, `inventory` and `rule` share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAULT = "import torch.nn.functional as F\ndef step(x, y):\n    return F.cross_entropy(F.softmax(x, dim=-1), y)\n"
CLEAN = "import torch.nn.functional as F\ndef step(x, y):\n    return F.cross_entropy(x, y)\n"
LOCAL_RULE = '''
from shapeguard.rule import Report, Rule, WrongNumber


class Local(Rule):
    """Why it matters. And more."""

    code, name, bad, good, claims = "LOC001", "local-rule", "bad = 1", "good = 1", (WrongNumber(),)
    {level}

    def check(self, loss):
        {check}
'''
HANG = 900.0  # seconds that a test waits before it takes a process for hanging: on a busy machine all takes long


@dataclass
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects of `--output-format json`."""
        rows: list[dict[str, Any]] = json.loads(self.out)
        return rows

    @property
    def found(self) -> list[tuple[str, str, int]]:
        """Of the findings in JSON: code, severity, row."""
        return [(f["code"], f["severity"], f["location"]["row"]) for f in self.rows]


Run = Callable[..., Done]  # the fixture `run` of conftest.py: run("check", "a.py", stdin=b"...")


def check(run: Run, *arguments: str, stdin: bytes | None = None) -> Done:
    """`shapeguard check`, with findings in JSON."""
    return run("check", "--output-format", "json", *arguments, stdin=stdin)


def files(**contents: str | bytes) -> None:
    """Writes `a/b.py` for `a__b="..."`."""
    for name, text in contents.items():
        path = Path(name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def configure(text: str, folder: str = ".") -> None:
    """Writes a pyproject.toml with these keys."""
    Path(folder, "pyproject.toml").write_text(f"[tool.shapeguard]\n{text}\n")


def local_rule(check: str, level: str = "") -> None:
    """Writes a rule of the project, and the configuration that names it."""
    files(lint__local=LOCAL_RULE.format(check=check, level=level))
    configure('rules = ["lint"]')
