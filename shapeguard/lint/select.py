"""Selectors (codes, prefixes, names, ALL) -> which rules are on, and for which files."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from shapeguard.config import Settings, suggestion
from shapeguard.pyproject import cut


@dataclass(frozen=True, slots=True)
class Known:
    """What selection needs to know of a rule."""

    code: str
    name: str
    opt_in: bool = False


@dataclass(frozen=True, slots=True)
class ToolRule:
    """A finding about a file, which has no loss call and so no file in rules/."""

    code: str
    name: str
    why: str


TOOL_RULES = (
    ToolRule("SG001", "syntax-error", "A file that cannot be read or parsed is a finding, not a crash: nothing in it was checked."),
    ToolRule(
        "SG002",
        "unused-ignore",
        "A `# shapeguard: ignore[...]` that silences nothing hides the next fault on its line. Remove it.\n"
        "Only comments for rules that are on are looked at; `# noqa: SG101` never is.",
    ),
)

TOOL = tuple(Known(rule.code, rule.name) for rule in TOOL_RULES)


@dataclass
class Selection:
    """Which codes are on; the more specific selector wins, and of equals `ignore`."""

    settings: Settings
    known: Mapping[str, Known]  # by code
    enabled: frozenset[str] = field(init=False)
    _codes: dict[str, frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        s = self.settings
        for key, selectors in (("select", s.select), ("ignore", s.ignore), *((f"per-file-ignores.{p}", c) for p, c in s.per_file_ignores)):
            for selector in selectors:
                if not self.codes(selector) and not (self.may_be_of_others(selector) and key in s.where):
                    words = ["ALL", *self.known, *(k.name for k in self.known.values())]
                    raise s.error(key, f'there is no rule "{cut(selector)}"{suggestion(selector, words)}')
        self.enabled = frozenset(c for c in self.known if self._is_on(c))
        _ = self._per_file  # an invalid pattern is reported, whatever is found

    def codes(self, selector: str) -> frozenset[str]:
        """The codes that a selector stands for; empty where it stands for none."""
        if (found := self._codes.get(selector)) is None:
            found = self._codes[selector] = self._codes_of(selector)
        return found

    def _codes_of(self, selector: str) -> frozenset[str]:
        if selector.upper() == "ALL":
            return frozenset(self.known)
        named = frozenset(c for c, k in self.known.items() if k.name == selector.lower())
        return named or (frozenset(c for c in self.known if c.startswith(selector.upper())) if selector else frozenset())

    def may_be_of_others(self, selector: str) -> bool:
        """Whether a selector that stands for nothing may be a rule that was not loaded."""
        words = [*self.known, *(k.name for k in self.known.values())]
        return bool(self.settings.no_rules and selector) and not selector.upper().startswith("SG") and not suggestion(selector, words)

    def on(self, code: str, path: str) -> bool:
        """Whether a code is reported in a file."""
        return code in self.enabled and code not in self.ignored_in(path)

    def ignored_in(self, path: str) -> Collection[str]:
        """The codes that per-file-ignores switches off in a file."""
        found: set[str] = set()
        for matches, codes in self._per_file:
            if matches(path):
                found |= codes
        return found

    @cached_property
    def everything(self) -> bool:
        """Whether every rule that is on by default is on: only then has a bare `ignore` had its chance."""
        return all(k.opt_in or k.code in self.enabled for k in self.known.values())

    @cached_property
    def _per_file(self) -> list[tuple[Callable[[str], bool], frozenset[str]]]:
        patterns = self.settings.per_file_ignores
        return [(matcher([pattern], self.settings, f"per-file-ignores.{pattern}"), self._union(codes)) for pattern, codes in patterns]

    def _union(self, selectors: Iterable[str]) -> frozenset[str]:
        return frozenset(c for s in selectors for c in self.codes(s))

    def _is_on(self, code: str) -> bool:
        chosen = self._weight(code, self.settings.select)
        if (not self.settings.select and not self.known[code].opt_in) or code == "SG001":
            chosen = max(chosen, 0)
        return chosen > self._weight(code, self.settings.ignore)

    def _weight(self, code: str, selectors: Iterable[str]) -> int:
        """How specific the closest selector is: -1 none, 0 ALL, then the length of the prefix; a name is a whole code."""
        best = -1
        for s in selectors:
            if code in self.codes(s):
                best = max(best, 0 if s.upper() == "ALL" else len(s) if code.startswith(s.upper()) else len(code))
        return best


def matcher(patterns: Sequence[str], settings: Settings, key: str = "exclude") -> Callable[[str], bool]:
    """Whether a path matches one of the patterns, which are as in .gitignore and relative to the configuration."""
    if not patterns:
        return lambda path: False
    from shapeguard.lint.files import as_lines
    from shapeguard.lint.gitignore import Ignore, matches_nothing

    lines = as_lines(patterns)
    for written, line in zip(patterns, lines, strict=True):
        if why := matches_nothing(line):
            raise settings.error(key, f'not a pattern: "{cut(written)}" {why}')
    ignore = Ignore.of(lines, os.path.realpath(settings.root or os.curdir))
    # Path.resolve raises for a link to itself
    return lambda path: ignore.takes_out(os.path.realpath(path))
