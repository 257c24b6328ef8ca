"""Whether padding may be all that tells a model where its output stops, as in a reader of images with room for so many letters."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Same
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import Axis, LossCall, Step
from shapeguard.analysis.questions.coverage import Uncovered
from shapeguard.analysis.questions.ids import same_id

_IDS: frozenset[StepKind] = frozenset({"embedding", "embedding_bag", "one_hot"})  # by which ids enter a model


def stops_by_padding(loss: LossCall, pad: Uncovered) -> bool:
    """Whether a model that is fed no ids writes rows of a length that the targets have no part in, and these have no end of their own.

    >>> [stops_by_padding(padded, pad) for pad in uncovered_fills(padded)]
    [False]
    """
    if loss.family == "model" or loss.logits.fed or loss.logits.step is None or loss.unused_masks:
        return False
    if any(same_id(end.id, pad.value) is Same.NO for end in loss.targets.ends):
        return False
    made = loss.logits.step.history()
    if any(step.kind in _IDS for step in made):
        return False
    return any(step.kind == "image layer" or _of_a_vector(step) for step in made) or _of_heads(made)


def _of_a_vector(step: Step) -> bool:
    """Whether it is a layer over one vector a row of the batch: positions come later."""
    if step.kind != "linear" or step.shape is None or step.shape.rank != 2:
        return False
    rows = step.shape.axes[0]
    return isinstance(rows, Axis) and rows.size is not None and rows.size.sym is not None and rows.size.sym.role == "batch"


def _of_heads(made: tuple[Step, ...]) -> bool:
    """Whether each position has a layer of its own, and what they share is not known."""
    stacks = [step.parents for step in made if step.kind == "stack" and step.parents]
    return any(all(p.kind == "linear" and not p.parents for p in parents) for parents in stacks)
