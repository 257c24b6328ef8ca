"""Jupyter notebooks -> one Python source, line for line, with what only IPython understands blanked."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shapeguard.analysis.reading.depth import measure
from shapeguard.analysis.reading.lexical import NEWLINE

_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_RUNS_ITS_BODY = frozenset(
    {"capture", "debug", "lprun", "memit", "mprun", "notify", "prun", "pyinstrument", "scalene", "snakeviz", "time", "timeit", "wandb"}
)
_LINE_MAGIC = re.compile(r"(\s*)(?:%{1,2}[A-Za-z_]|!|\?{1,2}\s*[A-Za-z_%]|%?[A-Za-z_][\w.*]*\?{1,2}\s*$)")
_ASSIGNED_MAGIC = re.compile(r"(\s*[A-Za-z_][\w.\[\]'\", ]*=)\s*[%!]")


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell: its index over all cells of the notebook, and the rows of the joined source that hold it."""

    index: int
    start: int
    rows: int


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells, joined: `source` as Python reads it, `lines` as people wrote them; both have the same rows."""

    source: str
    lines: list[str]
    cells: list[Cell]


def read_notebook(data: bytes) -> Notebook:
    """Joins the code cells; raises ValueError for what is not a notebook, SyntaxError where not one cell is Python.

    A cell that does not parse is blanked, and so is every cell of a notebook in another language.
    """
    content = json.loads(data.decode("utf-8-sig"))
    written = _code_cells(content)
    clean: list[str] = []
    lines: list[str] = []
    cells: list[Cell] = []
    first_error: SyntaxError | None = None
    understood = False
    for index, text in written:
        shown = NEWLINE.split(text)
        code, error = _python(shown)
        if error is None:
            understood = understood or any(code)
        else:
            first_error = first_error or _in_cell(error, index)
        cells.append(Cell(index, len(clean) + 1, len(shown)))
        clean += code
        lines += shown
    if first_error is not None and not understood:
        raise first_error
    return Notebook("\n".join(clean) + "\n" if clean else "", lines, cells)


def _code_cells(content: Any) -> list[tuple[int, str]]:
    """The text of every code cell, with its index over all cells; nothing for a notebook in another language."""
    if not isinstance(content, dict):
        raise ValueError("not a notebook: the JSON is not an object")
    found = content.get("cells")
    if found is None and isinstance(content.get("worksheets"), list):  # nbformat 3
        found = [c for sheet in content["worksheets"] if isinstance(sheet, dict) for c in sheet.get("cells") or ()]
    if not isinstance(found, list):
        raise ValueError("not a notebook: it has no cells")
    if not _language(content.get("metadata")).startswith(("python", "ipython")):
        return []
    code: list[tuple[int, str]] = []
    for index, cell in enumerate(found):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            text = cell.get("source", cell.get("input", ""))
            if isinstance(text, list):
                text = "".join(part for part in text if isinstance(part, str))
            code.append((index, text if isinstance(text, str) else ""))
    return code


def _language(metadata: Any) -> str:
    """What the notebook says it is written in; Python, if it says nothing."""
    if isinstance(metadata, dict):
        for key, name in (("language_info", "name"), ("kernelspec", "language")):
            part = metadata.get(key)
            if isinstance(part, dict) and isinstance(part.get(name), str):
                return str(part[name]).lower()
    return "python"


def _python(lines: list[str]) -> tuple[list[str], SyntaxError | None]:
    """The lines of a cell as Python, blank where they are not, and why the whole cell had to be blanked."""
    blank = [""] * len(lines)
    if not any(line.strip() for line in lines):
        return blank, None
    first = next(i for i, line in enumerate(lines) if line.strip())
    magic = _CELL_MAGIC.match(lines[first])
    if magic is not None:
        if magic[1] not in _RUNS_ITS_BODY:
            return blank, None
        lines = [*blank[: first + 1], *lines[first + 1 :]]
    if _error(lines) is None:
        return lines, None
    code = _without_magics(lines)
    error = _error(code)
    return (code, None) if error is None else (blank, error)


def _without_magics(lines: list[str]) -> list[str]:
    code: list[str] = []
    continued = False
    for line in lines:
        magic = _LINE_MAGIC.match(line)
        assigned = _ASSIGNED_MAGIC.match(line)
        if continued:
            code.append("")
        elif magic is not None:
            code.append(f"{magic[1]}pass" if magic[1] else "")  # a block must not become empty
        elif assigned is not None:
            code.append(f"{assigned[1]} None")
        else:
            code.append(line)
            continue
        continued = line.rstrip().endswith("\\")
    return code


def _error(lines: list[str]) -> SyntaxError | None:
    """Why the lines are no Python, of any version that libcst knows; raises TooDeep."""
    source = "\n".join(lines) + "\n"
    try:
        read = measure(source)
    except ValueError as refused:  # a null byte
        return SyntaxError(str(refused))
    error = read if isinstance(read, SyntaxError) else None
    if error is not None:
        import libcst as cst  # here alone, or the search for files would load it

        with suppress(cst.ParserSyntaxError):
            cst.parse_module(source)
            return None
    return error


def _in_cell(error: SyntaxError, index: int) -> SyntaxError:
    error.msg = f"cell {index}: {error.msg}"
    return error
