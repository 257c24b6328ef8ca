"""Logits multiplied by the mask are 0 at the padding, and a row of zeros is not free: it costs log V.

The padding then adds a constant to the loss, as large as that of a model that knows nothing.
"""

from collections.abc import Iterator

from shapeguard.rule import PADDED, LossCall, Report, Rule, WrongNumber, option_place, padding_fault, takes_ignored_id

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def step(hidden: Float[Tensor, "B T 8"], targets: Int[Tensor, "B T"]) -> Tensor:
    logits = nn.Linear(8, 7)(hidden)
    mask = targets != 0
    return F.cross_entropy({})
"""


class MaskedLogits(Rule):
    code = "SG207"
    name = "masked-logits"
    bad = PROGRAM.format("(logits * mask.unsqueeze(-1)).flatten(0, 1), targets.flatten()")
    good = PROGRAM.format("logits[mask], targets[mask]")
    given = PADDED.replace('"logits": torch.randn(3, 5, 7', '"hidden": torch.randn(3, 5, 8')
    truth = "masked_cross_entropy(nn.Linear(8, 7)(hidden), targets, ignore_index=0)"
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        note = loss.logits.note("masked-logits")
        if note is None or padding_fault(loss) != "masked logits":
            return
        yield Report(
            f"the logits {loss.logits.shape} are multiplied by a mask: a padded row of zeros still counts, and costs log V",
            (note.mask.step if note.mask else None, note.step, loss.step),
            f"mask the loss, not the logits: select logits[mask] and targets[mask], or pass ignore_index{option_place(loss)}"
            if takes_ignored_id(loss)
            else "mask the loss, not the logits: multiply what is picked by the mask, and divide by mask.sum()",
        )
