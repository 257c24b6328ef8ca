"""Python checks no annotation: `Float[Tensor, "B T V"]` is a comment until something compares it with what arrives.

`@guard` does so with each call: a wrong axis then raises, instead of being trained on.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, SameNumber

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from shapeguard import guard
from torch import Tensor

{}
def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy(logits.transpose(1, 2), targets)
"""


class UncheckedAnnotation(Rule):
    code = "SG702"
    name = "unchecked-annotation"
    level = "opt-in"
    bad = PROGRAM.format("")
    good = PROGRAM.format("\n@guard")
    claims = (SameNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        if loss.unchecked is not None:
            yield Report(
                f"{loss.unchecked.text} when it is called",
                (loss.unchecked,),
                "put @shapeguard.guard above it, or shapeguard.install(...) into the package's __init__",
            )
