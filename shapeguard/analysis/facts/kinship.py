"""Whether a mask was made from the ids that it is used on, or from others that lie beside them: words beside their tags."""

from __future__ import annotations

from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import Mask, Step, Tensor

_SAME_IDS: frozenset[StepKind] = frozenset(
    {"mask", "index", "view", "reshape", "flatten", "unsqueeze", "squeeze", "transpose", "permute", "cast"}
)
_FAR = 256  # steps of a history that are looked through


def of_other_ids(mask: Mask | None, ids: Tensor) -> bool:
    """Whether a mask tells where other ids than these have a value; False where that is not known."""
    if mask is None or mask.kind != "id" or mask.of is None:
        return False
    if mask.others:
        return True
    if ids.origin is None or mask.of.source == ids.origin.source:
        return False
    made_of = _compared(mask.step)
    return not any(id(step) in made_of for step in _nearer(ids.step))


def of_these_ids(mask: Mask, ids: Tensor) -> bool:
    """Whether a mask is seen to be made of these ids, or of what they were cut from."""
    if mask.of is not None and ids.origin is not None and mask.of.source == ids.origin.source:
        return True
    made_of = _compared(mask.step)
    return any(id(step) in made_of for step in _nearer(ids.step))


def _compared(step: Step | None) -> frozenset[int]:
    """The steps of what was compared to make a mask, and of what that was cut from, by id()."""
    found: set[int] = set()
    todo = [step] if step is not None else []
    for _ in range(_FAR):
        if not todo:
            break
        for parent in todo.pop().parents:
            found.add(id(parent))
            if parent.kind in _SAME_IDS:
                todo.append(parent)
    return frozenset(found)


def _nearer(step: Step | None) -> list[Step]:
    """The nearer steps of a history."""
    found = [step] if step is not None else []
    seen = {id(s) for s in found}
    for one in found:  # grows as it is gone over
        for parent in one.parents if len(found) < _FAR else ():
            if id(parent) not in seen:
                seen.add(id(parent))
                found.append(parent)
    return found
