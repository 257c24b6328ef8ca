"""`batchmean` divides by the first size alone: of (B, T, V) the divergence is T times too large, and grows with the longest row.

Beside a cross entropy, which is a mean over positions, its weight is then another one for every length. Flatten both sides first.
"""

from collections.abc import Iterator

from shapeguard.rule import After, Axis, LossCall, Report, Rule, WrongNumber, changes_meaning, class_axis, rows_of

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], teacher: Float[Tensor, "B T V"]) -> Tensor:
    p, logp = teacher.softmax(-1), logits.log_softmax(-1)
    return F.kl_div(logp{flat}, p{flat}, reduction="batchmean")
"""
TRUTH = """
def truth(logits, teacher):
    p = teacher.softmax(-1)
    return (p * (p.log() - logits.log_softmax(-1))).sum(-1).mean()
"""


class KlBatchmean(Rule):
    code = "SG405"
    name = "kl-batchmean"
    bad = PROGRAM.format(flat="")
    good = PROGRAM.format(flat=".flatten(0, 1)")
    truth = TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        rows = rows_of(loss)
        if loss.reduction.value != "batchmean" or loss.logits.shape.rank != 3 or rows is None or not _of_sequences(loss, rows):
            return
        if any(_divides(a, rows[1]) for path in loss.after for a in path):
            return
        yield Report(
            f"batchmean divides the divergence of {loss.logits.shape} by {rows[0]} alone: it is {rows[1]} times that of a position",
            (loss.logits_step, loss.step),
            "flatten both sides to (positions, classes): .flatten(0, 1); or take reduction='none', .sum(-1) and the mean of what counts",
        )


def _of_sequences(loss: LossCall, rows: tuple[object, ...]) -> bool:
    """Whether the first two axes are batch and time: the second one is of positions, not of heads or of one."""
    sizes = [row for row in rows if isinstance(row, Axis)]
    if len(sizes) != 2 or class_axis(loss) != loss.logits.shape.at(-1) or any(a.size is None or a.size.const == 1 for a in sizes):
        return False
    return bool(loss.logits.fed) or [a.role for a in sizes] == ["batch", "time"]


def _divides(a: After, time: object) -> bool:
    """Whether what was done to the divergence may divide it by its length: by a number that is not known, or is that one."""
    length = time.size.const if isinstance(time, Axis) and time.size is not None else None
    if a.op == "times":
        return a.number is not None and length is not None and abs(a.number * length - 1) < 1e-6
    return changes_meaning(a) or (a.op == "div" and (a.number is None or a.number == length))
