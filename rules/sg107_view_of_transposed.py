"""`.view` cannot flatten a tensor that was transposed or cut: its numbers do not lie in memory in that order.

torch raises `view size is not compatible with input tensor's size and stride`. `reshape` copies them into order first.
"""

from collections.abc import Iterator

from shapeguard.rule import Fix, LossCall, Raises, Report, Rule

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "T B V"], targets: Int[Tensor, "B T"]) -> Tensor:
    V = logits.shape[2]
    return F.cross_entropy(logits.transpose(0, 1).{}(-1, V), targets.flatten())
"""


class ViewOfTransposed(Rule):
    code = "SG107"
    name = "view-of-transposed"
    bad = PROGRAM.format("view")
    good = PROGRAM.format("reshape")
    claims = (Raises("RuntimeError", "view size is not compatible"),)
    truth = "masked_cross_entropy(logits.transpose(0, 1), targets)"

    def check(self, loss: LossCall) -> Iterator[Report]:
        for side in (loss.logits, loss.targets):
            note = side.note("view-noncontiguous")
            if note is None:
                continue
            mixed = side.note("mixed-axes") is not None
            before = next((p.shape for p in note.step.parents if p.shape is not None), None)
            of = f" of {before}" if before else ""
            yield Report(
                f".view{of} to {note.step.shape or side.shape} raises: the tensor is not contiguous",
                (*note.step.parents, note.step),
                "drop the transpose: .reshape or .contiguous() would run here, and scramble the axes" if mixed else "use .reshape(...)",
                None if mixed else Fix("use reshape", note.step.site, "{self}.reshape({args})"),
            )
            return
