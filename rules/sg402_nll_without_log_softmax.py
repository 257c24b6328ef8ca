"""`F.nll_loss` only picks entries: it needs log-probabilities, and computes nonsense of logits or probabilities.

The number can go below 0, has no bound, and is lowered by making all logits large.
"""

from collections.abc import Iterator

from shapeguard.rule import Fix, LossCall, Report, Rule, WrongNumber, swapped

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def step(hidden: Float[Tensor, "N 8"], targets: Int[Tensor, "N"]) -> Tensor:
    logits = nn.Linear(8, 7)(hidden)
    return F.nll_loss(logits{}, targets)
"""

_NAMES = {"logits": "raw logits", "probs": "probabilities", "sigmoid": "sigmoids"}


class NllWithoutLogSoftmax(Rule):
    code = "SG402"
    name = "nll-without-log-softmax"
    bad = PROGRAM.format("")
    good = PROGRAM.format(".log_softmax(-1)")
    truth = "masked_cross_entropy(nn.Linear(8, 7)(hidden), targets)"
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        scale = loss.logits.scale
        if loss.takes == "probs" and scale == "logits":
            yield Report(
                f"{loss.spelling} takes the logarithm of what is picked, and {loss.logits.shape} are raw logits: it is NaN below 0",
                (loss.logits_step, loss.step),
                "pick from their log_softmax over the classes, without a further log; or use F.cross_entropy on the logits",
            )
            return
        if loss.takes != "log_probs" or scale not in ("logits", "probs", "sigmoid") or swapped(loss):
            return
        if loss.family != "nll":
            yield Report(
                f"{loss.spelling} takes log-probabilities, and {loss.logits.shape} are {_NAMES[scale]}",
                (loss.logits_step, loss.step),
                "give it the log_softmax of the logits over the classes",
            )
            return
        axis = 0 if loss.logits.shape.rank == 1 else 1
        what = _NAMES[scale]
        fix = Fix("take the log_softmax", loss.site, f"{{call}}({{logits}}.log_softmax({axis}), {{targets}}{{options}})")
        yield Report(
            f"{loss.spelling} takes log-probabilities, and {loss.logits.shape} are {what}",
            (loss.logits_step, loss.step),
            f"use F.cross_entropy on the logits, or log_softmax over axis {axis} before it"
            + ("" if scale == "logits" else "; a second softmax would not do"),
            fix if scale == "logits" else None,
        )
