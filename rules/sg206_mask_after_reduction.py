"""A mask multiplied onto a loss that is one number already masks nothing: the padding was averaged in before.

`(loss * mask).sum() / mask.sum()` gives that number back.
"""

from collections.abc import Iterator

from shapeguard.rule import RAGGED, RAGGED_TRUTH, LossCall, Report, Rule, WrongNumber, late_mask, option_place, uncovered_fills

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def step(logits: Float[Tensor, "B T V"], rows: list[Tensor]) -> Tensor:
    targets = pad_sequence(rows, batch_first=True)
    mask = (targets != 0).flatten()
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(){})
    return (loss * mask).sum() / mask.sum()
"""


class MaskAfterReduction(Rule):
    code = "SG206"
    name = "mask-after-reduction"
    bad = PROGRAM.format("")
    good = PROGRAM.format(', reduction="none"')
    given = RAGGED
    truth = RAGGED_TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        late = late_mask(loss)
        if late is None or late.mask is None:
            return
        fills = [s for u in uncovered_fills(loss)[:1] for s in u.steps]
        whole = loss.reduction.value in ("mean", "sum")
        first = f"pass reduction='none'{option_place(loss)}, multiply by the mask" if whole else "multiply by the mask first"
        why = f"reduction={loss.reduction.value!r}" if whole else "summed or averaged before"
        yield Report(
            f"the mask is put onto a loss that is one number already ({why}): it keeps nothing out",
            (*fills, loss.step, late.mask.step, late.step),
            "make the labels -100 where the mask is 0: the model takes its mean inside"
            if loss.family == "model"
            else f"{first}, then divide the sum by mask.sum(); .mean() would divide by the padding too",
            certain=late.mask.kind != "given",
        )
