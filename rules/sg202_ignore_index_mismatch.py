"""The loss ignores one id and the targets are padded with another, so the padding counts after all.

Typical: padded with 0 and ignored at another id, two constants that drifted apart, -1 that is never ignored, an ignore_index
stored on the object and never passed, the source language's pad id used for the target language.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    RAGGED,
    RAGGED_TRUTH,
    Dim,
    Example,
    LossCall,
    Raises,
    Report,
    Rule,
    Same,
    Uncovered,
    WrongNumber,
    option_place,
    pad_instead,
    padding_fault,
    same_id,
    takes_ignored_id,
    uncovered_fills,
    with_option,
)

PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def step(logits: Float[Tensor, "B T V"], rows: list[Tensor]) -> Tensor:
    targets = pad_sequence(rows, batch_first=True, padding_value={})
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(){})
"""


class IgnoreIndexMismatch(Rule):
    code = "SG202"
    name = "ignore-index-mismatch"
    bad = PROGRAM.format("0", ", ignore_index=-1")
    good = PROGRAM.format("0", ", ignore_index=0")
    given = RAGGED
    truth = RAGGED_TRUTH
    claims = (WrongNumber(),)
    more = (
        Example(
            PROGRAM.format("-1", ""),
            PROGRAM.format("-1", ", ignore_index=-1"),
            (Raises("IndexError", "Target -1 is out of bounds"),),
            RAGGED,
            RAGGED_TRUTH,
        ),
    )

    def check(self, loss: LossCall) -> Iterator[Report]:
        if padding_fault(loss) != "ignored id":
            return
        pad = uncovered_fills(loss)[0]
        stored = "" if loss.ignore_index.given or not loss.stored_ignore else "; the one that is stored is never passed"
        instead = pad_instead(loss, pad.value)
        how = "swapped to" if pad.swap else "set to" if pad.fill.where == "unknown" else "padded with"
        ignores = "picks by index: no id is ignored" if loss.family == "gather" else f"ignores {loss.ignore_index.value}"
        yield Report(
            f"targets are {how} {pad.value}, but {loss.spelling} {ignores}{stored}",
            (*pad.steps, *loss.stored_ignore, loss.step),
            _change(loss, pad, instead),
            with_option(loss, "ignore the padding", "ignore_index", str(pad.value))
            if instead is None and not _undone(loss, pad) and takes_ignored_id(loss)
            else None,
        )


def _undone(loss: LossCall, pad: Uncovered) -> bool:
    """Whether the padding was the ignored id once, and a line turned it into another."""
    return pad.swap is not None and same_id(pad.swap.by, loss.ignore_index.value) is Same.YES


def _change(loss: LossCall, pad: Uncovered, instead: Dim | None) -> str:
    if _undone(loss, pad):
        return f"drop the line that turns {loss.ignore_index.value} into {pad.value}: {loss.ignore_index.value} is what is ignored"
    if loss.family == "gather":
        return f"pick with targets.clamp(min=0), then set the losses to 0 where the targets are {pad.value}"
    if not takes_ignored_id(loss):
        return f"labels of {loss.spelling} must be {loss.ignore_index.value} where they are padding"
    if instead is not None:
        return f"pad the targets with {instead}, which is ignored already; {pad.value} means something else too"
    return f"pass ignore_index={pad.value}{option_place(loss)}; do not turn the padding into a real class to silence an error"
