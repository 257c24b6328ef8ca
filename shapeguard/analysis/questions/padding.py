"""Whether padding reaches a loss, by which of the ways, and what keeps it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapeguard.analysis.facts.arith import is_positive
from shapeguard.analysis.facts.kinship import of_other_ids
from shapeguard.analysis.facts.shapes import Axis, Dim, Same
from shapeguard.analysis.facts.values import After, Fill, LossCall, Mask, Step, Swap, Tensor

VOCABULARY = frozenset({"pad", "bos", "eos", "unk", "mask", "sep", "cls"})  # roles of ids, which are never negative
LOOSE = frozenset({"token", "index"})  # roles of symbols that stand for many numbers: such a one is not even itself


def same_id(a: Dim | None, b: Dim | None) -> Same:
    """Whether two ids are the same; an id of a vocabulary is never negative.
    MAYBE where one of them is None, or a symbol that may be any number.

    >>> same_id(Dim.of(0), Dim.of(0)).name, same_id(Dim.of(0), Dim.of(1)).name, same_id(Dim.of(0), None).name
    ('YES', 'NO', 'MAYBE')
    """
    if a is None or b is None or any(s.role in LOOSE for s in a.symbols | b.symbols):
        return Same.MAYBE
    for x, y in ((a, b), (b, a)):
        if x.const is not None and x.const < 0 and y.sym is not None and y.sym.role in VOCABULARY:
            return Same.NO
    found = a.same(b)
    return Same.NO if found is Same.MAYBE and (is_positive(a - b) or is_positive(b - a)) else found


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


def uncovered_fills(loss: LossCall) -> tuple[Uncovered, ...]:
    """The fills that nothing keeps out: no swap to the ignored id, no ignore_index, zero weight, mask, selection or filter.

    >>> [str(pad.value) for pad in uncovered_fills(padded)], uncovered_fills(masked)
    (['0'], ())
    """
    found: list[Uncovered] = []
    for fill in loss.targets.fills:
        one = _seen_as(loss, fill)
        if one is not None and not _one_row(fill) and _covered(loss, one) is Same.NO:
            found.append(one)
    return tuple(found)


def kept_out(loss: LossCall) -> Same:
    """Whether the padding that was seen stays out of the number."""
    seen = [(fill, _seen_as(loss, fill)) for fill in loss.targets.fills]
    answers = [Same.YES if _one_row(fill) else Same.MAYBE if one is None else _covered(loss, one) for fill, one in seen]
    return next((s for s in (Same.NO, Same.MAYBE) if s in answers), Same.YES)


def _seen_as(loss: LossCall, fill: Fill) -> Uncovered | None:
    """What the loss sees where a fill was written; None where that is not known."""
    value, by = fill.id, None
    for swap in loss.targets.swaps:
        if swap.step in fill.step.history():
            continue  # rewritten before the padding was added
        hit = same_id(swap.by, value)
        if hit is Same.YES or (swap.by is None and swap.mask is not None and swap.mask.keeps == "pad"):
            value, by = swap.new, swap
        elif hit is Same.MAYBE:
            return None
    return Uncovered(fill, value, by)


def _one_row(fill: Fill) -> bool:
    """Whether it was written into a batch of one, where nothing is padded."""
    shape = fill.step.shape
    return shape is not None and shape.min_rank > 1 and any(isinstance(a, Axis) and a.size == Dim.of(1) for a in shape.axes)


def _covered(loss: LossCall, pad: Uncovered) -> Same:
    """Whether something keeps a fill out of the number."""
    if pad.value is None:
        return Same.MAYBE
    answers = [same_id(pad.value, w) for w in loss.zero_weights]
    if loss.family != "gather":
        answers.append(same_id(pad.value, loss.ignore_index.value))
    negative = pad.value.const is not None and pad.value.const < 0  # and has no weight
    if loss.weight.value is not None and not loss.zero_weights and not negative:
        answers.append(Same.MAYBE)
    answers += [keeps_out(m, pad) for m in _selections(loss)]
    answers += [Same.MAYBE for side in (loss.logits, loss.targets) if side.note("half-rows") or side.note("python-filter")]
    if loss.reduction.value not in ("mean", "sum"):
        answers += [_masked_later(_at(loss, path, pad), pad) for path in _used(loss.after) or ((),)]
    return next((s for s in (Same.YES, Same.MAYBE) if s in answers), Same.NO)


def _at(loss: LossCall, path: tuple[After, ...], pad: Uncovered) -> tuple[After, ...]:
    """What became of the loss of a fill: without what was done to some of the other positions, such as a larger weight at the end."""
    return tuple(a for a in path if a.only is None or not _of(a.only, loss.targets) or keeps_out(a.only, pad) is not Same.YES)


def _of(mask: Mask, targets: Tensor) -> bool:
    """Whether a mask is known to be made from these ids."""
    return mask.of is not None and targets.origin is not None and not of_other_ids(mask, targets)


def _masked_later(path: tuple[After, ...], pad: Uncovered | None) -> Same:
    """Whether what became of an unreduced loss keeps a fill (None: any) out, before it was reduced."""
    best, ended = Same.NO, False
    for a in path:
        if a.op in ("mean", "sum"):
            ended = True
            break
        if changes_meaning(a) or (a.op in ("times", "select") and a.mask is None and a.count is None):
            best = Same.MAYBE if best is Same.NO else best
        elif a.op in ("times", "select") and a.mask is not None:
            hit = keeps_out(a.mask, pad)
            best = hit if hit is not Same.NO and best is not Same.YES else best
    return best if ended or best is Same.YES else Same.MAYBE


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
    if mask.kind == "id" and mask.keeps in ("others", "id") and pad is not None:
        hits = [same_id(mask.id, v) for v in (pad.value, pad.fill.id)]
        hit = next((s for s in (Same.YES, Same.MAYBE) if s in hits), Same.NO)
        return {Same.YES: Same.NO, Same.NO: Same.YES, Same.MAYBE: Same.MAYBE}[hit] if mask.keeps == "id" else hit
    return Same.MAYBE


def _selections(loss: LossCall) -> Iterator[Mask]:
    if loss.mask is not None:
        yield loss.mask
    for side in (loss.targets, loss.logits):
        for note in side.notes:
            if note.kind in ("rows-filtered", "zeroed"):
                yield note.mask or Mask("given", "unknown")


def masks_of(loss: LossCall) -> tuple[Mask, ...]:
    """Every mask that decides which positions count: given, selected by, or multiplied onto the unreduced loss.

    >>> [mask.kind for mask in masks_of(masked)], [mask.keeps for mask in masks_of(selected)]
    (['id'], ['others'])
    """
    found = list(_selections(loss))
    if loss.reduction.value not in ("mean", "sum"):
        for path in leading(loss.after):
            for a in path:
                if a.op in ("mean", "sum"):
                    break
                if a.op in ("times", "select") and a.mask is not None:
                    found.append(a.mask)
    return tuple(dict.fromkeys(found))


def takes_ignored_id(loss: LossCall) -> bool:
    """Whether the call can be given an ignored id: not where log-probabilities are picked, nor where a model makes its own loss.

    >>> takes_ignored_id(padded)
    True
    """
    return loss.family not in ("gather", "model")


def _used(paths: tuple[tuple[After, ...], ...]) -> tuple[tuple[After, ...], ...]:
    """All paths but those that end with a mask, where another one trains: `nll.masked_fill(pad, 0)` on a line of its own does nothing."""
    trained = any(a.op == "backward" for p in paths for a in p)
    return tuple(p for p in paths if not (trained and p and p[-1].op in ("times", "select") and p[-1].mask is not None))


def leading(paths: tuple[tuple[After, ...], ...]) -> tuple[tuple[After, ...], ...]:
    """The paths that a loss is judged by: without those that only look at some of it (`nll[pad].mean().item()`), where others train."""
    trained = tuple(p for p in paths if any(a.op == "backward" for a in p))
    return trained or tuple(p for p in paths if not p or p[-1].op not in ("select", "item")) or paths


def late_mask(loss: LossCall) -> After | None:
    """A mask that was multiplied onto the loss when it was one number already.
    None where there is none: a mask on an unreduced loss is in time.

    >>> late_mask(masked) is None
    True
    """
    for path in loss.after:
        done = loss.reduction.value in ("mean", "sum")
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
    seen = [u for u in (_seen_as(loss, f) for f in loss.targets.fills) if u is not None and u.value is not None]
    fed = {n.mask for n in loss.logits.notes} - {n.mask for n in loss.targets.notes}  # perhaps what the model was fed was selected
    for mask in masks_of(loss):
        if mask.keeps in ("pad", "one too many"):
            return mask
        if mask.kind == "id" and mask.keeps == "id":
            pads = [*(u.value for u in seen), *(u.fill.id for u in seen)]
            if any(same_id(mask.id, v) is Same.YES for v in pads) or (mask.id is not None and mask.id.role == "pad"):
                return mask
        ignored_too = loss.ignore_index.given and same_id(mask.id, loss.ignore_index.value) is Same.YES
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
        if swap.by is not None and not swap.partly and same_id(swap.new, ignored) is Same.YES:
            yield swap.by, swap.step
    masks = masks_of(loss)
    beside = {m.uid for m in masks if of_other_ids(m, loss.targets)}  # of other ids: where those are padded, these may be anything
    for mask in masks:
        if mask.kind == "id" and mask.keeps == "others" and mask.id is not None and mask.uid not in beside:
            yield mask.id, mask.step
    for weightless in loss.zero_weights:
        yield weightless, loss.step


def ends_of(loss: LossCall) -> tuple[tuple[Dim, Step | None], ...]:
    """The ids that end sequences in these targets, and where that is seen: first those that were seen to be put there.
    None stands for a step where no step is known.

    >>> [str(id) for id, step in ends_of(weighted)]
    ['2']
    """
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
    if loss.family == "gather":
        return "ignored id" if negative else "unmasked"
    stored = any(s.kind == "stored ignore_index" for s in loss.stored_ignore)
    tried = loss.ignore_index.given or stored or any(u.swap for u in pads)
    return "ignored id" if tried or negative else "unmasked"


def _nothing_tried(loss: LossCall) -> bool:
    """Whether the loss has no way of its own to leave positions out: padding may only be suspected."""
    if loss.ignore_index.given or loss.weight.value is not None or loss.targets.swaps or masks_of(loss) or loss.family == "model":
        return False
    return loss.reduction.value in ("mean", "sum") or all(_masked_later(p, None) is Same.NO for p in loss.after or ((),))
