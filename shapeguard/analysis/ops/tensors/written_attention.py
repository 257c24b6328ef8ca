"""Attention that is written out: scores of each position for each other, what a mask hides of them, and the values that they weigh."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.values import Mask, Note, NoteKind, Step, Tensor
from shapeguard.analysis.ops.common import hides_later, union

_PAIRS: tuple[NoteKind, ...] = ("pairs", "pairs-across")
_REACHES: tuple[NoteKind, ...] = ("bidirectional", "mixed-time", "causal")


def product_notes(left: Tensor, right: Tensor, step: Step) -> tuple[Note, ...]:
    """The notes of a matrix product: of scores where both sides were made from ids, of what was attended to where one side is scores."""
    if not left.fed or not right.fed:
        return union((left.notes, right.notes))
    for weights, values in ((left, right), (right, left)):
        found = weights.note("pairs") or weights.note("pairs-across")
        if found is not None:
            return _attended(weights, values, found, step)
    asking, asked = ({origin.source for origin in side.fed} for side in (left, right))
    if asked >= asking:  # of one sequence for itself
        return union((left.notes, right.notes, (Note("pairs", step),)))
    # what a memory sees of itself is its own matter
    return union((left.notes, _notes_without(right, _REACHES), (Note("pairs-across", step),)))


def _attended(weights: Tensor, values: Tensor, found: Note, step: Step) -> tuple[Note, ...]:
    asking = _notes_without(weights, (*_PAIRS, "triangle"))
    if found.kind == "pairs-across":
        return union((asking, _notes_without(values, _REACHES)))
    reach: NoteKind = "bidirectional" if found.mask is None else "causal" if found.mask.kind == "causal" else "mixed-time"
    before = union((asking, values.notes))
    seen: NoteKind = next(r for r in _REACHES if r == reach or any(n.kind == r for n in before))
    return union((tuple(n for n in before if n.kind not in _REACHES), (Note(seen, step),)))


def _notes_without(x: Tensor, kinds: tuple[NoteKind, ...]) -> tuple[Note, ...]:
    return tuple(n for n in x.notes if n.kind not in kinds)


def hidden(scores: Tensor, mask: Tensor) -> tuple[Note, ...]:
    """The notes of scores of which a mask hides some; of anything else, its own."""
    found = scores.note("pairs")
    if found is None:
        triangle = mask.note("triangle")
        return union((scores.notes, (triangle,) if triangle is not None and not scores.fed else ()))
    later = hides_later(mask)
    if found.mask is not None and not later:
        return scores.notes
    kept = Mask("causal", "unknown", step=mask.step) if later else Mask("given", "unknown", step=mask.step)
    return tuple(replace(n, mask=kept) if n is found else n for n in scores.notes)


def arithmetic_notes(a: Tensor, b: Tensor) -> tuple[Note, ...]:
    """The notes of a sum or product of two tensors: `scores + bias` hides what the bias hides."""
    for scores, mask in ((a, b), (b, a)):
        if scores.note("pairs") and not mask.fed:
            return union((hidden(scores, mask), _notes_without(mask, ("triangle",))))
    return union((a.notes, b.notes))
