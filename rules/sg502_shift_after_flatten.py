"""Shifted after flattening, the last position of each row is scored on the first token of the next row.

The counts fit, since both sides lose one entry in all rather than one a row. Shift first, flatten then.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, WrongNumber

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], ids: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy({}, {})
"""


class ShiftAfterFlatten(Rule):
    code = "SG502"
    name = "shift-after-flatten"
    of_data = True
    bad = PROGRAM.format("logits.flatten(0, 1)[:-1]", "ids.flatten()[1:]")
    good = PROGRAM.format("logits[:, :-1].flatten(0, 1)", "ids[:, 1:].flatten()")
    truth = "masked_cross_entropy(logits[:, :-1], ids[:, 1:])"
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        note = loss.targets.note("shift-after-flatten") or loss.logits.note("shift-after-flatten")
        if note is None:
            return
        yield Report(
            "shifted after flattening: the last position of each row is scored on the first token of the next row",
            (*note.step.parents, note.step, loss.step),
            "shift first, then flatten: logits[:, :-1].flatten(0, 1) beside targets[:, 1:].flatten()",
        )
