"""The text of the lines that reports show, and the names under which they show files."""

from __future__ import annotations

import os
from collections.abc import Mapping

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading.parse import Module
from shapeguard.lint.edits import replacement
from shapeguard.lint.finding import Finding
from shapeguard.printable import at_start
from shapeguard.safe_files import SOURCE, read_regular


class Sources:
    """Lines of parsed modules; of a file that could not be parsed, its lines as far as they can be read."""

    def __init__(self, modules: Mapping[str, Module], overlay: Mapping[str, bytes] | None = None) -> None:
        self._modules = modules
        self._raw = {path: data.decode("utf-8", "replace").splitlines() for path, data in (overlay or {}).items()}
        self._cwd = os.getcwd()

    def line(self, place: Place, row: int) -> str:
        """A row of the file, or of the notebook's cell, that a place stands in."""
        module = self._modules.get(place.path)
        if module is not None:
            return module.line(row, place.cell)
        lines = self._raw.get(place.path)
        if lines is None:
            lines = self._raw[place.path] = _read(place.path)
        return lines[row - 1] if 0 < row <= len(lines) else ""

    def text(self, place: Place) -> str:
        """What stands at a place."""
        lines = [self.line(place, row) for row in range(place.row, place.end_row + 1)]
        lines[-1] = lines[-1][: place.end_col - 1]
        lines[0] = lines[0][place.col - 1 :]
        return "\n".join(lines)

    def fixed(self, finding: Finding) -> str | None:
        """What the fix of a finding writes in the place of `finding.fix.at`; None where there is none, or it does not fit there."""
        fix = finding.fix
        return None if fix is None else replacement(self.text(fix.at.place), fix)

    def name(self, path: str) -> str:
        """Relative to the working directory where the file lies below it, else absolute; as it is, for programs."""
        full = os.path.abspath(path)
        inside = full.startswith(self._cwd.rstrip(os.sep) + os.sep)
        return os.path.relpath(full, self._cwd) if inside else full

    def at(self, place: Place) -> str:
        """`file:row:column` for people, with the cell of a notebook."""
        cell = "" if place.cell is None else f"cell {place.cell}:"
        return f"{at_start(self.name(place.path))}:{cell}{place.row}:{place.col}"


def _read(path: str) -> list[str]:
    if path.endswith(".ipynb"):
        return []
    try:
        return read_regular(path, SOURCE).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
