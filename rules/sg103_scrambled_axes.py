"""A view or reshape regroups numbers in memory order; it never exchanges two axes.

`logits.view(B, V, T)` has the shape that cross_entropy wants and none of its meaning: scores of several tokens and several
words are mixed, and a perfect model gets the loss of a random one. Only `transpose` and `permute` exchange axes.
"""

from collections.abc import Iterator

from shapeguard.rule import Axis, Example, Fix, LossCall, Note, Report, Rule, WrongNumber, scrambled

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    B, T, V = logits.shape
    return F.cross_entropy({}, {})
"""


class ScrambledAxes(Rule):
    code = "SG103"
    name = "scrambled-axes"
    bad = PROGRAM.format("logits.view(B, V, T)", "targets")
    good = PROGRAM.format("logits.transpose(1, 2)", "targets")
    claims = (WrongNumber(),)
    more = (
        Example(
            PROGRAM.format("logits.transpose(1, 2).reshape(-1, V)", "targets.flatten()"),
            PROGRAM.format("logits.reshape(-1, V)", "targets.flatten()"),
            (WrongNumber(),),
        ),
    )

    def check(self, loss: LossCall) -> Iterator[Report]:
        side = scrambled(loss)
        note = side.note("mixed-axes") if side else None
        if side is None or note is None or side.note("view-noncontiguous"):
            return
        which = "logits" if side is loss.logits else "targets"
        before = next((p.shape for p in note.step.parents if p.shape is not None), None)
        exchange = _exchange(note)
        source = f" from {before}" if before else ""
        yield Report(
            f"{note.step.op} to {note.step.shape or side.shape}{source} does not exchange axes: the {which} are scrambled",
            (*(p for p in note.step.parents), note.step),
            f"use .{exchange} in its place" if exchange else "flatten the axes in the order in which they stand: transpose back first",
            Fix("exchange the axes", note.step.site, f"{{self}}.{exchange}") if exchange else None,
        )


def _exchange(note: Note) -> str:
    """The transpose that was meant, where the sizes say so."""
    before = next((p.shape.dims for p in note.step.parents if p.shape is not None), None)
    after = note.step.shape.dims if note.step.shape else None
    if before is None or after is None or len(before) != 3 or len(after) != 3:
        return ""

    def sizes(axes: tuple[Axis, ...]) -> list[object]:
        return [a.size for a in axes]

    for i, j in ((1, 2), (0, 1), (0, 2)):
        turned = list(before)
        turned[i], turned[j] = turned[j], turned[i]
        if sizes(tuple(turned)) == sizes(after):
            return f"transpose({i}, {j})"
    return ""
