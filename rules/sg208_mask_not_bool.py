"""An integer mask used as an index picks rows 0 and 1, again and again; only a bool mask selects.

A tokenizer's attention_mask is int64, and so is `mask.long()`. Nothing raises.
"""

from collections.abc import Iterator

from shapeguard.rule import PADDED, PADDED_TRUTH, LossCall, Report, Rule, WrongNumber

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    mask = (targets != 0).long()
    return F.cross_entropy(logits[mask{0}].flatten(0, -2), targets[mask{0}].flatten())
"""


class MaskNotBool(Rule):
    code = "SG208"
    name = "mask-not-bool"
    bad = PROGRAM.format("")
    good = PROGRAM.format(".bool()")
    given = PADDED
    truth = PADDED_TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        note = loss.logits.note("int-mask-index") or loss.targets.note("int-mask-index")
        if note is None:
            return
        yield Report(
            "an integer mask is used as an index: it picks rows 0 and 1, and selects nothing",
            (note.mask.step if note.mask else None, *note.step.parents, note.step),
            "index with mask.bool()",
        )
