"""Files -> losses -> reports of rules -> findings: the whole of a run, without a word about how it is shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shapeguard.analysis.parse import Module, Place
from shapeguard.analysis.project import Project, find_root, mentions_loss, read_bytes
from shapeguard.config import Settings
from shapeguard.lint.files import find_files
from shapeguard.lint.finding import Finding, Reason
from shapeguard.lint.inventory import Row, rows_of
from shapeguard.lint.registry import load
from shapeguard.lint.select import TOOL, Known, Selection, matcher
from shapeguard.lint.suppress import may_ignore, suppress
from shapeguard.rule import Report, Rule

if TYPE_CHECKING:
    from shapeguard.analysis import values


REASONS = 32  # steps kept of one finding's history


class OwnFailure(Exception):
    """The analysis or a rule failed on a source that was to be checked: a fault of ours, or of the rule."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A fault of our own, in the reading of one file."""

    path: str
    message: str


@dataclass(frozen=True)
class Result:
    """All that a run found out."""

    findings: tuple[Finding, ...]
    rows: tuple[Row, ...]  # every loss of the files that were asked for
    failures: tuple[Failure, ...]
    bounded: tuple[str, ...]  # where the work was cut off
    files: int
    modules: Mapping[str, Module]  # every file that had to be parsed, by path
    warnings: tuple[str, ...] = ()  # what could not be looked into

    def exit_code(self, strict: bool = False) -> int:
        """1 where a finding counts, else 0: warnings count when strict, infos never."""
        levels = {"error", "warning"} if strict else {"error"}
        return int(any(f.severity in levels for f in self.findings))


def check_paths(paths: Sequence[str], settings: Settings, overlay: Mapping[str, bytes] | None = None) -> Result:
    """Checks files and folders; `overlay` holds contents to take instead of what the disk has, by absolute path."""
    contents = dict(overlay or {})
    rules = load(settings.rules)
    selection = _selection(settings, rules.values())
    excluded = matcher(settings.exclude, settings)
    wanted = [p for p in paths if os.path.abspath(p) not in contents and not (os.path.isfile(p) and excluded(p))]
    listed = find_files(wanted, settings.exclude, str(settings.root) if settings.root else None)
    run = _Run(Project(find_root(paths), _reader(contents)), [*listed.files, *contents], settings, selection)
    result = run.check([rule for code, rule in rules.items() if code in selection.enabled], contents)
    return replace(result, warnings=tuple(listed.warnings))


def check_source(source: str | bytes, *, rules: Iterable[Rule] | None = None, path: str = "stdin.py") -> list[Finding]:
    """Checks one program that stands alone, by default with every rule; raises OwnFailure where something of ours fails."""
    settings = Settings(select=("ALL",))
    chosen = list(load().values() if rules is None else rules)
    folder = os.path.abspath("<source>")  # does not exist: nothing beside the program is looked at
    full = os.path.join(folder, path)
    data = source if isinstance(source, bytes) else source.encode()
    run = _Run(Project(folder, _reader({full: data})), [full], settings, _selection(settings, chosen))
    result = run.check(chosen, {full: data})
    if result.failures:
        raise OwnFailure("; ".join(f.message for f in result.failures))
    return [_renamed(f, path) for f in result.findings]


def _selection(settings: Settings, rules: Iterable[Rule]) -> Selection:
    known = (*TOOL, *(Known(r.code, r.name, r.level == "opt-in") for r in rules))
    return Selection(settings, {k.code: k for k in known})


def _reader(contents: Mapping[str, bytes]) -> Callable[[str], bytes]:
    return lambda path: contents[path] if path in contents else read_bytes(path)


