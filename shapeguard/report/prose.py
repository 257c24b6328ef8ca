"""What reports for people are made of: the frame of a finding, the line of a loss, and the closing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from shapeguard.lint.engine import Result
from shapeguard.lint.finding import Finding
from shapeguard.lint.rows import VERDICTS, Row, not_understood, share
from shapeguard.printable import at_start, plain
from shapeguard.report.frame import Mark, Paint, frame
from shapeguard.report.sources import Sources

MARKS = 8  # margin notes of one finding; json has them all
CALLS = 3  # call sites named under one finding

_BASE = {"gutter": "34;1", "note": "34", "help": "36;1", "bold": "1", "good": "32;1", "dim": "2"}
_SEVERITY = {"error": "31;1", "warning": "33;1", "info": "36;1"}


def painter(colour: bool, severity: str = "error") -> Paint:
    """Colours a text, or leaves it as it is."""
    if not colour:
        return lambda text, style: text
    codes = _BASE | _SEVERITY | {"primary": _SEVERITY[severity]}
    return lambda text, style: f"\x1b[{codes[style]}m{text}\x1b[0m" if text else ""


def finding_frame(finding: Finding, sources: Sources, paint: Paint) -> Iterator[str]:
    """The frame of one finding."""
    head = paint(f"{finding.severity}[{finding.code}]", finding.severity)
    yield f"{head} {paint(finding.name, 'bold')}: {plain(finding.message)}"
    spelled = sources.text(finding.place)
    own = "; ".join(dict.fromkeys(r.message for r in finding.because if r.place == finding.place and not spelled.startswith(r.message)))
    others = [r for r in finding.because if r.place != finding.place]
    marks = [Mark(finding.place, own, primary=True), *(Mark(r.place, r.message) for r in others[:MARKS])]
    lines = frame(marks, sources, paint)
    yield from lines
    margin = " " * (max(len(str(m.place.end_row)) for m in marks) + 1)
    if len(others) > MARKS:
        yield f"{margin}{paint('=', 'gutter')} {_count(len(others) - MARKS, 'more step')} led here"
    if finding.calls:
        shown = ", ".join(sources.at(c) for c in finding.calls[:CALLS])
        more = f" and {len(finding.calls) - CALLS} more" if len(finding.calls) > CALLS else ""
        yield f"{margin}{paint('=', 'gutter')} called from {shown}{more}"
    framed = {m.place.path for m in marks} | {c.path for c in finding.calls[:CALLS]}
    if unseen := sorted(sources.name(path) for path in finding.rests_on - framed):
        more = f" and {_count(len(unseen) - CALLS, 'other file')}" if len(unseen) > CALLS else ""
        yield f"{margin}{paint('=', 'gutter')} rests on {', '.join(unseen[:CALLS])}{more} too"
    if finding.help:
        first, *rest = map(plain, finding.help.split("\n"))
        yield f"{margin}{paint('=', 'gutter')} {paint('help:', 'help')} {first}"
        yield from (f"{margin}        {line}" for line in rest)
    if new := sources.fixed(finding):
        yield f"{margin}{paint('=', 'gutter')} {paint('fix:', 'help')} {plain(' '.join(new.split()))}"


def statistics(result: Result) -> Iterator[str]:
    """How often each rule was found, the most frequent first."""
    counts = result.counts()
    width = len(str(max((n for _, _, n in counts), default=0)))
    for code, name, n in counts:
        yield f"{n:>{width}}  {code}  {name}"


def losses(result: Result, sources: Sources) -> Iterator[str]:
    """One line a loss: its verdict, what it counts, ignores and divides by, and whether the padding is in it."""
    for row in sorted(result.rows, key=lambda r: r.order):
        yield f"{sources.at(row.place)}: {plain(row.spelling)}: {plain(_verdict(row))}"


def _verdict(row: Row) -> str:
    parts = [f"{name} {value}" for name, value in (("counts", row.counts), ("ignores", row.ignores), ("divides by", row.divides)) if value]
    parts += [f"padding: {row.padding}"] if row.padding else []
    parts += [f"shift: {row.shift}"] if row.shift else []
    head: str = row.verdict
    if row.codes:
        head += f" ({', '.join(row.codes)}{', silenced' if row.silenced else ''})"
    elif row.missing:
        head += f" ({'; '.join(row.missing)})"
    return "; ".join([head, *parts])


def unknown(result: Result, sources: Sources) -> Iterator[str]:
    """The losses that were not understood, and what would help."""
    for row in sorted((r for r in result.rows if r.verdict in ("unknown", "unreached")), key=lambda r: r.order):
        help_ = f"; what would help most: {row.help}" if row.help else ""
        yield f"{sources.at(row.place)}: {plain(row.spelling)}: {row.verdict}: {plain('; '.join(row.missing) + help_)}"
    for at, why in _unread(result, sources):
        yield f"{at}: not understood: {why}"


def _unread(result: Result, sources: Sources) -> list[tuple[str, str]]:
    return [(at_start(f"{sources.name(u.path)}:{u.row}"), plain(u.message)) for u in result.unread]


def counted(result: Result, more: str = "") -> str:
    """How many losses there are, by verdict, and the share that is understood or found to be wrong."""
    found = Counter(row.verdict for row in result.rows)
    counts = ", ".join(_count(found[v], v) if v == "fault" else f"{found[v]} {v}" for v in VERDICTS)
    part = f"{share(result.rows)} % understood" if result.rows else ""
    said = "; ".join(x for x in (part, more) if x)
    return f"{_count(len(result.rows), 'loss call')}: {counts}" + (f" ({said})" if said else "")


def failures(result: Result, sources: Sources) -> Iterator[str]:
    """What could not be looked into, and our own faults, for stderr."""
    yield from (f"shapeguard: {plain(w)}" for w in result.warnings)
    for f in result.failures:
        yield f"shapeguard: failure of our own in {plain(sources.name(f.path))}: {plain(' '.join(f.message.split()))}"


def closing(result: Result, sources: Sources, colour: bool, hint: bool = True) -> Iterator[str]:
    """What was looked at, what was understood, what was found."""
    paint = painter(colour)
    more = "--show-unknown says why" if hint and (not_understood(result.rows) or result.unread) else ""
    yield f"{_count(result.files, 'file')} checked, {counted(result, more)}"
    yield from short_of(result, sources)
    severity = Counter(f.severity for f in result.findings)
    if not severity:
        yield paint("no findings", "good")
        return
    order: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("error", lambda n: _count(n, "error")),
        ("warning", lambda n: _count(n, "warning")),
        ("info", lambda n: f"{n} info"),
    )
    yield "found " + ", ".join(paint(say(severity[kind]), kind) for kind, say in order if severity[kind])  # type: ignore[index]


def summary(result: Result, sources: Sources) -> Iterator[str]:
    """The closing line of the inventory: what was looked at, and how many losses have which verdict."""
    yield f"{_count(result.files, 'file')} checked, {counted(result)}"
    yield from short_of(result, sources)


def short_of(result: Result, sources: Sources) -> Iterator[str]:
    """What was not looked into as far as it might have been."""
    if result.failures:
        yield f"{_count(len(result.failures), 'failure')} of our own, see above"
    if result.unread:
        (at, why), *others = _unread(result, sources)
        yield f"{_count(len(result.unread), 'file')} not read: {at}: {why}" + (f", and {len(others)} more" if others else "")
    if result.bounded:
        shown = ", ".join(map(plain, result.bounded[:3])) + (f" and {len(result.bounded) - 3} more" if len(result.bounded) > 3 else "")
        yield f"stopped early, too much work, in {shown}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
