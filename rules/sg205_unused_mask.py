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
        mask = loss.unused_masks[0]
        pads = [s for u in uncovered_fills(loss) for s in u.steps]
        yield Report(
            f"a mask of the targets was made and {loss.spelling} does not use it: positions that it drops count",
            (*pads[:1], mask.step, loss.step),
            "make the labels -100 where it is 0; do not delete it"
            if loss.family == "model"
            else "multiply the picked log-probabilities by it, and divide by mask.sum(); do not delete it"
            if loss.family == "gather"
            else "select with it: logits[mask], targets[mask], or masked_cross_entropy(logits, targets, mask); do not delete it",
        )
