"""A mask or lengths were computed for the targets, and the loss does not use them: the padding counts.

Linters for Python offer to delete the variable, which removes the last trace of what was meant.
"""

from collections.abc import Iterator

from shapeguard.rule import PADDED, PADDED_TRUTH, LossCall, Report, Rule, WrongNumber, padding_fault, uncovered_fills

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    mask = targets != 0
    return F.cross_entropy({})
"""


class UnusedMask(Rule):
    code = "SG205"
    name = "unused-mask"
    bad = PROGRAM.format("logits.flatten(0, 1), targets.flatten()")
    good = PROGRAM.format("logits[mask], targets[mask]")
    given = PADDED
    truth = PADDED_TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        if padding_fault(loss) != "unused mask":
            return
        found = uncovered_fills(loss)
        pads = [s for u in found for s in u.steps]
        lengths = next((u.fill.lengths for u in found if u.fill.lengths), None)
        masks = loss.unused_masks
        yield Report(
            f"a mask of the targets was made and {loss.spelling} does not use it: positions that it drops count"
            if masks
            else f"the lengths of the rows were written down and {loss.spelling} does not use them: positions behind them count",
            (*pads[:1], masks[0].step if masks else lengths, loss.step),
            "make the labels -100 where it is 0; do not delete it"
            if loss.family == "model"
            else "multiply the picked log-probabilities by it, and divide by mask.sum(); do not delete it"
            if loss.family == "gather"
            else "make a mask of them, arange(T) < lengths[:, None], and count what it keeps: masked_cross_entropy(logits, targets, mask)"
            if not masks
            else "select with it: logits[mask], targets[mask], or masked_cross_entropy(logits, targets, mask); do not delete it",
        )
