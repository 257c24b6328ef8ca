"""What is reported of a loss: what it counts, ignores and divides by, and what about it was not understood."""

from __future__ import annotations

from dataclasses import dataclass

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Same, Shape, same_shape
from shapeguard.analysis.facts.values import After, LossCall, Mask, Tensor
from shapeguard.analysis.questions.axis_roles import class_axis, offsets, positions, rows_of
from shapeguard.analysis.questions.padding import REDUCED, kept_out, late_mask, left_out_end, masks_of, takes_ignored_id, uncovered_fills

_DISCARDED = "its result is thrown away"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a loss counts, leaves out and divides by, and why it was let pass.

    `counts`, `ignores` and `divides` end the sentence "it counts, ignores, divides by"; `why` says what is known of the padding.
    """

    counts: str
    ignores: str
    divides: str
    why: str

    def __str__(self) -> str:
        return f"counts {self.counts}; ignores {self.ignores}; divides by {self.divides}; {self.why}"


def what_counts(loss: LossCall) -> Verdict:
    """The line that `check -v` gives a loss.

    >>> what_counts(masked).counts, what_counts(masked).divides
    ('the positions (B, T-1) that are not 0', 'the entries of the mask')
    """
    return Verdict(_counts(loss), _ignores(loss), _divides(loss), _why(loss))


def padding_sentence(loss: LossCall) -> str:
    """One sentence: is the padding in the loss, yes or no?"""
    targets = loss.targets
    if loss.discarded:
        return _DISCARDED
    if targets.padding == "none":
        return "no: the targets cannot hold padding"
    if late_mask(loss):
        return "yes: the mask comes when the loss is one number already, and keeps nothing out"
    if not targets.fills:
        if not _knows_padding(loss):
            return "not known: what makes the targets was not seen"
        if masks_of(loss):
            return "no padding was seen, and what the mask drops does not count"
        return "no padding was seen" + (f", and what is {_ignores(loss)} is ignored" if _by_id(loss) else "")
    pads = _pads(targets, "of an unknown id")
    answer = kept_out(loss)
    if answer is Same.MAYBE:
        return f"not known: padding {pads} is written, and whether what is left out is exactly that is not clear"
    return f"yes: padding {pads} reaches the loss" if answer is Same.NO else f"no: padding {pads} is kept out"


def shift_sentence(loss: LossCall) -> str | None:
    """How far the targets are ahead of what the model was fed; None where that is not known."""
    if loss.logits.note("shifts-inside"):
        return "the model shifts inside: each position is scored on the next id"
    ahead = {gap.const for gap, _ in offsets(loss)}
    gap = ahead.pop() if len(ahead) == 1 else None
    if gap is None:
        return None
    if gap == 0:
        return "the targets are the ids that were fed, at the same positions"
    return f"the targets are {abs(gap)} {'ahead of' if gap > 0 else 'behind'} the ids that were fed"


def _by_id(loss: LossCall) -> bool:
    return loss.family == "model" or loss.ignore_index.given or bool(loss.zero_weights or loss.targets.swaps)


def missing(loss: LossCall) -> tuple[str, ...]:
    """What is not understood of a loss, each with what would help; empty where nothing is.

    >>> missing(padded)
    ()
    """
    return tuple(f"{what}: {remedy}" for what, remedy in _gaps(loss))


def _gaps(loss: LossCall) -> list[tuple[str, str]]:
    """What is not understood of a loss, each with what would help."""
    gaps: list[tuple[str, str]] = []
    if loss.discarded:
        return gaps
    if loss.tried:
        gaps.append(("what it is trained on", "it is only tried on drawn ids, and trains nothing here; check the script that trains"))
    if not _knows_classes(loss):
        which = f"which axis of the logits {loss.logits.shape} holds the classes"
        gaps.append((which, "annotate them, or write a comment such as # (B, T, V)"))
    if not _knows_padding(loss):
        wanted = "ignore_index, or a mask" if takes_ignored_id(loss) else "a mask"
        gaps.append(("whether the targets hold padding", f"what makes them was not seen; give {wanted}"))
    if loss.reduction.value not in (*REDUCED, "none"):
        gaps.append(("the reduction", "it is not a constant here; write reduction='mean' at the loss"))
    if loss.ignore_index.value is None and (takes_ignored_id(loss) or loss.family == "model"):
        gaps.append(("the ignored id", "ignore_index is not a constant here; give it where the loss is made"))
    end = left_out_end(loss)
    if end is not None and not end.held:
        gaps.append(("whether the rows hold an end", f"none was seen to be put there, and its id {end.id} is left out"))
    if _lost(loss):
        gaps.append(("what becomes of the loss", "it goes more ways than are followed; decide what it is in fewer branches"))
    return gaps


def _lost(loss: LossCall) -> bool:
    return any(a.op == "unknown" for path in loss.after for a in path)


def _knows_classes(loss: LossCall) -> bool:
    if loss.family not in ("cross_entropy", "nll"):
        return True
    logits, targets = loss.logits.shape, loss.targets.shape
    if logits.rank is None or logits.rank <= 2:
        return logits.rank is not None or targets.rank in (0, 1)
    classes, rows = class_axis(loss), rows_of(loss)
    if classes is not None and (classes.role == "class" or _of_head(loss, classes)):
        return True
    if rows is not None and targets.rank is not None:
        return _fits(rows, targets) or _fits(logits.axes[:-1], targets) or targets.rank != logits.rank - 1
    return False


def _of_head(loss: LossCall, classes: Axis) -> bool:
    """Whether an axis is the one that a linear head made."""
    history = loss.logits_step.history() if loss.logits_step is not None else ()
    return any(s.kind == "linear" and s.shape is not None and s.shape.at(-1) == classes for s in history)


def _fits(rows: tuple[Axis | Pack, ...], targets: Shape) -> bool:
    return same_shape(Shape(rows), targets) is Same.YES


def _knows_padding(loss: LossCall) -> bool:
    targets = loss.targets
    if targets.fills or targets.padding != "unknown" or loss.family == "model":
        return True
    if loss.ignore_index.given or masks_of(loss) or loss.zero_weights or targets.swaps or late_mask(loss):
        return True
    if any(n.kind in ("rows-filtered", "half-rows", "python-filter") for n in (*targets.notes, *loss.logits.notes)):
        return True
    axes = [a for a in positions(loss) if not (isinstance(a, Axis) and a.size == Dim.of(1))]
    return targets.shape.rank is not None and all(isinstance(a, Axis) and a.role == "batch" for a in axes)


def _counts(loss: LossCall) -> str:
    where = f"positions {Shape(positions(loss))}" if loss.targets.shape.rank is not None else "positions of the targets"
    kept = [_mask_text(m) for m in masks_of(loss)]
    return f"the {where}" + (f" that {' and '.join(kept)}" if kept else "")


def _mask_text(mask: Mask) -> str:
    if mask.kind == "id":
        return f"are {'not ' if mask.keeps == 'others' else ''}{mask.id}"
    texts = {"lengths": "lie within the lengths", "attention": "the attention mask keeps", "threshold": "pass a threshold"}
    return texts.get(mask.kind, "a mask keeps")


def _ignores(loss: LossCall) -> str:
    ids: list[str] = []
    value: Dim | None = loss.ignore_index.value
    if loss.family in ("gather", "soft"):
        pass  # it has no such option
    elif value is None:
        ids.append("an id that is not known")
    elif loss.ignore_index.given or loss.targets.swaps:
        ids.append(f"id {value}")
    ids += [f"id {w} (weight 0)" for w in loss.zero_weights]
    for swap in loss.targets.swaps:
        if swap.new is not None and swap.new == value:
            ids.append(f"id {swap.by} (swapped to {value})" if swap.by is not None else f"positions swapped to {value}")
    if not ids and masks_of(loss):
        return "what the mask drops"
    return ", ".join(ids) or ("nothing" if value is None else f"nothing (ignore_index is left at {value})")


def _divides(loss: LossCall) -> str:
    if loss.reduction.value == "mean":
        return "the weights of the positions it counts" if loss.weight.value is not None else "the positions it counts"
    if loss.reduction.value == "batchmean":
        return "the first size of the logits"
    ends = [a for path in loss.after for a in path if a.op in ("div", "mean")]
    if _lost(loss):
        return "a number that is not known"
    if not ends:
        return "nothing (a sum)" if loss.reduction.value == "sum" else "what is done later with it"
    return ", ".join(dict.fromkeys(_divisor(a) for a in ends))


def _divisor(a: After) -> str:
    if a.op == "mean":
        return "what .mean() is taken over"
    kinds = {
        "mask": "the entries of the mask",
        "lengths": "the sum of the lengths",
        "numel": "all positions",
        "batch": "the batch size",
        "batches": "the number of batches",
        "time": "the length",
        "class": "the number of classes",
    }
    shown = a.text if a.by is not None else "a number that is not known"
    return kinds.get(a.count.kind if a.count else "", shown)


def _pads(targets: Tensor, unknown: str) -> str:
    """The ids that targets are padded with, each once."""
    return ", ".join(dict.fromkeys(unknown if f.id is None else str(f.id) for f in targets.fills))


def _why(loss: LossCall) -> str:
    """The end of the line of `check -v`; `padding_sentence` answers the same with yes or no, for the inventory."""
    targets = loss.targets
    if loss.discarded:
        return _DISCARDED
    if targets.padding == "none":
        return "the targets cannot hold padding"
    if not targets.fills:
        gaps = _gaps(loss)
        return f"not understood: {gaps[0][0]}" if gaps else "no padding was seen"
    pads = _pads(targets, "an unknown id")
    return f"padding {pads} reaches the loss" if uncovered_fills(loss) else f"padding {pads} is kept out"