class _Run:
    """One run over the files of one project."""

    def __init__(self, project: Project, files: Sequence[str], settings: Settings, selection: Selection) -> None:
        self._project = project
        self._files = list(dict.fromkeys(os.path.abspath(f) for f in files))
        self._settings = settings
        self._selection = selection
        self._failures: list[Failure] = []
        self._unreadable: list[tuple[str, str]] = []

    def check(self, rules: Sequence[Rule], contents: Mapping[str, bytes]) -> Result:
        from shapeguard.analysis.run import analyse

        roots, commented = self._sort(contents)
        told = self._settings
        analysis = analyse(self._project, roots, losses=told.losses, ignore_index=told.ignore_index, counted=self._files)
        self._failures += [Failure(f.path, f.message) for f in analysis.failures]
        asked = set(self._files)
        losses = [loss for loss in analysis.losses if loss.site.module.path in asked]
        findings = _merged(found for loss in losses for rule in rules for found in self._found(rule, loss))
        for path in commented:
            self._project.module_at(path)
        findings += self._broken(asked)
        modules = {path: m for path in (*analysis.modules, *commented) if (m := self._project.module_at(path)) is not None}
        kept = self._silenced(findings, commented, modules, clean=not analysis.bounded)
        return Result(
            tuple(sorted(kept, key=lambda f: f.order)),
            rows_of(analysis.entries, findings, kept),
            tuple(self._failures),
            tuple(analysis.bounded),
            len(self._files),
            modules,
        )

    def _sort(self, contents: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
        """The files that can hold a loss, and those with a comment of ours; a file that cannot be read is noted."""
        words = tuple(name.rpartition(".")[2] for name in self._settings.losses)
        roots: list[str] = []
        commented: list[str] = []
        for path in self._files:
            try:
                data = contents[path] if path in contents else read_bytes(path)
            except OSError as error:
                self._unreadable.append((path, error.strerror or str(error)))
                continue
            if mentions_loss(data, words):
                roots.append(path)
            if may_ignore(data):
                commented.append(path)
        return roots, commented

    def _found(self, rule: Rule, loss: values.LossCall) -> list[Finding]:
        found: list[Finding] = []
        try:
            found.extend(_finding(rule, loss, report) for report in rule.check(loss))
        except Exception as error:
            where: Place = loss.site.place
            message = f"{rule.code} failed on the loss in line {where.row}: {type(error).__name__}: {error}"
            self._failures.append(Failure(where.path, message))
        return found

    def _broken(self, asked: set[str]) -> list[Finding]:
        found = [(e.path, e.row, e.col, f"cannot be parsed: {e.message}") for p, e in self._project.broken.items() if p in asked]
        found += [(path, 1, 1, f"cannot be read: {why}") for path, why in self._unreadable]
        return [
            Finding("SG001", "syntax-error", "error", message, Place(path, row, col, row, col + 1))
            for path, row, col, message in found
        ]

    def _silenced(
        self, findings: list[Finding], commented: Sequence[str], modules: Mapping[str, Module], clean: bool
    ) -> list[Finding]:
        """Without what comments and per-file-ignores silence, and with the comments that silence nothing."""
        failed = {f.path for f in self._failures}
        by_path: dict[str, list[Finding]] = {p: [] for p in commented}
        for finding in findings:
            if self._selection.on(finding.code, finding.place.path):
                by_path.setdefault(finding.place.path, []).append(finding)
        kept: list[Finding] = []
        for path, found in by_path.items():
            module = modules.get(path)
            kept += found if module is None else suppress(module, found, self._selection, complete=clean and path not in failed)
        return kept


def _finding(rule: Rule, loss: values.LossCall, report: Report) -> Finding:
    sure = report.sure and not loss.doubted
    return Finding(
        rule.code,
        rule.name,
        "info" if rule.level == "opt-in" or report.beside else "error" if sure else "warning",
        report.message,
        loss.site.place,
        sure,
        tuple(_reasons(report.steps, loss)),
        tuple(c.place for c in loss.calls),
        report.help,
        report.fix,
    )


def _reasons(steps: Iterable[values.Step], loss: values.LossCall) -> Iterator[Reason]:
    """The steps that a report names, then those that led to them, the nearest first; each once.

    Everything leads to the loss itself: what is behind it is told where a report names nothing else.
    """
    level = list(steps)
    alone = len(level) == 1
    seen: set[int] = set()
    told: set[Reason] = set()
    while level and len(told) < REASONS:
        above: list[values.Step] = []
        for step in level:
            if id(step) in seen or step.site is None:
                continue
            seen.add(id(step))
            reason = Reason(step.site.place, step.text, "" if step.shape is None else str(step.shape))
            if reason.message and reason not in told:
                told.add(reason)
                yield reason
            if alone or step.site.node is not loss.site.node:
                above += step.parents
        level = above


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a code and place: contexts share it, the sure one speaks, and the call sites of all are kept."""
    found: dict[tuple[str, Place], Finding] = {}
    for f in findings:
        old = found.get((f.code, f.place))
        if old is None:
            found[f.code, f.place] = f
            continue
        first = f if f.sure and not old.sure else old
        found[f.code, f.place] = replace(first, calls=tuple(dict.fromkeys((*old.calls, *f.calls))))
    return list(found.values())


def _renamed(finding: Finding, path: str) -> Finding:
    """The same finding, with the name that the caller gave to the source."""
    reasons = tuple(replace(r, place=replace(r.place, path=path)) for r in finding.because)
    calls = tuple(replace(c, path=path) for c in finding.calls)
    return replace(finding, place=replace(finding.place, path=path), because=reasons, calls=calls)


__all__ = ["Failure", "OwnFailure", "Result", "check_paths", "check_source"]
