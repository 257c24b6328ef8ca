"""Which losses that are written by hand come to be a loss: by what becomes of them, and by what they are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from shapeguard.analysis.facts.uses import After, Uses

_CALLED = re.compile(r"loss|(^|_)(nlls?|xent|ce|criterion)(_|\d|$)|cross_?entropy", re.IGNORECASE)
_ENTRYWISE = frozenset({"clamp", "nan_to_num", "fill"})  # after these a log-probability of one position still is one
State: TypeAlias = "tuple[int, bool, bool, bool]"  # the uid of the loss; whether it is negated, one number already, a plain sum


@lru_cache(maxsize=4096)
def called_loss(name: str) -> bool:
    """Whether a name says that what it holds, or gives, is a loss."""
    return _CALLED.search(name) is not None


def uids_that_become_losses(
    picked: Mapping[int, tuple[bool, bool]], kept: Collection[Uses], named: Collection[Uses], returned: Collection[Uses]
) -> set[int]:
    """The uids of what was picked by hand and becomes a loss; `picked` says of each whether it is negated, and one number, already.

    It goes into a backward pass, or is called a loss, or is negated, added up to one number and returned. What is multiplied by
    something unknown on its way, compared with other log-probabilities or taken the exponential of is no cross entropy: the advantage
    of a policy, its ratio to an old one.
    """
    if not picked:
        return set()
    found: set[int] = set()
    states: dict[Uses, frozenset[State]] = {}
    for use in sorted(_all((*kept, *named, *returned)), key=lambda u: u.number):  # what is made of something has the larger number
        before = (state for parent in use.parents for state in states.get(parent, ()))
        here = {after for state in before if (after := _then(state, use.what)) is not None}
        if use.loss is not None and use.loss in picked:
            here.add((use.loss, *picked[use.loss], False))
        states[use] = frozenset(here)
        if use in named or (use.what is not None and use.what.op == "backward"):
            found |= {loss for loss, *_ in here}
        elif use in returned:
            found |= {loss for loss, negated, one, _ in here if negated and one}
    return found


def _all(uses: Iterable[Uses]) -> set[Uses]:
    found: set[Uses] = set()
    todo = list(uses)
    while todo:
        use = todo.pop()
        if use not in found:
            found.add(use)
            todo.extend(use.parents)
    return found


def _then(state: State, what: After | None) -> State | None:
    """What is true of a loss after one more thing was done to it; None where it no longer is a cross entropy."""
    loss, negated, one, total = state
    if what is None:
        return state
    if what.op == "neg" or (what.number is not None and what.number < 0):
        return loss, not negated, one, total
    scaled_by_unknown = what.op == "times" and what.mask is None and what.count is None and what.by is None and what.name != "where"
    if scaled_by_unknown and (total or not one):
        return None
    if one:
        return loss, negated, one, total and what.op != "div"
    if what.op in ("sum", "mean"):
        whole = what.step is None or what.step.shape is None or what.step.shape.rank == 0
        return loss, negated, whole, whole and what.op == "sum"
    compared = what.op == "add" and what.name == "-" and what.by is None
    return None if compared or (what.op == "other" and what.name not in _ENTRYWISE) else state
