"""Whether padding reaches a loss and which fault lets it in; which ids are left out, and whether an end is among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapeguard.analysis.facts.kinship import of_other_ids
from shapeguard.analysis.facts.shapes import Dim, Same
from shapeguard.analysis.facts.values import After, LossCall, Mask, Step
from shapeguard.analysis.questions.coverage import (
    BY_HAND,
    REDUCED,
    Uncovered,
    covered,
    further_ids,
    keeps_out,
    masks_of,
    one_row,
    seen_as,
    unmasked_later,
)
from shapeguard.analysis.questions.ids import same_id


def uncovered_fills(loss: LossCall) -> tuple[Uncovered, ...]:
    """The fills that nothing keeps out: no swap to the ignored id, no ignore_index, zero weight, mask, selection or filter.

    >>> [str(pad.value) for pad in uncovered_fills(padded)], uncovered_fills(masked)
    (['0'], ())
    """
    found: list[Uncovered] = []
    for fill in loss.targets.fills:
        one = seen_as(loss, fill)
        if one is not None and not one_row(fill) and covered(loss, one) is Same.NO:
            found.append(one)
    return tuple(found)


def takes_ignored_id(loss: LossCall) -> bool:
    """Whether the call can be given an ignored id: not where log-probabilities are picked, nor where a model makes its own loss.

    >>> takes_ignored_id(padded)
    True
    """
    return loss.family not in (*BY_HAND, "model")


def late_mask(loss: LossCall) -> After | None:
    """A mask that was multiplied onto the loss when it was one number already.
    None where there is none: a mask on an unreduced loss is in time.

    >>> late_mask(masked) is None
    True
    """
    for path in loss.after:
        done = loss.reduction.value in REDUCED
        for a in path:
            if a.op == "times" and a.mask is not None and done:
                return a
            if a.op == "select" or (done and _among_others(a)):
                break
            done = done or (a.op == "mean" and _whole(a)) or (a.op == "sum" and _whole(a))
    return None


def _among_others(a: After) -> bool:
    """Whether one number was joined with many, as `values / values.std()`: a mask is then put onto those."""
    return a.op in ("other", "add", "neg", "times", "div") and (a.step is None or a.step.shape is None or a.step.shape.rank != 0)


def _whole(a: After) -> bool:
    """Whether a sum or mean was over all axes, as far as its step tells."""
    return a.step is not None and a.step.shape is not None and a.step.shape.rank == 0


def wrong_mask(loss: LossCall) -> Mask | None:
    """A mask that keeps the padding: the inverted one, one too long, one of another id, or one of other positions than the targets.
    None where there is none.

    >>> wrong_mask(masked) is None
    True
    """
    seen = [u for u in (seen_as(loss, f) for f in loss.targets.fills) if u is not None and u.value is not None]
    fed = {n.mask for n in loss.logits.notes} - {n.mask for n in loss.targets.notes}  # perhaps what the model was fed was selected
    for mask in masks_of(loss):
        if mask.keeps in ("pad", "one too many"):
            return mask
        if mask.kind == "id" and mask.keeps == "id":
            pads = [*(u.value for u in seen), *(u.fill.id for u in seen)]
            if any(same_id(i, v) is Same.YES for v in pads for i in mask.ids) or (mask.id is not None and mask.id.role == "pad"):
                return mask
        ignored_too = loss.ignore_index.given and any(same_id(i, loss.ignore_index.value) is Same.YES for i in mask.ids)
        if mask.kind == "id" and mask.keeps == "others" and not ignored_too and seen and all(keeps_out(mask, u) is Same.NO for u in seen):
            return mask if uncovered_fills(loss) else None
        mine, made = loss.targets.origin, mask.of if mask.kind in ("id", "lengths", "attention") and mask not in fed else None
        if mine is not None and made is not None and made.source == mine.source and made.start.same(mine.start) is Same.NO:
            return mask
    return None


def ignored_by_id(loss: LossCall) -> Iterator[tuple[Dim, Step | None]]:
    """The ids that are left out wherever they stand, padding or not, each with the step that says so.
    The default -100 is none of them: no vocabulary has it. None stands for a step where no step is known.

    >>> [str(id) for id, step in ignored_by_id(masked)], [str(id) for id, step in ignored_by_id(weighted)]
    (['0'], ['0'])
    """
    ignored: Dim | None = loss.ignore_index.value
    if ignored is not None and not (ignored.const is not None and ignored.const < 0):
        yield ignored, loss.step
    for swap in loss.targets.swaps:
        if not swap.partly and same_id(swap.new, ignored) is Same.YES:
            yield from ((one, swap.step) for one in (swap.by, *further_ids(swap)) if one is not None)
    masks = masks_of(loss)
    beside = {m.uid for m in masks if of_other_ids(m, loss.targets)}  # of other ids: where those are padded, these may be anything
    for mask in masks:
        if mask.kind == "id" and mask.keeps == "others" and mask.uid not in beside:
            yield from ((one, mask.step) for one in mask.ids if one is not None)
    for weightless in loss.zero_weights:
        yield weightless, loss.step


def ends_of(loss: LossCall) -> tuple[tuple[Dim, Step | None], ...]:
    """The ids that end sequences in these targets, and where that is seen: first those that were seen to be put there.
    None stands for a step where no step is known.

    >>> [str(id) for id, step in ends_of(weighted)]
    ['2']
    """
    if loss.family == "soft":
        return ()  # no id is scored
    pads = [f for f in loss.targets.fills if f.id is not None and f.id.sym is not None and f.id.sym.role == "eos"]
    put = ((end.id, end.step) for end in loss.targets.ends)
    return (*put, *loss.end_ids, *((f.id, f.step) for f in pads if f.id is not None))


def holds_end(loss: LossCall, end: Dim) -> bool:
    """Whether an id was seen to be put behind these targets, where others only know that it is one for ends.

    >>> holds_end(weighted, Dim.of(2)), holds_end(padded, Dim.of(2))
    (True, False)
    """
    return any(same_id(end, seen.id) is Same.YES for seen in loss.targets.ends)


@dataclass(frozen=True, slots=True)
class LeftOutEnd:
    """An id that ends sequences and that a loss leaves out, and whether the targets were seen to hold it.

    `written` is where it was said to be one for ends, and `left_out` where it is left out (None: not seen).
    """

    id: Dim  # which one
    written: Step | None
    left_out: Step | None
    held: bool  # False: it is only known to be an id for ends, and the rows may have none


def left_out_end(loss: LossCall) -> LeftOutEnd | None:
    """The end of sequences that a loss leaves out, and that no other loss scores on the same targets: first one that they hold.

    None where it leaves out none.

    >>> left_out_end(weighted) is None, left_out_end(padded) is None
    (True, True)
    """
    found: LeftOutEnd | None = None
    for ignored, left_out in ignored_by_id(loss):
        for end, written in ends_of(loss):
            if same_id(ignored, end) is Same.YES and end not in loss.scored:
                one = LeftOutEnd(ignored, written, left_out, holds_end(loss, end))
                if one.held:
                    return one
                found = found or one
    return found


def scored_by(loss: LossCall, ends: tuple[tuple[Dim, Step | None], ...]) -> tuple[Dim, ...]:
    """Which of the ids that end sequences a loss does score."""
    left_out = [i for i, _ in ignored_by_id(loss)]
    return tuple(dict.fromkeys(end for end, _ in ends if all(same_id(end, i) is Same.NO for i in left_out)))


def pad_instead(loss: LossCall, pad: Dim | None) -> Dim | None:
    """The ignored id, where the padding should be that one instead of the other way round.

    That is so where the padding has the id that ends sequences (ignored, the end would not be learned) or the id of a real class,
    and where the targets hold the ignored id already: there can be only one.

    None where `ignore_index` should be the padding, or one of the two is not known.

    >>> pad_instead(weighted, Dim.of(2)).const, pad_instead(padded, Dim.of(0))
    (-100, None)
    """
    ignored = loss.ignore_index.value
    if ignored is None or pad is None:
        return None
    held = [f.id for f in loss.targets.fills] + [swap.new for swap in loss.targets.swaps]
    taken = any(same_id(pad, real) is Same.YES for real, _ in (*ends_of(loss), *loss.real_ids))
    return ignored if taken or any(same_id(value, ignored) is Same.YES for value in held) else None


PaddingFault: TypeAlias = Literal["late mask", "wrong mask", "masked logits", "int mask", "unused mask", "ignored id", "unmasked"]


def padding_fault(loss: LossCall) -> PaddingFault | None:
    """Which one fault lets padding into the number: an attempt that failed comes before none at all. None where none does.

    >>> padding_fault(padded), padding_fault(unflattened), padding_fault(masked)
    ('unmasked', 'unused mask', None)
    """
    pads = uncovered_fills(loss)
    if late_mask(loss):
        return "late mask"
    if loss.logits.note("int-mask-index") or loss.targets.note("int-mask-index"):
        return "int mask"
    if wrong_mask(loss):
        return "wrong mask"
    if loss.logits.note("masked-logits") and (pads or _nothing_tried(loss)):
        return "masked logits"
    if loss.unused_masks and (pads or (_nothing_tried(loss) and loss.targets.padding != "none" and not loss.targets.fills)):
        return "unused mask"
    if not pads:
        return None
    if any(u.fill.lengths for u in pads) and _nothing_tried(loss):
        return "unused mask"
    negative = any(u.value is not None and u.value.const is not None and u.value.const < 0 for u in pads)
    if loss.family in BY_HAND:
        return "ignored id" if negative else "unmasked"
    stored = any(s.kind == "stored ignore_index" for s in loss.stored_ignore)
    for_others = any(s.mask is not None and s.mask.kind == "random" for s in loss.targets.swaps)  # what was not drawn is ignored
    tried = (loss.ignore_index.given and not for_others) or stored or any(u.swap for u in pads)
    return "ignored id" if tried or negative else "unmasked"


def _nothing_tried(loss: LossCall) -> bool:
    """Whether the loss has no way of its own to leave positions out: padding may only be suspected."""
    if loss.ignore_index.given or loss.weight.value is not None or loss.targets.swaps or masks_of(loss) or loss.family == "model":
        return False
    return loss.reduction.value in REDUCED or (bool(loss.after) and all(map(unmasked_later, loss.after)))
