"""The logits and the targets do not hold the same number of positions: only one side was flattened, cut or masked.

torch raises `Expected input batch_size (2) to match target batch_size (10)`, which does not say which side is the odd one.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, LossCall, Raises, Report, Rule, Shape, counts_differ, rows_of

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy({}, {})
"""


class HalfFlattened(Rule):
    code = "SG102"
    name = "half-flattened"
    bad = PROGRAM.format("logits.flatten(0, 1)", "targets")
    good = PROGRAM.format("logits.flatten(0, 1)", "targets.flatten()")
    claims = (Raises("ValueError", r"Expected input batch_size \(15\) to match target batch_size \(3\)"),)
    more = (
        Example(
            PROGRAM.format("logits.flatten(0, 1)", "targets[:, 1:].flatten()"),
            PROGRAM.format("logits[:, :-1].flatten(0, 1)", "targets[:, 1:].flatten()"),
            (Raises("ValueError", "Expected input batch_size"),),
            truth="masked_cross_entropy(logits[:, :-1], targets[:, 1:])",
        ),
    )

    def check(self, loss: LossCall) -> Iterator[Report]:
        if not counts_differ(loss):
            return
        logits, targets = loss.logits, loss.targets
        rows = rows_of(loss)
        count = Shape(rows).numel if rows is not None and targets.shape.rank == len(rows) else None
        told = f" hold {count} positions" if count is not None else ""
        other = f" hold {targets.shape.numel}" if count is not None else ""
        if logits.note("rows-filtered") or targets.note("rows-filtered"):
            change = "select both sides with the same mask"
        elif targets.shape.rank != (logits.shape.rank or 0) - 1:
            change = "flatten both sides alike: logits.flatten(0, 1) and targets.flatten()"
        else:
            change = "cut both sides to the same positions: logits[:, :-1] beside targets[:, 1:] for the next token"
        yield Report(
            f"logits {logits.shape}{told}, but targets {targets.shape}{other}",
            (loss.logits_step, loss.targets_step),
            f"{change}; do not make the sizes fit by view or truncation, the pairs would be wrong",
        )
