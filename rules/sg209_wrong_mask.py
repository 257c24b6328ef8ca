"""The mask keeps the padding: it is inverted, one position too long, of another id, or of other positions than the targets.

The loss is then taken over the padding alone, or over real tokens and one pad a row. Nothing raises, and the loss falls.
"""

from collections.abc import Iterator

from shapeguard.rule import RAGGED, RAGGED_TRUTH, Example, LossCall, Mask, Report, Rule, WrongNumber, padding_fault, wrong_mask

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def step(logits: Float[Tensor, "B T V"], rows: list[Tensor]) -> Tensor:
    targets = pad_sequence(rows, batch_first=True)
    mask = {}
    return F.cross_entropy(logits[mask], targets[mask])
"""
LENGTHS = "torch.arange(targets.shape[1]) {} torch.tensor([len(r) for r in rows])[:, None]"


class WrongMask(Rule):
    code = "SG209"
    name = "wrong-mask"
    bad = PROGRAM.format("targets == 0")
    good = PROGRAM.format("targets != 0")
    given = RAGGED
    truth = RAGGED_TRUTH
    claims = (WrongNumber(),)
    more = (Example(PROGRAM.format(LENGTHS.format("<=")), PROGRAM.format(LENGTHS.format("<")), (WrongNumber(),), RAGGED, RAGGED_TRUTH),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        mask = wrong_mask(loss) if padding_fault(loss) == "wrong mask" else None
        if mask is None:
            return
        what, change = _words(loss, mask)
        yield Report(what, (mask.step, loss.targets_step, loss.step), change)


def _words(loss: LossCall, mask: Mask) -> tuple[str, str]:
    blank = any(a.mask == mask and a.step is not None and a.step.kind == "blank" for path in loss.after for a in path)
    change = "invert it: the losses that become 0 are to be those at the padding" if blank else ""
    if mask.keeps == "one too many":
        return "the mask keeps one position too many in every row: it compares with <=", "compare with <: arange(T) < lengths[:, None]"
    if mask.keeps == "pad":
        return "the mask keeps the padding and drops the real positions", change or "invert it: ~mask"
    if mask.keeps == "id":
        what = f"the mask keeps the positions that are {mask.id}, the padding, and drops the real ones"
        return what, change or f"compare with != {mask.id}"
    if mask.of is not None and loss.targets.origin is not None and mask.of.source == loss.targets.origin.source:
        ahead = loss.targets.origin.start - mask.of.start
        what = f"the mask was made for positions {ahead} away from those of the targets"
        if mask.kind == "id":
            return what, f"make it from the targets themselves: targets != {mask.id if mask.id is not None else 'the padding'}"
        return what, f"let it begin where the targets begin, at position {loss.targets.origin.start} of the ids"
    return f"the mask drops id {mask.id}, and the targets are padded with another one", "compare with the id that pads the targets"
