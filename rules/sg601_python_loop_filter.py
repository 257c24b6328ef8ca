"""Rows picked token by token in Python cost up to a hundred times what a boolean mask costs, and give the same number.

A list comprehension and `torch.stack`, or one loss call a token, make as many small tensors as there are tokens.
"""

from collections.abc import Iterator

from shapeguard.rule import PADDED, PADDED_TRUTH, LossCall, Report, Rule, SameNumber

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    scores, targets = logits.flatten(0, 1), targets.flatten()
    {}
    return F.cross_entropy(scores, targets)
"""
PICKED = """scores = torch.stack([x for x, y in zip(scores, targets) if y != 0])
    targets = torch.stack([y for y in targets if y != 0])"""


class PythonLoopFilter(Rule):
    code = "SG601"
    name = "python-loop-filter"
    level = "opt-in"
    bad = PROGRAM.format(PICKED)
    good = PROGRAM.format("scores, targets = scores[targets != 0], targets[targets != 0]")
    given = PADDED
    truth = PADDED_TRUTH
    claims = (SameNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        note = loss.logits.note("python-filter") or loss.targets.note("python-filter")
        if note is None and not loss.looped:
            return
        yield Report(
            "rows are picked one by one in Python" if note else f"{loss.spelling} is called once a row in a Python loop",
            (note.step if note else None, loss.step),
            "select them at once with a bool mask: logits[mask], targets[mask]",
        )
