"""What a finding rests on: the steps that are shown with it, and every file that its loss came through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shapeguard.lint.finding import Reason
from shapeguard.rule import Report

if TYPE_CHECKING:
    from shapeguard.analysis.facts.trail import Trail
    from shapeguard.analysis.facts.values import LossCall, Step

REASONS = 32  # steps kept of one finding's history
MADE = 100  # characters shown of the call that makes a criterion


def reasons(report: Report, loss: LossCall) -> Iterator[Reason]:
    """The steps that a report names, where the criterion was made, then what led to them, the nearest first; each once.

    Everything leads to the loss itself: what is behind it is shown only where a report names nothing else.
    """
    level = list(report.steps)
    alone = len(level) == 1
    seen: set[int] = set()
    found: set[Reason] = set()
    first = True
    while (level or first) and len(found) < REASONS:
        above: list[Step] = []
        for step in level:
            if id(step) in seen or step.site is None:
                continue
            seen.add(id(step))
            reason = Reason(step.site.place, step.text, "" if step.shape is None else str(step.shape))
            if reason.message and reason not in found:
                found.add(reason)
                yield reason
            if alone or step.site.node is not loss.site.node:
                above += step.parents
        if first and loss.made is not None and id(loss.made) not in seen:
            seen.add(id(loss.made))
            found.add(made := _made(loss.made))
            yield made
        first = False
        level = above


def _made(step: Step) -> Reason:
    """Where the criterion was made, with what it was given."""
    place = step.site.place
    lines = [step.site.module.line(row, place.cell) for row in range(place.row, place.end_row + 1)]
    lines[-1] = lines[-1][: place.end_col - 1]
    lines[0] = lines[0][place.col - 1 :]
    text = " ".join("".join(lines).split())
    return Reason(place, f"the criterion is made here: {text if len(text) <= MADE else text[: MADE - 3] + '...'}")


def rests_on(report: Report, loss: LossCall, trail: Trail) -> frozenset[str]:
    """The files that a finding rests on: of all steps behind those that it names, and of the functions that were entered on the way.

    A step that is missing is a fault as often as one that is wrong: of the logits and of the targets all counts or nothing.
    """
    named = _behind(report.steps, trail, loss if len(report.steps) > 1 else None)
    logits, targets = (_behind([step] if step is not None else [], trail) for step in (loss.logits_step, loss.targets_step))
    found = {**named, **_behind([*loss.led, *([loss.made] if loss.made is not None else [])], trail)}
    of_logits = not named.keys().isdisjoint(logits.keys() - targets.keys())
    of_targets = not named.keys().isdisjoint(targets.keys() - logits.keys())
    if of_targets or not of_logits:
        found |= targets
    if of_logits:
        found |= logits
    places = [step.site for step in found.values() if step.site is not None]
    return frozenset(site.module.path for site in (loss.site, *loss.calls, *places))


def _behind(steps: Iterable[Step], trail: Trail, loss: LossCall | None = None) -> dict[int, Step]:
    """Some steps and all that they rest on, by id(); nothing behind the loss, where one is given."""
    found: dict[int, Step] = {}
    todo = list(steps)
    while todo:
        step = todo.pop()
        if id(step) in found:
            continue
        found[id(step)] = step
        if loss is None or step.site is None or step.site.node is not loss.site.node:
            todo.extend(trail.behind(step))
    return found


__all__ = ["REASONS", "reasons", "rests_on"]
