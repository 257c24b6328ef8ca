"""`Float[Tensor, "B T V"]` is a promise about the arguments; where nothing checks it, a call that breaks it may still give a number.

A mask that runs over the batch first beside logits that run over time first has the right count, and drops the wrong tokens.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, LossCall, Raises, Report, Rule, WrongNumber, misshapen

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor


def nll(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> Tensor:
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return (losses * mask.flatten()).sum() / mask.sum()


def step(logits: Float[Tensor, "T B V"], targets: Int[Tensor, "T B"], mask: Bool[Tensor, "B T"]) -> Tensor:
    return nll({})
"""
GUARDED = """
import torch.nn.functional as F
from jaxtyping import Float
from shapeguard import Targets, guard
from torch import Tensor


@guard
def last(logits: Float[Tensor, "B T V"], targets: Targets) -> Tensor:
    return F.cross_entropy(logits[:, -1], targets[:, -1])


def step(logits: Float[Tensor, "B T V"], targets: Targets) -> Tensor:
    return last({})
"""


class AnnotationContradicted(Rule):
    code = "SG701"
    name = "annotation-contradicted"
    bad = PROGRAM.format("logits, targets, mask")
    good = PROGRAM.format("logits.transpose(0, 1), targets.t(), mask")
    truth = "masked_cross_entropy(logits.transpose(0, 1), targets.t(), mask=mask)"
    claims = (WrongNumber(),)
    more = (
        Example(
            GUARDED.format("logits, targets[:, 1:]"),
            GUARDED.format("logits[:, 1:], targets[:, 1:]"),
            (Raises("ShapeError", "T"),),
            truth="masked_cross_entropy(logits[:, -1], targets[:, -1])",
        ),
    )

    def check(self, loss: LossCall) -> Iterator[Report]:
        step = loss.contradicted
        if step is None or misshapen(loss):
            return
        yield Report(
            step.text,
            (*step.parents, step),
            "hand over what is annotated, or annotate what is meant to arrive; @guard on the function checks each call",
        )
