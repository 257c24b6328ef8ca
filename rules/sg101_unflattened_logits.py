"""`F.cross_entropy` reads axis 1 of the logits as the classes, and sequence models put them last.

With logits (B, T, V) and targets (B, T) torch raises `Expected target size [2, 10], got [2, 5]`, unless T == V: then the
time axis is scored as if it were the vocabulary, and nothing is said.
"""

from collections.abc import Iterator

from shapeguard.rule import Fix, LossCall, Raises, Report, Rule, classes_last, is_soft

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy({}, targets)
"""


class UnflattenedLogits(Rule):
    code = "SG101"
    name = "unflattened-logits"
    bad = PROGRAM.format("logits")
    good = PROGRAM.format("logits.transpose(1, 2)")
    claims = (Raises("RuntimeError", r"Expected target size \[3, 7\], got \[3, 5\]"),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        if not classes_last(loss):
            return
        logits, targets = loss.logits.shape, loss.targets.shape
        move = "transpose(1, 2)" if logits.rank == 3 else "movedim(-1, 1)"
        both = f", {{targets}}.{move}" if is_soft(loss) else ", {targets}"
        yield Report(
            f"logits {logits} have their classes last, but targets are {targets}: {loss.spelling} reads axis 1 ({logits.at(1)}) as classes",
            (loss.logits_step, loss.targets_step),
            f"pass logits.{move}, or flatten both sides; a view to put the classes first would run, and scramble them",
            Fix("move the classes to axis 1", loss.site, f"{{call}}({{logits}}.{move}{both}{{options}})"),
        )
