"""The loss takes the logits first and the targets second; other frameworks take them the other way round.

With ids torch raises an error about dtypes or batch sizes that does not name the cause. With a teacher's probabilities in place
of ids nothing is raised: the student is scored as the teacher.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, Fix, LossCall, Raises, Report, Rule, WrongNumber, swapped

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"]) -> Tensor:
    return F.cross_entropy({})
"""
TEACHER = """
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def step(hidden: Float[Tensor, "N 8"], scores: Float[Tensor, "N 7"]) -> Tensor:
    logits = nn.Linear(8, 7)(hidden)
    teacher = scores.softmax(-1)
    return F.cross_entropy({})
"""
TEACHER_TRUTH = """
def truth(hidden, scores):
    logits, teacher = nn.Linear(8, 7)(hidden), scores.softmax(-1)
    each = [masked_cross_entropy(logits, torch.full((len(scores),), c), reduction="none") for c in range(7)]
    return (torch.stack(each, 1) * teacher).sum(1).mean()
"""


class SwappedArguments(Rule):
    code = "SG105"
    name = "swapped-arguments"
    bad = PROGRAM.format("targets, logits")
    good = PROGRAM.format("logits, targets")
    claims = (Raises("Exception"),)
    more = (Example(TEACHER.format("teacher, logits"), TEACHER.format("logits, teacher"), (WrongNumber(),), truth=TEACHER_TRUTH),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        if not swapped(loss):
            return
        first = {"probs": "probabilities", "one_hot": "one-hot classes"}.get(loss.logits.scale, "class ids")
        yield Report(
            f"{loss.spelling} gets {first} {loss.logits.shape} where the logits belong, and {_words(loss)} {loss.targets.shape} as targets",
            (loss.logits_step, loss.targets_step),
            "pass the logits first, then the targets; casting the ids to float would run, and train on nothing",
            Fix("exchange the two", loss.site, "{call}({targets}, {logits}{options})"),
        )


def _words(loss: LossCall) -> str:
    return {"logits": "raw logits", "log_probs": "log-probabilities", "probs": "probabilities"}.get(loss.targets.scale, "scores")
