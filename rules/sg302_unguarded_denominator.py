"""`loss.sum() / mask.sum()` is 0/0 for a batch in which nothing counts: one NaN, and the model is gone.

Worth a guard where such batches can come: last batches, filtered rows, long prompts that were cut before the answer.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, NotFinite, Report, Rule

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    mask = targets != 0
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return (loss * mask).sum() / mask.sum(){}
"""
GIVEN = """
def given():
    return {"logits": torch.randn(3, 5, 7, requires_grad=True), "targets": torch.zeros(3, 5, dtype=torch.long)}
"""


class UnguardedDenominator(Rule):
    code = "SG302"
    name = "unguarded-denominator"
    level = "opt-in"
    bad = PROGRAM.format("")
    good = PROGRAM.format(".clamp(min=1)")
    given = GIVEN
    truth = "masked_cross_entropy(logits, targets, ignore_index=0)"
    claims = (NotFinite(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        for path in loss.after:
            for a in path:
                if a.op != "div" or a.count is None or a.count.kind not in ("mask", "lengths"):
                    continue
                if a.step is None or any(s.kind == "guarded" for s in a.step.history()):
                    continue
                yield Report(
                    "the loss is divided by a count that is 0 when nothing in the batch counts: 0/0 is NaN",
                    (a.count.mask.step if a.count.mask else None, a.step),
                    "divide by mask.sum().clamp(min=1); masked_cross_entropy returns 0 there, still attached to the graph",
                )
                return
