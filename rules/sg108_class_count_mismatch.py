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
    Swap,
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
        below = self._below(loss)
        if below is not None:
            yield Report(
                f"targets become {below.new} in places, which is no class, and {loss.spelling} ignores {loss.ignore_index.value}",
                (below.step, loss.step),
                f"ignore {below.new}, or make them {loss.ignore_index.value}; do not turn them into a real class to silence the error",
            )
            return
        high = self._high(loss, classes)
        if high is not None and above_zero(high - classes):
            yield Report(
                f"targets may be as large as {high - 1}, but the logits {shape} have {classes} classes: 0 to {classes - 1}",
                (loss.logits_step, loss.targets_step),
                f"make the last layer {high} wide, special tokens included; clamping the ids would train on the wrong words",
            )

    def _below(self, loss: LossCall) -> Swap | None:
        """Ids that were made negative, and that nothing leaves out; those of padding are SG202's."""
        if loss.targets.fills:
            return None
        ignored = [loss.ignore_index.value, *(i for i, _ in ignored_by_id(loss))]
        for at, swap in enumerate(loss.targets.swaps):
            negative = swap.by is not None and not swap.partly and swap.new is not None and above_zero(-swap.new)
            if negative and len(loss.targets.swaps) == at + 1 and all(same_id(swap.new, i) is Same.NO for i in ignored):
                return swap
        return None

    def _high(self, loss: LossCall, classes: Dim) -> Dim | None:
        """One more than the largest id that counts."""
        high = loss.targets.high
        ignored = [i for i, _ in ignored_by_id(loss)]
        gone = [*ignored, *(s.by for s in loss.targets.swaps if s.by is not None)]  # left out, or made another id
        for swap in loss.targets.swaps:  # ids beyond the others that were written in
            if swap.new is not None and above_zero(swap.new + 1 - classes) and all(same_id(swap.new, i) is Same.NO for i in ignored):
                return swap.new + 1
        if any(s.by is None and s.mask is not None and s.mask.kind in ("id", "threshold") and not s.mask.others and s.mask.keeps != "from"
               for s in loss.targets.swaps):  # fmt: skip
            return None  # which ids became another one is not known
        while high is not None and (left_out := next((i for i in gone if same_id(high - 1, i) is not Same.NO), None)) is not None:
            gone.remove(left_out)
            high -= 1
        return high
