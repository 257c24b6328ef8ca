"""The programs in tests/cases: what they are, and what their markers say must be found in them.

A line that ends in `# SG101` (or `# SG201, SG301`) is flagged with exactly these codes; no other line is flagged.
A line that ends in `# ok: SG101` is a loss that looks like that fault and is right: counted, so that no rule goes untempted.
Opt-in rules are judged only in programs that are named after them (`sg303_...`) and on lines that are marked with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from shapeguard.lint.registry import load

CASES = Path(__file__).parent / "cases"
KNOWN_MISSES = CASES / "KNOWN_MISSES.txt"
OPT_IN = frozenset(code for code, rule in load().items() if rule.level == "opt-in")

_CODES = r"SG\d{3}(?:\s*,\s*SG\d{3})*"
_WRONG = re.compile(rf"#\s*({_CODES})\s*$")
_RIGHT = re.compile(rf"#\s*ok:\s*({_CODES})\s*$")


class Spot(NamedTuple):
    """A line of a program: its file within the program, the cell of a notebook, the row."""

    file: str
    cell: int | None
    row: int

    def __str__(self) -> str:
        cell = "" if self.cell is None else f"[{self.cell}]"
        return f"{self.file}{cell}:{self.row}"


@dataclass(frozen=True)
class Program:
    """One case: a file, a notebook, or a folder of files that is a project of its own."""

    path: Path

    @property
    def name(self) -> str:
        """The name without a suffix: `sg101_char_lstm`."""
        return self.path.stem

    @property
    def files(self) -> list[Path]:
        """Its sources."""
        return sorted(self.path.rglob("*.py")) if self.path.is_dir() else [self.path]

    def relative(self, file: Path) -> str:
        """A file's name within the program."""
        return str(file.relative_to(self.path if self.path.is_dir() else self.path.parent))

    def lines(self) -> Iterator[tuple[Spot, str]]:
        """Every line of code."""
        for file in self.files:
            for cell, text in pieces(file):
                for row, line in enumerate(text.splitlines(), 1):
                    yield Spot(self.relative(file), cell, row), line

    @cached_property
    def wrong(self) -> frozenset[tuple[Spot, str]]:
        """What must be found: the lines and their codes."""
        return frozenset(self._marked(_WRONG))

    @cached_property
    def right(self) -> frozenset[tuple[Spot, str]]:
        """The losses that are right and look like these faults."""
        return frozenset(self._marked(_RIGHT))

    def _marked(self, pattern: re.Pattern[str]) -> Iterator[tuple[Spot, str]]:
        for spot, line in self.lines():
            if match := pattern.search(line):
                for code in re.split(r"\s*,\s*", match[1]):
                    yield spot, code

    def differences(self, found: Iterable[tuple[Spot, str]]) -> list[str]:
        """How findings differ from the markers, one line each; nothing where they agree."""
        judged = {(spot, code) for spot, code in found if self._judged(spot, code)}
        missed = [f"missed {code} at {spot}" for spot, code in sorted(self.wrong - judged, key=str)]
        false = [f"false {code} at {spot}" for spot, code in sorted(judged - self.wrong, key=str)]
        return missed + false

    def _judged(self, spot: Spot, code: str) -> bool:
        return code not in OPT_IN or self.name.startswith(code.lower()) or (spot, code) in self.wrong


def pieces(file: Path) -> Iterator[tuple[int | None, str]]:
    """The source of a file, or that of each code cell of a notebook."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".ipynb":
        yield None, text
        return
    for index, cell in enumerate(json.loads(text)["cells"]):
        if cell["cell_type"] == "code":
            source = cell["source"]
            yield index, source if isinstance(source, str) else "".join(source)


def programs(folder: Path = CASES) -> list[Program]:
    """All programs of a folder."""
    return [Program(p) for p in sorted(folder.iterdir()) if p.suffix in {".py", ".ipynb"} or (p.is_dir() and any(p.rglob("*.py")))]


def known_misses() -> dict[str, str]:
    """Programs that the linter is known to judge wrongly, and why: `name: reason`, a line each."""
    if not KNOWN_MISSES.exists():
        return {}
    rows = [line.partition(":") for line in KNOWN_MISSES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name.strip(): reason.strip() for name, _, reason in rows}
