"""Targets must be class ids of type int64, one a position; torch raises for floats, one-hot integers, a last axis of 1 and int32.

Floats of the logits' own shape are read as class probabilities, so a cast in the wrong place can also be silent.
"""

from collections.abc import Iterator

from shapeguard.rule import Example, Fix, LossCall, Raises, Report, Rule, wrong_form

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"]) -> Tensor:
    return F.cross_entropy(logits, {})
"""
COLUMN = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N 1"]) -> Tensor:
    return F.cross_entropy(logits, targets{})
"""
COLUMN_TRUTH = "masked_cross_entropy(logits, targets[:, 0])"
FORMS = {
    "float": ("floats", "pass targets.long()", "{targets}.long()"),
    "int32": ("int32", "pass targets.long()", "{targets}.long()"),
    "one-hot": ("one-hot integers", "pass the class ids themselves (targets.argmax(-1)); a cast to float needs the classes on axis 1", ""),
    "packed": ("a PackedSequence", "pass targets.data, packed with the lengths of the logits", "{targets}.data"),
    "extra axis": ("ids with an axis of size 1", "pass targets.squeeze(-1)", "{targets}.squeeze(-1)"),
}


class WrongTargetForm(Rule):
    code = "SG106"
    name = "wrong-target-form"
    bad = PROGRAM.format("targets.float()")
    good = PROGRAM.format("targets")
    claims = (Raises("RuntimeError", "Long"),)
    more = (
        Example(COLUMN.format(""), COLUMN.format(".squeeze(1)"), (Raises("RuntimeError"),), truth=COLUMN_TRUTH),
        Example(PROGRAM.format("targets.int()"), PROGRAM.format("targets"), (Raises("RuntimeError", "Long"),)),
        Example(PROGRAM.format("F.one_hot(targets, logits.shape[1])"), PROGRAM.format("targets"), (Raises("RuntimeError"),)),
    )

    def check(self, loss: LossCall) -> Iterator[Report]:
        form = wrong_form(loss)
        if not form:
            return
        what, change, template = FORMS[form]
        if form == "extra axis" and (last := loss.targets.shape.at(-1)) is not None and (last.size is None or last.size.const != 1):
            change, template = "pass targets.squeeze(1)", "{targets}.squeeze(1)"
        shape = f" {loss.targets.shape}" if form != "packed" else ""
        yield Report(
            f"targets{shape} are {what}; {loss.spelling} takes int64 class ids, one a position of logits {loss.logits.shape}",
            (loss.targets_step,),
            change,
            Fix(change, loss.site, f"{{call}}({{logits}}, {template}{{options}})") if template else None,
        )
