"""Masked positions add 0 to the sum and still count in `.mean()`: the loss is smaller by the share of real tokens in the batch.

Batches with short rows then train with a smaller learning rate. Divide by the number of positions that count.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    RAGGED,
    RAGGED_TRUTH,
    After,
    Example,
    LossCall,
    Mask,
    Report,
    Rule,
    Same,
    WrongNumber,
    changes_meaning,
    of_sequences,
    option_place,
    same_id,
    takes_ignored_id,
    uncovered_fills,
    wrong_mask,
)

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def step(logits: Float[Tensor, "B T V"], rows: list[Tensor]) -> Tensor:
    targets = pad_sequence(rows, batch_first=True)
    mask = (targets != 0).flatten()
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return {}
"""
GOOD = PROGRAM.format("(loss * mask).sum() / mask.sum()")
LEFT_OUT = "the number of positions that are left out"
WIDE = {"numel": "all positions", "batch": "the batch size", "time": "the length", "class": "the number of classes"}


class WrongDenominator(Rule):
    code = "SG301"
    name = "wrong-denominator"
    bad = PROGRAM.format("(loss * mask).mean()")
    good = GOOD
    given = RAGGED
    truth = RAGGED_TRUTH
    claims = (WrongNumber(),)
    more = (Example(PROGRAM.format("(loss * mask).sum() / targets.numel()"), GOOD, (WrongNumber(),), RAGGED, RAGGED_TRUTH),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        # a number that is only logged may be a figure per sentence, where another one trains
        trained = tuple(path for path in loss.after if any(a.op == "backward" for a in path))
        for path in (trained or loss.after) if not wrong_mask(loss) else ():
            by = _divided(loss, path)
            if by is None:
                continue
            masks = [a.mask for a in path if a.mask is not None]
            shown = _ignores_padding(loss) or any(map(_of_padding, masks))
            every = "all positions, the padding too" if shown else "all positions, the masked ones too"
            what = every if by.count is None else WIDE.get(by.count.kind, LEFT_OUT)
            yield Report(
                f"the loss of {'real positions' if shown else 'the positions that count'} is divided by {what}, not by their number",
                (loss.step, *(m.step for m in masks), by.step),
                f"divide the sum by mask.sum(), or pass ignore_index{option_place(loss)} and let reduction='mean' count; "
                "masked_cross_entropy does both"
                if takes_ignored_id(loss)
                else "divide the sum by mask.sum(), the number of positions that count",
                # a sum a row is a convention of some, and a mask may be one by its name only
                certain=shown and not (by.count is not None and by.count.kind == "batch"),
            )
            return


def _divided(loss: LossCall, path: tuple[After, ...]) -> After | None:
    """What a masked loss is wrongly divided by; None where it is right, or not known."""
    by_name = any(a.mask is not None and _named(a.mask) for a in path)
    masked, summed, wrong = _ignores_padding(loss), loss.reduction.value == "sum", None
    if loss.reduction.value not in ("none", "sum") or (by_name and not of_sequences(loss)):
        return None
    kept: Mask | None = None
    for a in path:
        if kept is not None and a.op == "div" and a.count is not None and a.count.mask == kept.inverted() and _of_padding(kept):
            return a
        kept = a.mask if a.op == "times" and a.mask is not None else kept
        if a.op == "select" or changes_meaning(a) or (a.op == "times" and a.mask is None and a.count is None and a.number is None):
            return None
        if a.count is not None and (a.op == "times" or a.count.kind in ("mask", "lengths")):
            return None  # rescaled by a count, or divided by the right one
        if wrong is not None and a.op == "div" and a.number is None:
            return None  # perhaps the share of what counts
        if a.op == "times":
            masked = masked or (a.mask is not None and (_of_padding(a.mask) or _named(a.mask)))
        elif a.op == "sum":
            if a.step is not None and a.step.shape is not None and a.step.shape.rank != 0:
                return None  # one sum a row: what follows is a mean over rows
            summed = True
        elif masked and wrong is None and (_means_all(a, summed) or (summed and _divides_wide(a))):
            wrong = a
    return wrong


def _means_all(a: After, summed: bool) -> bool:
    return a.op == "mean" and not summed and (a.step is None or a.step.shape is None or a.step.shape.rank == 0)


def _divides_wide(a: After) -> bool:
    return a.op == "div" and a.count is not None and a.count.kind in WIDE


def _of_padding(mask: Mask) -> bool:
    return mask.kind in ("lengths", "attention") or (mask.kind == "id" and mask.keeps == "others")


def _named(mask: Mask) -> bool:
    return mask.kind == "given" and mask.step is not None and mask.step.kind == "named"


def _ignores_padding(loss: LossCall) -> bool:
    """Whether positions that were seen to be padding come out of the loss as 0."""
    if loss.family == "masked" and loss.mask is not None and _of_padding(loss.mask):
        return True
    ignored = loss.ignore_index.value
    filled = any(same_id(f.id, ignored) is Same.YES for f in loss.targets.fills) or any(
        same_id(s.new, ignored) is Same.YES for s in loss.targets.swaps
    )
    return filled and not uncovered_fills(loss)
