"""Padding counts like any other target unless something keeps it out, and the model is paid for predicting it.

The loss falls faster than it should, because padding is easy, and depends on how long the longest row of the batch happens to be.
Nothing raises: pad ids are classes like others.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    RAGGED,
    RAGGED_TRUTH,
    Dim,
    Example,
    LossCall,
    Report,
    Rule,
    WrongNumber,
    option_place,
    pad_instead,
    padding_fault,
    stops_by_padding,
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
    targets = pad_sequence(rows, batch_first=True)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(){})
"""

CRITERION = """
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

criterion = nn.CrossEntropyLoss({})


def step(logits: Float[Tensor, "B T V"], rows: list[Tensor]) -> Tensor:
    targets = pad_sequence(rows, batch_first=True)
    return criterion(logits.transpose(1, 2), targets)
"""


class UnmaskedPadding(Rule):
    code = "SG201"
    name = "unmasked-padding"
    bad = PROGRAM.format("")
    good = PROGRAM.format(", ignore_index=0")
    given = RAGGED
    truth = RAGGED_TRUTH
    claims = (WrongNumber(),)
    more = (Example(CRITERION.format(""), CRITERION.format("ignore_index=0"), (WrongNumber(),), RAGGED, RAGGED_TRUTH),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        if padding_fault(loss) != "unmasked":
            return
        pad = uncovered_fills(loss)[0]
        value = pad.value if pad.value is not None else "a pad id"
        instead = pad_instead(loss, pad.value)
        doubt = stops_by_padding(loss, pad)
        drawn = any(swap.mask is not None and swap.mask.kind == "random" for swap in loss.targets.swaps)
        ignores = f": ignore_index is {loss.ignore_index.value}" if takes_ignored_id(loss) else ""
        if loss.family == "soft":
            yield Report(
                f"the ids that the targets are made of are padded with {value}, and nothing keeps these positions out of {loss.spelling}",
                (*pad.steps, loss.targets_step),
                "select the other positions on both sides, or set the losses of these to 0, and divide by the number of the others",
                certain=False,
            )
            return
        yield Report(
            f"targets are padded with {value}, and nothing keeps that out of the loss{ignores}",
            (*pad.steps, loss.targets_step),
            _remedy(loss, value, instead, doubt, drawn),
            with_option(loss, "ignore the padding", "ignore_index", str(value))
            if instead is None and takes_ignored_id(loss) and not doubt and not drawn
            else None,
            certain=not doubt,
        )


def _remedy(loss: LossCall, value: Dim | str, instead: Dim | None, doubt: bool, drawn: bool) -> str:
    if loss.family == "gather":
        return f"set the losses to 0 where the targets are {value}, or select the others, and divide by their number"
    if loss.family == "model":
        return f"labels of {loss.spelling} must be -100 where they are padding: pad them with -100"
    if drawn:
        return f"draw none of the padding, which is drawn as often as the rest: chosen &= ids != {value}"
    if instead is not None:
        return f"pad the targets with {instead}, which is ignored already; {value} means something else too"
    if doubt:
        return f"if the padding is what tells the model to stop, keep it, or give the targets an end id; else pass ignore_index={value}"
    return f"pass ignore_index={value}{option_place(loss)}; if {value} is a real class too, pad with -100 in its place"
