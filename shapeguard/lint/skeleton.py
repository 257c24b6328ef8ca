"""The file of a new rule: one that works and proves as it stands, for its author to change piece by piece."""

from __future__ import annotations

import keyword
from pathlib import Path

from shapeguard.lint.registry import CODE, CODE_IS, NAME, NAME_IS

OURS = "SG"  # codes of this package begin with it

_IMPORTED = {"Iterator", "LossCall", "Report", "Rule", "WrongNumber"}
_RULE = '''"""Where half or more of the target goes to the other classes, the loss hardly says which one is right.

Say here, in plain words, why the fault matters: `shapeguard rule {code}` prints it, and lists show the first sentence.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, WrongNumber

# the wrong program and the right one: `step` returns the loss, and is given what its annotations say
PROGRAM = """
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def step(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"]) -> Tensor:
    return F.cross_entropy(logits, targets{{}})
"""


class {name}(Rule):
    code = "{code}"
    name = "{slug}"
    bad = PROGRAM.format(", label_smoothing=0.9")
    good = PROGRAM.format("")
    claims = (WrongNumber(),)  # what torch does with `bad`; Raises, SameNumber, NotFinite and ZeroGradient are others

    def check(self, loss: LossCall) -> Iterator[Report]:
        # `shapeguard rule --facts` lists what a loss knows, and what can be asked of it; of what is not known, say nothing
        smoothing = loss.label_smoothing.value
        if not isinstance(smoothing, (int, float)) or smoothing < 0.5:
            return
        yield Report(
            f"label_smoothing={{smoothing}} takes half of the target or more from the right class",
            (loss.made, loss.step),
            "pass label_smoothing=0.1",
        )
'''


def file_name(code: str, name: str) -> str:
    """The name of the file of a rule: `loc001_my_rule.py`."""
    return f"{code.lower()}_{name.replace('-', '_')}.py"


def class_name(name: str) -> str:
    """`MyRule` for `my-rule`; one that means nothing else in its file."""
    joined = "".join(part.capitalize() for part in name.split("-"))
    return f"{joined}Rule" if keyword.iskeyword(joined) or joined in _IMPORTED else joined


def source(code: str, name: str) -> str:
    """The file of a rule that finds a label smoothing of a half or more."""
    return _RULE.format(code=code, name=class_name(name), slug=name)


def refused(code: str, name: str) -> str:
    """Why a rule of a project cannot have this code and this name; "" where it can."""
    if not CODE.fullmatch(code):
        return f"{code!r} is no code of a rule: {CODE_IS}"
    if not NAME.fullmatch(name):
        return f"{name!r} is no name of a rule: {NAME_IS}"
    if code.startswith(OURS):
        return f"codes that begin with {OURS} are those of this package: {code} may be one of them some day; LOC001 never will"
    return ""


def write(folder: Path, code: str, name: str) -> Path:
    """Writes the file of a new rule; raises OSError where it cannot, or where there is one already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(code, name)
    with path.open("x", encoding="utf-8") as file:
        file.write(source(code, name))
    return path
