"""What keeps padding out of a loss: the ignored id, a weight of 0, a mask; and by which step, or it is not said to be kept out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapeguard.analysis.facts.kinship import of_other_ids, of_these_ids
from shapeguard.analysis.facts.shapes import Axis, Dim, Same
from shapeguard.analysis.facts.values import After, Fill, LossCall, Mask, Step, Swap, Tensor
from shapeguard.analysis.questions.ids import same_id

REDUCED = ("mean", "sum", "batchmean")
BY_HAND = ("gather", "soft")  # families that have no ignored id


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Padding that reaches the number: the fill, and the value that the loss sees at its positions.

    `fill` is where the padding was written, and `value` None where it is not known what stands there now.
    """

    fill: Fill
    value: Dim | None
    swap: Swap | None = None  # that made it this value

    @property
    def steps(self) -> tuple[Step, ...]:
        """Where it was written, and rewritten."""
        return (self.fill.step, self.swap.step) if self.swap else (self.fill.step,)


How: TypeAlias = Literal["ignored id", "default id", "swap", "weight", "mask", "one row", "nothing"]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Whether padding is kept out of a loss, and by what. `step` does it; None where nothing does, or it is not clear."""

    answer: Same
    how: How = "nothing"
    step: Step | None = None
    mask: Mask | None = None  # of mask and swap
    id: Dim | None = None  # that stands there now


def keeper(loss: LossCall, fill: Fill) -> Keeper:
    """What keeps a fill out of the number: YES only with the step that does it."""
    pad = seen_as(loss, fill)
    if one_row(fill):
        sure = fill.step.kind == "pad_sequence"  # others fill one row up to a width of their own
        return Keeper(Same.YES if sure else Same.MAYBE, "one row", fill.step)
    if pad is None:
        return Keeper(Same.MAYBE, "swap")
    found = list(_keepers(loss, pad))
    best = next((k for s in (Same.YES, Same.MAYBE) for k in found if k.answer is s), Keeper(Same.NO, id=pad.value))
    return Keeper(Same.MAYBE, best.how, None, best.mask, best.id) if best.answer is Same.YES and not _proven(loss, pad, best) else best


def _proven(loss: LossCall, pad: Uncovered, one: Keeper) -> bool:
    """Whether there is a step that keeps it out, and what rewrote the padding was made of these very ids."""
    by = pad.swap.mask if pad.swap is not None else None
    return one.step is not None and (by is None or by.kind == "id" or made_of(by, loss, pad.fill))


def kept_out(loss: LossCall) -> Same:
    """Whether the padding that was seen stays out of the number."""
    answers = [keeper(loss, fill).answer for fill in loss.targets.fills]
    return next((s for s in (Same.NO, Same.MAYBE) if s in answers), Same.YES)


def whatever_pads(loss: LossCall) -> Keeper:
    """What leaves out all padding, also such as was not seen: a mask by the lengths of these ids, or their attention mask."""
    for mask, step in _selections(loss):
        if mask.keeps == "real" and made_of(mask, loss, None):
            return Keeper(Same.YES, "mask", step, mask)
    paths = leading(loss.after) if loss.reduction.value not in REDUCED else ()
    masks = [_real_mask(loss, path) for path in paths]
    if masks and all(a is not None for a in masks) and masks[0] is not None:
        return Keeper(Same.YES, "mask", _step(masks[0]), masks[0].mask)
    for swap in loss.targets.swaps:
        whole = swap.mask is not None and swap.mask.keeps == "pad" and not swap.partly and made_of(swap.mask, loss, None)
        if whole and loss.family not in BY_HAND and same_id(swap.new, loss.ignore_index.value) is Same.YES:
            return Keeper(Same.YES, "swap", swap.step, swap.mask, swap.new)
    return Keeper(Same.NO)


def _real_mask(loss: LossCall, path: tuple[After, ...]) -> After | None:
    """What leaves out everything but real positions on one way, before it ends in a number."""
    for a in path:
        if a.op in ("mean", "sum", "unknown", "other"):
            return None
        if a.op in ("times", "select") and a.mask is not None and a.mask.keeps == "real" and made_of(a.mask, loss, None):
            return a
    return None


def made_of(mask: Mask, loss: LossCall, fill: Fill | None) -> bool:
    """Whether a mask is shown to be made of these very targets (their ids, their lengths, their attention mask), at these positions."""
    targets = loss.targets
    if mask is loss.mask and loss.family == "masked" and mask.kind == "lengths" and mask.of is None:
        return True  # they are given as the lengths of these targets
    if mask.others or of_other_ids(mask, targets):
        return False
    if mask.of is not None and targets.origin is not None and mask.of.source == targets.origin.source:
        return mask.of.start.same(targets.origin.start) is Same.YES or mask.kind not in ("id", "lengths", "attention")
    if mask.kind == "id" or mask.kind == "random":
        return of_these_ids(mask, targets)
    return fill is not None and mask.step is not None and any(s is fill.step for s in mask.step.history())


def seen_as(loss: LossCall, fill: Fill) -> Uncovered | None:
    """What the loss sees where a fill was written; None where that is not known."""
    value, by = fill.id, None
    for swap in loss.targets.swaps:
        if swap.step in fill.step.history():
            continue  # rewritten before the padding was added
        hit = _rewrites(swap, value)
        if hit is Same.YES:
            value, by = swap.new, swap
        elif hit is Same.MAYBE:
            return None
    return Uncovered(fill, value, by)


def _rewrites(swap: Swap, value: Dim | None) -> Same:
    """Whether a swap rewrites all padding of a value; NO where it leaves at least some."""
    mask = swap.mask
    if swap.by is not None or mask is None:
        return same_id(swap.by, value)
    if mask.keeps == "pad":
        return Same.YES
    if mask.kind == "random" and mask.keeps in ("some", "rest"):
        if mask.id is None:
            return Same.NO  # some of it is drawn, and some is not
        return Same.MAYBE if mask.others else _among(value, mask) if mask.keeps == "rest" else Same.NO
    return _among(value, mask) if further_ids(swap) else Same.MAYBE


def further_ids(swap: Swap) -> tuple[Dim | None, ...]:
    """The ids that a swap rewrites where these are several: `labels[(labels == a) | (labels == b)] = -100`."""
    mask = swap.mask
    several = swap.by is None and mask is not None and mask.kind == "id" and mask.keeps == "id" and bool(mask.also)
    return mask.ids if several and mask is not None and not mask.others else ()


def _among(value: Dim | None, mask: Mask) -> Same:
    """Whether an id is one of those that a mask tells from the rest."""
    hits = [same_id(i, value) for i in mask.ids]
    return next((s for s in (Same.YES, Same.MAYBE) if s in hits), Same.NO)


def one_row(fill: Fill) -> bool:
    """Whether it was written into a batch of one, where rows of different lengths do not meet."""
    shape = fill.step.shape
    return shape is not None and shape.min_rank > 1 and any(isinstance(a, Axis) and a.size == Dim.of(1) for a in shape.axes)


def covered(loss: LossCall, pad: Uncovered) -> Same:
    """Whether something keeps a fill out of the number; MAYBE where that is not clear."""
    answers = [k.answer for k in _keepers(loss, pad)]
    return next((s for s in (Same.YES, Same.MAYBE) if s in answers), Same.NO)


def _keepers(loss: LossCall, pad: Uncovered) -> Iterator[Keeper]:
    """Everything that may keep a fill out, with what it does to it."""
    value, swap = pad.value, pad.swap
    if value is None:
        yield Keeper(Same.MAYBE, "ignored id" if loss.family not in BY_HAND else "nothing")
    if loss.family not in BY_HAND and value is not None:
        how: How = "swap" if swap else "ignored id" if loss.ignore_index.given else "default id"
        step = swap.step if swap else (loss.made or loss.step) if loss.ignore_index.given else pad.fill.step
        yield Keeper(same_id(value, loss.ignore_index.value), how, step, swap.mask if swap else None, value)
    for weightless in loss.zero_weights:
        weight = loss.weight.value
        yield Keeper(same_id(value, weightless), "weight", (weight.step if isinstance(weight, Tensor) else None) or loss.step, id=value)
    negative = value is not None and value.const is not None and value.const < 0  # and has no weight
    if loss.weight.value is not None and not loss.zero_weights and not negative:
        yield Keeper(Same.MAYBE, "weight")
    for mask, at in _selections(loss):
        yield _by_mask(loss, mask, pad, at)
    for side in (loss.logits, loss.targets):
        if side.note("half-rows") or side.note("python-filter"):
            yield Keeper(Same.MAYBE, "mask")
    if loss.reduction.value not in REDUCED:
        yield from _later(loss, pad)


def _by_mask(loss: LossCall, mask: Mask, pad: Uncovered, at: Step | None) -> Keeper:
    hit = _of_soft(loss, mask, keeps_out(mask, pad))
    if hit is Same.YES and not made_of(mask, loss, pad.fill):
        return Keeper(Same.MAYBE, "mask", None, mask)
    return Keeper(hit, "mask", mask.step or at, mask, pad.value)


def _of_soft(loss: LossCall, mask: Mask, found: Same) -> Same:
    """What a mask of ids says of a distribution as targets, whose padding is that of the ids that a model was fed: it may be of others."""
    return Same.MAYBE if loss.family == "soft" and mask.kind == "id" and found is Same.NO else found


def _later(loss: LossCall, pad: Uncovered) -> Iterator[Keeper]:
    """What becomes of an unreduced loss: every way that trains must keep the padding out."""
    found = [_masked_later(loss, _at(loss, path, pad), pad) for path in _used(loss.after) or ((),)]
    yield from (k for k in found if k.answer is not Same.YES)
    hits = [k for k in found if k.answer is Same.YES]
    ways = [_masked_later(loss, _at(loss, path, pad), pad) for path in leading(loss.after)]
    if hits and all(k.answer is Same.YES for k in ways):
        yield hits[0]
    elif hits:
        yield Keeper(Same.MAYBE, "mask", None, hits[0].mask)


def _at(loss: LossCall, path: tuple[After, ...], pad: Uncovered) -> tuple[After, ...]:
    """What became of the loss of a fill: without what was done to some of the other positions, such as a larger weight at the end."""
    return tuple(a for a in path if a.only is None or not _of(a.only, loss.targets) or keeps_out(a.only, pad) is not Same.YES)


def _of(mask: Mask, targets: Tensor) -> bool:
    """Whether a mask is known to be made from these ids."""
    return mask.of is not None and targets.origin is not None and not of_other_ids(mask, targets)


def _masked_later(loss: LossCall, path: tuple[After, ...], pad: Uncovered) -> Keeper:
    """Whether what became of an unreduced loss keeps a fill out, before it was reduced."""
    best, ended = Keeper(Same.NO, id=pad.value), False
    for a in path:
        if a.op in ("mean", "sum"):
            ended = True
            break
        if changes_meaning(a) or (a.op in ("times", "select") and a.mask is None and a.count is None):
            best = Keeper(Same.MAYBE, "mask") if best.answer is Same.NO else best
        elif a.op in ("times", "select") and a.mask is not None:
            hit = _by_mask(loss, a.mask, pad, a.step)
            best = hit if hit.answer is not Same.NO and best.answer is not Same.YES else best
    return best if ended or best.answer is Same.YES else Keeper(Same.MAYBE, "mask", None, best.mask)


def unmasked_later(path: tuple[After, ...]) -> bool:
    """Whether an unreduced loss was reduced without any mask."""
    for a in path:
        if a.op in ("mean", "sum"):
            return True
        if changes_meaning(a) or (a.op in ("times", "select") and (a.mask is not None or a.count is None)):
            return False
    return False


def changes_meaning(a: After) -> bool:
    """Whether it is an operation after which a loss is no longer one that masks and counts can be judged by.

    >>> [changes_meaning(done) for done in masked.after[0]]
    [False, False, False, False]
    """
    return a.op in ("unknown", "other")


def keeps_out(mask: Mask, pad: Uncovered | None) -> Same:
    """Whether a mask of what is kept leaves a fill (None: one that was not seen) out.

    >>> keeps_out(masked.after[0][0].mask, None)
    <Same.MAYBE: ...>
    """
    if mask.keeps == "real":
        return Same.YES
    if mask.keeps in ("pad", "one too many"):
        return Same.NO
    if pad is not None and mask.kind == "random" and mask.keeps in ("some", "rest"):
        if mask.id is None:
            return Same.NO
        return Same.MAYBE if mask.others else Same.NO if mask.keeps == "rest" else _among(pad.value, mask)
    if mask.kind == "id" and mask.keeps in ("others", "id") and pad is not None:
        hits = [_among(v, mask) for v in (pad.value, pad.fill.id)]
        hit = next((s for s in (Same.YES, Same.MAYBE) if s in hits), Same.NO)
        return {Same.YES: Same.NO, Same.NO: Same.YES, Same.MAYBE: Same.MAYBE}[hit] if mask.keeps == "id" else hit
    return Same.MAYBE


def _selections(loss: LossCall) -> Iterator[tuple[Mask, Step | None]]:
    if loss.mask is not None:
        yield loss.mask, loss.mask.step or loss.step
    for side in (loss.targets, loss.logits):
        for note in side.notes:
            if note.kind in ("rows-filtered", "zeroed"):
                yield note.mask or Mask("given", "unknown"), note.step


def masks_of(loss: LossCall) -> tuple[Mask, ...]:
    """Every mask that decides which positions count: given, selected by, or multiplied onto the unreduced loss.

    >>> [mask.kind for mask in masks_of(masked)], [mask.keeps for mask in masks_of(selected)]
    (['id'], ['others'])
    """
    found = [mask for mask, _ in _selections(loss)]
    if loss.reduction.value not in REDUCED:
        for path in leading(loss.after):
            for a in path:
                if a.op in ("mean", "sum"):
                    break
                if a.op in ("times", "select") and a.mask is not None:
                    found.append(a.mask)
    return tuple(dict.fromkeys(found))


def _step(a: After) -> Step | None:
    return (a.mask.step if a.mask is not None else None) or a.step


def _used(paths: tuple[tuple[After, ...], ...]) -> tuple[tuple[After, ...], ...]:
    """All paths but those that end with a mask, where another one trains: `nll.masked_fill(pad, 0)` on a line of its own does nothing."""
    trained = any(a.op == "backward" for p in paths for a in p)
    return tuple(p for p in paths if not (trained and p and p[-1].op in ("times", "select") and p[-1].mask is not None))


def leading(paths: tuple[tuple[After, ...], ...]) -> tuple[tuple[After, ...], ...]:
    """The paths that a loss is judged by: without those that only look at some of it (`nll[pad].mean().item()`), where others train."""
    trained = tuple(p for p in paths if any(a.op == "backward" for a in p))
    return trained or tuple(p for p in paths if not p or p[-1].op not in ("select", "item")) or paths
