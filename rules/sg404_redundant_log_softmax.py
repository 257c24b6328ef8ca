"""log_softmax before `F.cross_entropy`, which applies it again: the number is the same, the work and the memory are not.

Harmless, but it hides what a model returns: the next reader applies softmax to "logits" that are none.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, SameNumber, swapped, wrong_softmax

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"]) -> Tensor:
    return F.{}(logits.log_softmax(dim=-1), targets)
"""


class RedundantLogSoftmax(Rule):
    code = "SG404"
    name = "redundant-log-softmax"
    level = "opt-in"
    bad = PROGRAM.format("cross_entropy")
    good = PROGRAM.format("nll_loss")
    claims = (SameNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        logits = loss.logits
        if loss.family not in ("cross_entropy", "masked") or logits.scale != "log_probs" or swapped(loss) or wrong_softmax(loss):
            return
        yield Report(
            f"{loss.spelling} applies log_softmax itself, and {logits.shape} has been through one already: harmless, and twice the work",
            (loss.logits_step, loss.step),
            "pass the raw logits, or use F.nll_loss here",
        )
