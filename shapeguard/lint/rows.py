"""The rows of the inventory: each loss of the files that were asked for, with its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.questions.gaps import advice, gaps, missing
from shapeguard.analysis.questions.verdict import Verdict, divisors, padding_sentence, shift_sentence, what_counts
from shapeguard.lint.finding import Finding

if TYPE_CHECKING:
    from shapeguard.analysis.survey.entries import Entry

VerdictName = Literal["fault", "understood", "unknown", "unreached"]
VERDICTS: tuple[VerdictName, ...] = ("fault", "understood", "unknown", "unreached")


@dataclass(frozen=True)
class Row:
    """One call that is a loss.

    A fault: an error or a warning was found at it (also one that a comment silences). Unknown: something is missing to judge it,
    or the interpreter came by and could not follow it. Unreached: it never came by, and `missing` says why.
    """

    entry: Entry
    found: tuple[Finding, ...] = ()  # the errors and warnings at it
    silenced: bool = False  # whether none of those is shown

    @cached_property
    def place(self) -> Place:
        """Where the call stands."""
        place: Place = self.entry.site.place
        return place

    @property
    def path(self) -> str:
        """The file that it stands in, for which no position has to be worked out."""
        path: str = self.entry.site.module.path
        return path

    @property
    def spelling(self) -> str:
        """How the loss is written: `F.cross_entropy`, `model(labels=)`, the class of the project that is called."""
        return self.entry.spelling

    @cached_property
    def verdict(self) -> VerdictName:
        """The worst of its contexts."""
        if self.found:
            return "fault"
        if self.entry.unreached:
            return "unreached"
        unknown = self.entry.gap or any(gaps(loss) for loss in self.entry.losses)
        return "unknown" if unknown else "understood"

    @property
    def codes(self) -> tuple[str, ...]:
        """The rules that found a fault, in order."""
        return tuple(sorted({f.code for f in self.found}))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What is not known of it, in any of its contexts; of one that was not reached, why."""
        real = [loss for loss in self.entry.losses if not loss.tried]  # what is only tried out says nothing beside them
        gaps = [gap for loss in real or self.entry.losses for gap in missing(loss)]
        return tuple(dict.fromkeys(x for x in (*gaps, self.entry.gap, self.entry.unreached) if x))

    @property
    def help(self) -> str | None:
        """The one annotation, comment or call that would help most to understand it."""
        return next((told for loss in self.entry.losses if (told := advice(loss)) is not None), None)

    @property
    def counts(self) -> str | None:
        """What it counts, in each of its contexts."""
        return _joined_by_or(v.counts for v in self._verdicts)

    @property
    def ignores(self) -> str | None:
        """What it leaves out."""
        return _joined_by_or(v.ignores for v in self._verdicts)

    @property
    def divides(self) -> str | None:
        """What it divides by."""
        return _joined_by_or(way for loss in self.entry.losses for way in divisors(loss))

    @property
    def padding(self) -> str | None:
        """Whether the padding is in it, yes or no."""
        return _joined_by_or(padding_sentence(loss) for loss in self.entry.losses)

    @property
    def shift(self) -> str | None:
        """What is known of the shift between what was fed and what is scored."""
        return _joined_by_or(shift_sentence(loss) for loss in self.entry.losses)

    @cached_property
    def calls(self) -> tuple[Place, ...]:
        """The calls through which it was reached, outermost first."""
        at = self.entry.site.node
        sites = {id(c.node): c for loss in self.entry.losses for c in loss.calls if c.node is not at}
        return tuple(c.place for c in sites.values())

    @cached_property
    def _verdicts(self) -> list[Verdict]:
        return [what_counts(loss) for loss in self.entry.losses]

    @property
    def order(self) -> tuple[str, int, int, int]:
        """Rows are shown by file, cell, row and column."""
        p = self.place
        return (p.path, -1 if p.cell is None else p.cell, p.row, p.col)


def _joined_by_or(told: Iterable[str | None]) -> str | None:
    """What is told in any of the contexts; None where one of them has nothing to tell."""
    found = list(told)
    return None if None in found else ", or ".join(dict.fromkeys(t for t in found if t is not None)) or None


def rows_of(entries: Iterable[Entry], findings: Iterable[Finding], kept: Iterable[Finding]) -> tuple[Row, ...]:
    """A row for each loss; `kept` are the findings that nothing silences."""
    at: dict[Place, list[Finding]] = {}
    through: dict[Place, list[Finding]] = {}
    for finding in findings:
        if finding.severity in ("error", "warning"):
            at.setdefault(finding.place, []).append(finding)
            for call in finding.calls:
                through.setdefault(call, []).append(finding)
    reported = {(f.code, f.place) for f in kept}
    paths = {place.path for place in (*at, *through)}
    rows: list[Row] = []
    for entry in entries:
        row = Row(entry)
        if row.path in paths:
            inner = {loss.site.place for loss in entry.losses if loss.site.node is not entry.site.node}
            found = [*at.get(row.place, ()), *(f for f in through.get(row.place, ()) if f.place in inner)]
            row = Row(entry, tuple(found), bool(found) and not any((f.code, f.place) in reported for f in found))
        rows.append(row)
    return tuple(rows)


def share(rows: Sequence[Row]) -> int:
    """How many of a hundred losses, the unreached ones included, are understood or found to be wrong."""
    known = sum(row.verdict in ("fault", "understood") for row in rows)
    return 100 * known // len(rows) if rows else 100


def not_understood(rows: Sequence[Row]) -> int:
    """How many losses are unknown or unreached: what `--max-unknown` bounds."""
    return sum(row.verdict in ("unknown", "unreached") for row in rows)
