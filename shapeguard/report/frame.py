"""A code frame: the lines that a finding is about, underlined, with margin notes, as compilers print them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shapeguard.analysis.facts.steps import Place
from shapeguard.printable import pieces, plain
from shapeguard.report.sources import Sources

WIDTH = 150  # columns of source shown of one line
ROWS = 8  # lines shown of one long call
TAB = "    "

Paint = Callable[[str, str], str]  # (text, style) -> text; styles: gutter, primary, note, and those of the header


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of source with a margin note; the primary one is what the finding is about."""

    place: Place
    text: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class _Underline:
    """A mark on one line of display: columns from 0, the end exclusive."""

    start: int
    end: int
    text: str
    primary: bool


def frame(marks: Iterable[Mark], sources: Sources, paint: Paint) -> list[str]:
    """The lines of a frame: the primary mark's file first, every other file under its own name."""
    groups: dict[tuple[str, int | None], list[Mark]] = {}
    for mark in sorted(marks, key=lambda m: not m.primary):
        groups.setdefault((mark.place.path, mark.place.cell), []).append(mark)
    gutter = max((len(str(m.place.end_row)) for group in groups.values() for m in group), default=1)
    out: list[str] = []
    for n, group in enumerate(groups.values()):
        place = min(group, key=lambda m: (not m.primary, m.place.row, m.place.col)).place
        arrow = ":::" if n else "-->"
        out.append(" " * gutter + paint(arrow, "gutter") + " " + sources.at(place))
        out += _Block(group, sources, paint, gutter).lines()
    return out


class _Block:
    """The marked lines of one file."""

    def __init__(self, marks: list[Mark], sources: Sources, paint: Paint, gutter: int) -> None:
        self._sources = sources
        self._paint = paint
        self._gutter = gutter
        self._place = marks[0].place
        self._long = next((m for m in marks if m.primary and m.place.end_row > m.place.row), None)
        self._marks: dict[int, list[Mark]] = {}
        for mark in marks:
            if mark is not self._long:
                self._marks.setdefault(mark.place.row, []).append(mark)

    def lines(self) -> list[str]:
        out = [self._row("", "")]
        last = 0
        for row in self._rows():
            if last and row == last + 2:
                out.append(self._source(last + 1)[0])
            elif last and row > last + 1:
                out.append(self._paint("...", "gutter"))
            out += self._source(row)
            last = row
        out.append(self._row("", ""))
        return out

    def _rows(self) -> list[int]:
        rows = set(self._marks)
        if self._long is not None:
            first, last = self._long.place.row, self._long.place.end_row
            inside = range(first, last + 1)
            rows.update(inside if len(inside) <= ROWS else [*inside[: ROWS - 2], last])
        return sorted(rows)

    def _row(self, number: str, text: str) -> str:
        return f"{self._paint(number.rjust(self._gutter) + ' |', 'gutter')} {text}".rstrip()

    def _source(self, row: int) -> list[str]:
        """A line of source and the notes under it."""
        text = self._sources.line(self._place, row)
        marks = self._marks.get(row, [])
        columns = [m.place.col - 1 for m in marks]
        start = max(0, min(columns, default=0) - 24) if len(text) > WIDTH and max(columns, default=0) > WIDTH - 40 else 0
        shown = text[start : start + WIDTH]
        cut = "..." if len(text) > start + WIDTH else ""

        cells = _cells(shown)

        def column(index: int) -> int:
            return sum(map(_width, cells[: max(0, index - start)]))

        notes: list[_Underline] = []
        for mark in marks:
            end = mark.place.end_col - 1 if mark.place.end_row == row else len(text.rstrip())
            left = column(mark.place.col - 1)
            notes.append(_Underline(left, max(left + 1, column(end)), plain(mark.text), mark.primary))
        bar = self._bar(row)
        lines = [self._row(str(row), bar + "".join(cells) + cut)]
        first, last = (self._long.place.row, self._long.place.end_row) if self._long else (0, 0)
        if self._long and row == first:
            lines.append(self._row("", self._paint(" " + "_" * (column(self._long.place.col - 1) + 1) + "^", "primary")))
        under = self._bar(row + 1) if self._long and first <= row < last else self._bar(row)
        lines += [self._row("", under + text) for text in _notes(notes, self._paint)]
        if self._long and row == last:
            foot = "|" + "_" * column(self._long.place.end_col - 2) + "_^"
            label = f" {plain(self._long.text)}" if self._long.text else ""
            lines.append(self._row("", self._paint(foot + label, "primary")))
        return lines

    def _bar(self, row: int) -> str:
        """The line beside the rows of a long call."""
        if self._long is None:
            return ""
        return self._paint("|", "primary") + " " if self._long.place.row < row <= self._long.place.end_row else "  "


def _notes(notes: list[_Underline], paint: Paint) -> list[str]:
    """One row of underlines; the last note stands behind it where nothing is to its right, the others hang below."""
    if not notes:
        return []
    notes = _merged(notes)
    width = max(n.end for n in notes)
    marks: list[tuple[str, str]] = [(" ", "")] * width
    for n in sorted(notes, key=lambda n: n.start - n.end):  # the short ones over the long ones
        marks[n.start : n.end] = [("^", "primary") if n.primary else ("-", "note")] * (n.end - n.start)
    hanging = [n for n in notes if n.text]
    inline = hanging[-1] if hanging and hanging[-1].end == width else None
    head = _painted(marks, paint)
    if inline:
        head += " " + paint(inline.text, _style(inline))
        hanging.pop()
    out = [head]
    if hanging:
        out.append(_painted(_stems(hanging), paint))
    while hanging:
        note = hanging.pop()
        stems = _stems(hanging)
        stems += [(" ", "")] * (note.start - len(stems))
        out.append(_painted(stems[: note.start], paint) + paint(note.text, _style(note)))
    return out


def _merged(notes: list[_Underline]) -> list[_Underline]:
    """By start; notes that start together hang as one, or one stem would hide the other."""
    found: dict[int, _Underline] = {}
    for n in sorted(notes, key=lambda n: (n.start, n.end, not n.primary)):
        old = found.get(n.start)
        if old is None:
            found[n.start] = n
        else:
            text = "; ".join(dict.fromkeys(t for t in (old.text, n.text) if t))
            found[n.start] = replace(old, end=max(old.end, n.end), text=text, primary=old.primary or n.primary)
    return list(found.values())


def _stems(notes: list[_Underline]) -> list[tuple[str, str]]:
    cells: list[tuple[str, str]] = [(" ", "")] * (max((n.start for n in notes), default=-1) + 1)
    for n in notes:
        cells[n.start] = ("|", _style(n))
    return cells


def _style(note: _Underline) -> str:
    return "primary" if note.primary else "note"


def _painted(cells: list[tuple[str, str]], paint: Paint) -> str:
    out, run, style = "", "", ""
    for char, kind in [*cells, ("", "end")]:
        if kind != style:
            out += paint(run, style) if run and style else run
            run, style = "", kind
        run += char
    return out


def _cells(text: str) -> list[str]:
    """What is shown of each character."""
    return [TAB if char == "\t" else shown for char, shown in zip(text, pieces(text), strict=True)]


def _width(text: str) -> int:
    """The columns that a terminal gives a text."""
    if text.isascii():
        return len(text)
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)
