"""The (log_)softmax runs over the batch or over time, not over the classes: the scores of one position are no distribution.

`nn.LogSoftmax()` and `F.softmax(x)` without dim take axis 0 of a 3-D tensor. Nothing raises.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, LossCall, Report, Rule, WrongNumber, softmax_axis, swapped, wrong_softmax

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    scores = {}
    return F.nll_loss(scores.transpose(1, 2), targets)
"""


class SoftmaxOverWrongAxis(Rule):
    code = "SG403"
    name = "softmax-over-wrong-axis"
    bad = PROGRAM.format("F.log_softmax(logits, dim=1)")
    good = PROGRAM.format("F.log_softmax(logits, dim=-1)")
    claims = (WrongNumber(),)
    more = (Example(PROGRAM.format("nn.LogSoftmax()(logits)"), PROGRAM.format("nn.LogSoftmax(dim=-1)(logits)"), (WrongNumber(),)),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        logits = loss.logits
        if logits.scale != "log_probs" or swapped(loss) or not wrong_softmax(loss):
            return
        note = logits.note("implicit-softmax-dim")
        norm = softmax_axis(loss)
        axis = f"axis {norm}" if norm is not None else "an axis"
        yield Report(
            f"the softmax before {loss.spelling} runs over {axis} of the positions, not over the classes",
            (note.step if note else None, loss.logits_step, loss.step),
            "pass dim=-1 to it" if note else "let it run over the classes, dim=-1 of (B, T, V); a transpose of the result does not help",
        )
