"""Reports for people: full frames, one line a finding, one line a loss, and the closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from shapeguard.lint.engine import Result, Site
from shapeguard.lint.finding import Finding
from shapeguard.plain import at_start, plain
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


def full(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """A frame for every finding."""
    for finding in result.findings:
        yield from one(finding, sources, painter(colour, finding.severity))
        yield ""


def one(finding: Finding, sources: Sources, paint: Paint) -> Iterator[str]:
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
    if finding.help:
        first, *rest = map(plain, finding.help.split("\n"))
        yield f"{margin}{paint('=', 'gutter')} {paint('help:', 'help')} {first}"
        yield from (f"{margin}        {line}" for line in rest)
    if new := sources.fixed(finding):
        yield f"{margin}{paint('=', 'gutter')} {paint('fix:', 'help')} {plain(' '.join(new.split()))}"


def concise(result: Result, sources: Sources, colour: bool) -> Iterator[str]:
    """One line a finding."""
    for f in result.findings:
        head = painter(colour)(f.code, f.severity)
        level = "" if f.severity == "error" else f" ({f.severity})"
        yield f"{sources.at(f.place)}: {head} {f.name}{level}: {plain(f.message)}"


def statistics(result: Result) -> Iterator[str]:
    """How often each rule was found, the most frequent first."""
    counted = Counter((f.code, f.name) for f in result.findings)
    width = len(str(max(counted.values(), default=0)))
    for (code, name), n in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        yield f"{n:>{width}}  {code}  {name}"


def losses(result: Result, sources: Sources) -> Iterator[str]:
    """One line a loss: what it counts, ignores and divides by."""
    found: dict[str, list[str]] = {}
    for f in result.findings:
        found.setdefault(sources.at(f.place), []).append(f.code)
    for site in _ordered(result):
        at = sources.at(site.place)
        quiet = "silenced" if site.place in result.silenced else "no finding" if site.understood else "not understood"
        verdict = ", ".join(found.get(at, ())) or quiet
        for said in site.counts:
            yield f"{at}: {plain(said)} [{verdict}]"


def unknown(result: Result, sources: Sources) -> Iterator[str]:
    """The losses that were not understood, and what would help."""
    for site in _ordered(result):
        if site.place not in result.judged:
            yield f"{sources.at(site.place)}: not understood: {plain('; '.join(site.missing))}"
    for at, why in _unread(result, sources):
        yield f"{at}: not understood: {why}"


def _unread(result: Result, sources: Sources) -> list[tuple[str, str]]:
    return [(at_start(f"{sources.name(u.path)}:{u.row}"), plain(u.message)) for u in result.unread]


def _ordered(result: Result) -> list[Site]:
    return sorted(result.sites, key=lambda s: (s.place.path, -1 if s.place.cell is None else s.place.cell, s.place.row, s.place.col))


def failures(result: Result, sources: Sources) -> Iterator[str]:
    """What could not be looked into, and our own faults, for stderr."""
    yield from (f"shapeguard: {plain(w)}" for w in result.warnings)
    for f in result.failures:
        yield f"shapeguard: failure of our own in {plain(sources.name(f.path))}: {plain(' '.join(f.message.split()))}"


def closing(result: Result, sources: Sources, colour: bool, hint: bool = True) -> Iterator[str]:
    """What was looked at, what was understood, what was found."""
    paint = painter(colour)
    known = sum(s.place in result.judged for s in result.sites)
    lost = len(result.sites) - known + len(result.failures) + len(result.unread)
    more = " (--show-unknown says why)" if lost and hint else ""
    seen = f"{_count(result.files, 'file')} checked, {_count(len(result.sites), 'loss call')}"
    yield f"{seen}: {known} understood, {lost} not understood{more}"
    if result.failures:
        yield f"{_count(len(result.failures), 'failure')} of our own, see above"
    if result.unread:
        (at, why), *others = _unread(result, sources)
        yield f"{_count(len(result.unread), 'file')} not read: {at}: {why}" + (f", and {len(others)} more" if others else "")
    if result.bounded:
        shown = ", ".join(map(plain, result.bounded[:3])) + (f" and {len(result.bounded) - 3} more" if len(result.bounded) > 3 else "")
        yield f"stopped early, too much work, in {shown}"
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


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
