"""`F.cross_entropy` applies log_softmax itself; on probabilities it does so twice, and the loss can hardly fall.

With V classes the second softmax squeezes everything between log(V) - 1 and log(V) + 1: it still trains, slowly and to a worse model.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, Step, WrongNumber, is_soft, swapped

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"]) -> Tensor:
    return F.cross_entropy({}, targets)
"""


def _last_softmax(step: Step) -> Step | None:
    return next((s for s in reversed(step.history()) if s.kind in ("softmax", "log_softmax")), None)


class DoubleSoftmax(Rule):
    code = "SG401"
    name = "double-softmax"
    bad = PROGRAM.format("logits.softmax(dim=-1)")
    good = PROGRAM.format("logits")
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        scale = loss.logits.scale
        twice = loss.logits.note("softmax-twice") if loss.takes == "log_probs" and scale == "log_probs" else None
        if twice is not None and loss.logits_step is not None and _last_softmax(loss.logits_step) is twice.step:
            yield Report(
                f"the log-probabilities that {loss.spelling} takes are a log_softmax of what has been through a softmax or sigmoid already",
                (twice.step, loss.step),
                "take the log_softmax of the logits; keep the probabilities for prediction only",
            )
            return
        by_hand = loss.family == "gather" and loss.takes == "logits"
        if by_hand and scale in ("probs", "sigmoid"):
            yield Report(
                f"{loss.spelling} is a cross entropy of raw logits; {loss.logits.shape} has been through a softmax or sigmoid",
                (loss.logits_step, loss.step),
                "use the logits from before it; of probabilities the logarithm is enough",
            )
            return
        if loss.family not in ("cross_entropy", "masked") or scale not in ("probs", "sigmoid") or swapped(loss):
            return
        first = "softmax" if scale == "probs" else "sigmoid"
        yield Report(
            f"{loss.spelling} takes raw logits and applies log_softmax itself; {loss.logits.shape} has been through a {first}",
            (loss.logits_step, loss.step),
            f"pass the logits from before the {first}; "
            + ("soft targets are probabilities, and need theirs" if is_soft(loss) else "keep it for prediction only"),
        )
