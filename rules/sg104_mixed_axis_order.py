"""One side runs over time first and the other over the batch first, and flattening hides it: every pair is wrong but the count fits.

`torch.stack` of decoder steps and `pad_sequence` without batch_first are time first. The same happens inside a model when
`nn.LSTM` or `nn.Transformer` with batch_first left False gets (B, T, D): it runs over the batch as if it were time.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, LossCall, Report, Rule, Step, StepKind, WrongNumber, crossed, flat, of_sequences, positions, rows_of

PICKS: frozenset[StepKind] = frozenset(("index", "split", "gather"))  # what takes one step of many
BATCHED: frozenset[StepKind] = frozenset(("default_collate", "stack", "pad_sequence", "tensor"))  # what makes a batch of rows

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "T B V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy({}, targets.flatten())
"""
MODEL = """
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def step(x: Float[Tensor, "B T 8"], targets: Int[Tensor, "B T"]) -> Tensor:
    torch.manual_seed(0)
    lstm, head = nn.LSTM({}), nn.Linear(8, 7)
    logits = head(lstm(x)[0])
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
"""
MODEL_TRUTH = """
def truth(x, targets):
    torch.manual_seed(0)
    lstm, head = nn.LSTM(8, 8), nn.Linear(8, 7)
    rows = [head(lstm(row)[0]) for row in x]  # one row at a time: no batch axis to mistake
    return masked_cross_entropy(torch.stack(rows), targets)
"""


class MixedAxisOrder(Rule):
    code = "SG104"
    name = "mixed-axis-order"
    bad = PROGRAM.format("logits.flatten(0, 1)")
    good = PROGRAM.format("logits.transpose(0, 1).flatten(0, 1)")
    claims = (WrongNumber(),)
    truth = "masked_cross_entropy(logits.transpose(0, 1), targets)"
    more = (Example(MODEL.format("8, 8"), MODEL.format("8, 8, batch_first=True"), (WrongNumber(),), truth=MODEL_TRUTH),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        misread = loss.logits.note("misread-batch")
        rows = rows_of(loss)
        if misread is not None:
            yield Report(
                f"{misread.step.text}: each row is read as a time step of its neighbours",
                (*misread.step.parents, misread.step),
                "give the module batch_first=True, or transpose(0, 1) before and after it; a later transpose alone does not mend it",
                beside=_one_a_row(loss),
            )
        elif rows is not None and crossed(loss):
            first, second = (".".join(map(str, flat(axes))) for axes in (rows, positions(loss)))
            yield Report(
                f"logits run over {first}, but targets run over {second}: every pair is of two different positions",
                (loss.logits_step, loss.targets_step),
                "transpose(0, 1) one side before it is flattened; a view or reshape would not exchange the axes",
            )


def _one_a_row(loss: LossCall) -> bool:
    """Whether each row has one target of its own, which is no entry of a sequence: a label, or only the token that comes next."""
    return loss.logits.shape.rank == 2 and not of_sequences(loss) and not _picked(loss.targets.step)


def _picked(step: Step | None) -> bool:
    """Whether something was taken out of the targets of a batch, as a step of a decoder takes its own."""
    todo = [] if step is None else [step]
    while todo:
        here = todo.pop()
        if here.kind in PICKS:
            return True
        todo += here.parents if here.kind not in BATCHED else ()
    return False
