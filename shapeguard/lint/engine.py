"""Files -> losses -> reports of rules -> findings: the whole of a run, without a word about how it is shown."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading.dependents import ALONE, Dependents, dependents
from shapeguard.analysis.reading.parse import Module, Unparsable
from shapeguard.analysis.reading.project import Project, find_root, mentions_loss, read_bytes
from shapeguard.config import Settings
from shapeguard.lint.agreed import with_agreed_fixes
from shapeguard.lint.doubts import nothing_checked, unmatched_losses
from shapeguard.lint.files import find_files, project_files
from shapeguard.lint.finding import Finding
from shapeguard.lint.history import reasons, rests_on
from shapeguard.lint.registry import error_line, load
from shapeguard.lint.rows import Row, rows_of
from shapeguard.lint.select import TOOL, Known, Selection, matcher
from shapeguard.lint.suppress import apply_ignore_comments, may_ignore
from shapeguard.rule import Report, Rule
from shapeguard.safe_files import leads_out, repository

if TYPE_CHECKING:
    from shapeguard.analysis.facts import values
    from shapeguard.analysis.facts.trail import Trail


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
    unread: tuple[Unparsable, ...] = ()  # files that name a loss and that Python, or a later one, may read: only we cannot

    def exit_code(self, strict: bool = False) -> int:
        """1 where a finding counts, else 0: warnings count when strict, infos never."""
        levels = {"error", "warning"} if strict else {"error"}
        return int(any(f.severity in levels for f in self.findings))

    def counts(self) -> list[tuple[str, str, int]]:
        """Code and name of each rule that found something, and how often, the most frequent first."""
        counted = Counter((f.code, f.name) for f in self.findings)
        return sorted(((code, name, n) for (code, name), n in counted.items()), key=lambda row: (-row[2], row[0]))


def check_paths(paths: Sequence[str], settings: Settings, overlay: Mapping[str, bytes] | None = None) -> Result:
    """Checks files and folders; `overlay` holds contents to take instead of what the disk has, by absolute path."""
    contents = dict(overlay or {})
    rules = load_for(settings)
    selection = _selection(settings, rules.values())
    excluded = matcher(settings.exclude, settings)
    wanted = [p for p in paths if os.path.abspath(p) not in contents and not (os.path.isfile(p) and excluded(p))]
    root, base = str(find_root(paths)), str(settings.root) if settings.root else None
    within = repository(root)
    listed = find_files(wanted, settings.exclude, base, within)
    files = list(dict.fromkeys(os.path.abspath(f) for f in [*listed.files, *contents]))
    read = _reader(contents, within, set(files))
    whole = any(os.path.abspath(p) == root for p in wanted)

    def all_files() -> list[str]:
        return files if whole else [*files, *project_files(root, settings.exclude, base, within)]

    run = _Run(Project(root, read, files=all_files, asked=files, losses=settings.losses), files, settings, selection, whole)
    result = run.check([rule for code, rule in rules.items() if code in selection.enabled], contents)
    warnings = list(listed.warnings) if result.files else [*listed.warnings, nothing_checked(paths, settings, within)]
    return replace(result, warnings=(*warnings, *result.warnings, *unmatched_losses(settings, root, read)))


def load_for(settings: Settings) -> dict[str, Rule]:
    """The rules that the settings name, and our own."""
    return load(() if settings.no_rules else settings.rules, settings.root, settings.more_rules)


def check_source(source: str | bytes, *, rules: Iterable[Rule] | None = None, path: str = "stdin.py") -> list[Finding]:
    """Checks one program that stands alone, by default with every rule; raises OwnFailure where something of ours fails."""
    settings = Settings(select=("ALL",))
    chosen = list(load().values() if rules is None else rules)
    folder = os.path.abspath("<source>")  # does not exist: nothing beside the program is looked at
    full = os.path.join(folder, path)
    data = source if isinstance(source, bytes) else source.encode()
    run = _Run(Project(folder, _reader({full: data}), asked=[full]), [full], settings, _selection(settings, chosen), whole=True)
    result = run.check(chosen, {full: data})
    if result.failures or result.unread:
        raise OwnFailure("; ".join((*(f.message for f in result.failures), *(f"{path}:{u.row}: {u.message}" for u in result.unread))))
    return [_renamed(f, path) for f in result.findings]


def _selection(settings: Settings, rules: Iterable[Rule]) -> Selection:
    known = (*TOOL, *(Known(r.code, r.name, r.level == "opt-in") for r in rules))
    return Selection(settings, {k.code: k for k in known})


def _reader(contents: Mapping[str, bytes], within: str = "", asked: Collection[str] = ()) -> Callable[[str], bytes]:
    """How files are read: from `contents`, else from the disk; links out of `within` are followed only to what was asked for."""

    def read(path: str) -> bytes:
        if path in contents:
            return contents[path]
        if within and path not in asked and leads_out(path, within):
            raise OSError(errno.EPERM, "the link leads out of the project", path)
        return read_bytes(path)

    return read


class _Run:
    """One run over the files of one project."""

    def __init__(self, project: Project, files: Sequence[str], settings: Settings, selection: Selection, whole: bool) -> None:
        self._project = project
        self._files = files
        self._asked = frozenset(files)
        self._whole = whole  # whether these are all the files of the project
        self._settings = settings
        self._selection = selection
        self._failures: list[Failure] = []
        self._unreadable: list[tuple[str, str]] = []

    def check(self, rules: Sequence[Rule], contents: Mapping[str, bytes]) -> Result:
        from shapeguard.analysis.survey.entries import elsewhere
        from shapeguard.analysis.survey.run import analyse

        roots, commented = self._sort(contents)
        settings = self._settings
        others = ALONE if self._whole else dependents(self._project, self._files)
        analysis = analyse(self._project, roots, others, losses=settings.losses, ignore_index=settings.ignore_index, counted=self._files)
        self._failures += [Failure(f.path, f.message) for f in analysis.failures]
        asked = self._asked
        found = [(loss, f) for loss in analysis.losses for rule in rules for f in self._found(rule, loss, analysis.trail)]
        findings = _merged(with_agreed_fixes(found, [loss for loss in analysis.losses if not loss.discarded]))
        findings = [f for f in findings if f.place.path in asked or self._concerns(f, asked)]
        for path in commented:
            self._project.module_at(path)
        broken = [self._project.broken[path] for path in roots if path in self._project.broken]
        findings += self._wrong_syntax(e for e in broken if e.wrong)
        modules = {path: m for path in (*analysis.modules, *commented) if (m := self._project.module_at(path)) is not None}
        kept = self._silenced(findings, commented, modules, clean=not analysis.bounded)
        others_found = elsewhere(analysis.losses, {f.place for f in kept if f.place.path not in asked})
        return Result(
            tuple(sorted(kept, key=lambda f: f.order)),
            rows_of((*analysis.entries, *others_found), findings, kept),
            tuple(self._failures),
            tuple(analysis.bounded),
            len(self._files),
            modules,
            warnings=(_cut(others),) if others.cut else (),
            unread=tuple(e for e in broken if not e.wrong),
        )

    def _concerns(self, finding: Finding, asked: frozenset[str]) -> bool:
        """Whether a loss of another file, which is not excluded, rests on one that was asked for."""
        return not asked.isdisjoint(finding.rests_on) and finding.place.path in self._project.imports.down

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

    def _found(self, rule: Rule, loss: values.LossCall, trail: Trail) -> list[Finding]:
        found: list[Finding] = []
        if (loss.discarded and not rule.raises) or (loss.tried and rule.of_data):
            return found
        try:
            found.extend(_finding(rule, loss, report, trail) for report in rule.check(loss))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a rule that ends the program would pass for a run without findings
            where: Place = loss.site.place
            message = f"{rule.code} failed on the loss in line {where.row}: {error_line(error)}"
            self._failures.append(Failure(where.path, message))
        return found

    def _wrong_syntax(self, broken: Iterable[Unparsable]) -> list[Finding]:
        found = [(e.path, e.row, e.col, f"cannot be parsed: {e.message}") for e in broken]
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
            complete = clean and path not in failed and path in self._asked
            kept += found if module is None else apply_ignore_comments(module, found, self._selection, complete=complete)
        return kept


def _cut(others: Dependents) -> str:
    """That not all files were looked at whose losses the given ones can touch."""
    return f"{others.looked_at} of {others.total} other files were looked at whose losses may rest on what was given: the nearest ones"


def _finding(rule: Rule, loss: values.LossCall, report: Report, trail: Trail) -> Finding:
    sure = report.sure and not loss.doubted
    if not isinstance(report.message, str) or not isinstance(report.help, str):
        raise TypeError("the message and the help of a report must be strings")
    return Finding(
        rule.code,
        rule.name,
        "info" if rule.level == "opt-in" or report.beside else "error" if sure else "warning",
        report.message,
        loss.site.place,
        sure,
        tuple(reasons(report, loss)),
        tuple(c.place for c in loss.calls),
        report.help,
        report.fix,
        rests_on(report, loss, trail),
    )




def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a code and place: contexts share it, the sure one speaks, and the call sites of all are kept."""
    found: dict[tuple[str, Place], Finding] = {}
    for f in findings:
        old = found.get((f.code, f.place))
        if old is None:
            found[f.code, f.place] = f
            continue
        first = f if f.sure and not old.sure else old
        calls = tuple(dict.fromkeys((*old.calls, *f.calls)))
        found[f.code, f.place] = replace(first, calls=calls, rests_on=old.rests_on | f.rests_on)
    return list(found.values())


def _renamed(finding: Finding, path: str) -> Finding:
    """The same finding, with the name that the caller gave to the source."""
    reasons = tuple(replace(r, place=replace(r.place, path=path)) for r in finding.because)
    calls = tuple(replace(c, path=path) for c in finding.calls)
    return replace(finding, place=replace(finding.place, path=path), because=reasons, calls=calls, rests_on=frozenset({path}))


__all__ = ["Failure", "OwnFailure", "Result", "check_paths", "check_source"]
