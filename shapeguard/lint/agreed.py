"""Fixes that every loss agrees on: what one call site or one criterion is to be changed to serves all that it computes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from shapeguard.lint.finding import Finding

if TYPE_CHECKING:
    from shapeguard.analysis.facts.values import LossCall
    from shapeguard.rule import Fix


def with_agreed_fixes(found: Iterable[tuple[LossCall, Finding]], losses: Iterable[LossCall]) -> Iterator[Finding]:
    """The findings, without the fixes that another loss of the same place does not ask for, or asks for in other words."""
    users: dict[int, set[int]] = {}
    for loss in losses:
        for site in (loss.site, loss.made.site if loss.made is not None else None):
            if site is not None:
                users.setdefault(id(site.node), set()).add(loss.uid)
    pairs = list(found)
    wanted: dict[tuple[int, str], dict[tuple[object, ...], set[int]]] = {}
    for loss, finding in pairs:
        if finding.fix is not None:
            wanted.setdefault((id(finding.fix.at.node), finding.code), {}).setdefault(_edit(finding.fix), set()).add(loss.uid)
    for _, finding in pairs:
        if finding.fix is not None:
            node = id(finding.fix.at.node)
            edits = wanted[node, finding.code]
            if len(edits) > 1 or not users.get(node, set()) <= edits[_edit(finding.fix)]:
                finding = replace(finding, fix=None)
        yield finding


def _edit(fix: Fix) -> tuple[object, ...]:
    return fix.template, fix.options, fix.called
