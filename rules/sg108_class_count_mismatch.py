"""The logits have fewer classes than the targets have ids: special tokens were added, or only one of two layers was resized.

torch raises `Target 10 is out of bounds` when such an id comes by, perhaps days later; on a GPU it is an assert at some later line,
and compiled code on a CPU aborts the process.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    Axis,
    Dim,
    LossCall,
    Raises,
    Report,
    Rule,
    Same,
    above_zero,
    class_axis,
    classes_last,
    counts_differ,
    ignored_by_id,
    masks_of,
    same_id,
)

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

WORDS = 10
SPECIAL = 2


def step(hidden: Float[Tensor, "B T 8"]) -> Tensor:
    targets = torch.randint(WORDS + SPECIAL, (hidden.shape[0], hidden.shape[1]))
    head = nn.Linear(8, {})
    return F.cross_entropy(head(hidden).flatten(0, 1), targets.flatten())
"""
TRUTH = """
def truth(hidden):
    targets = torch.randint(12, (hidden.shape[0], hidden.shape[1]))
    return masked_cross_entropy(nn.Linear(8, 12)(hidden), targets)
"""


class ClassCountMismatch(Rule):
    code = "SG108"
    name = "class-count-mismatch"
    bad = PROGRAM.format("WORDS")
    good = PROGRAM.format("WORDS + SPECIAL")
    claims = (Raises("IndexError", "is out of bounds"),)
    truth = TRUTH

    def check(self, loss: LossCall) -> Iterator[Report]:
        shape = loss.logits.shape
        axis = class_axis(loss) if loss.family != "model" else shape.axes[-1] if shape.axes else None
        classes = axis.size if isinstance(axis, Axis) else None
        if classes is None or masks_of(loss) or classes_last(loss) or counts_differ(loss):
            return
        high = self._high(loss, classes)
        if high is not None and above_zero(high - classes):
            yield Report(
                f"targets may be as large as {high - 1}, but the logits {shape} have {classes} classes: 0 to {classes - 1}",
                (loss.logits_step, loss.targets_step),
                f"make the last layer {high} wide, special tokens included; clamping the ids would train on the wrong words",
            )

    def _high(self, loss: LossCall, classes: Dim) -> Dim | None:
        """One more than the largest id that counts."""
        high = loss.targets.high
        ignored = [i for i, _ in ignored_by_id(loss)]
        for swap in loss.targets.swaps:  # ids beyond the others that were written in
            if swap.new is not None and above_zero(swap.new + 1 - classes) and all(same_id(swap.new, i) is Same.NO for i in ignored):
                return swap.new + 1
        if high is not None and any(same_id(high - 1, i) is not Same.NO for i in ignored):
            return high - 1  # the largest id is left out
        return high
