"""The ignored id is a real class of these targets, so that class is never trained.

Typical: `ignore_index=0` taken over from a language model to a head whose class 0 means something: "not next", the tag O, code 0.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    Dim,
    LossCall,
    Report,
    Rule,
    Same,
    Step,
    WrongNumber,
    classes_last,
    ends_of,
    ignored_by_id,
    option_place,
    same_id,
    takes_ignored_id,
)

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B 2"], targets: Int[Tensor, "B"]) -> Tensor:
    return F.cross_entropy(logits, targets{})
"""
GIVEN = """
def given():
    return {"logits": torch.randn(4, 2, requires_grad=True), "targets": torch.tensor([0, 1, 0, 1])}
"""


class PadIsRealClass(Rule):
    code = "SG204"
    name = "pad-is-real-class"
    bad = PROGRAM.format(", ignore_index=0")
    good = PROGRAM.format("")
    given = GIVEN
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        for ignored, left_out in ignored_by_id(loss):
            if any(same_id(ignored, end) is Same.YES for end, _ in ends_of(loss)):
                continue
            real = self._real(loss, ignored)
            if real is not None:
                yield Report(
                    f"{loss.spelling} leaves out id {ignored}, which is a real class of these targets: it is never trained",
                    (*real, left_out),
                    f"leave ignore_index out{option_place(loss) or ' here'}, or pad with -100 and ignore that"
                    if left_out is loss.step and takes_ignored_id(loss)
                    else "mask by lengths, or pad with an id that is no class and leave that one out",
                )
                return

    def _real(self, loss: LossCall, ignored: Dim) -> tuple[Step | None, ...] | None:
        for known, step in loss.real_ids:
            if same_id(ignored, known) is Same.YES:
                return (step,)
        # without one of two classes there is nothing to learn
        two = loss.classes is not None and loss.classes.const == 2 and not classes_last(loss)
        return (loss.logits_step,) if two and ignored.const in (0, 1) else None
