"""What arrives in a call, against the annotations of its parameters: what cannot be, and what may well be."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.analysis.facts.values import Dtype, Tensor
from shapeguard.analysis.interpreter.written.annotated import Handed, contradiction
from shapeguard.analysis.reading.hints import Hint
from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.rule import Axis, Dim, Pack, Shape
from tests.handmade import BT, TB, B, N, T, V

X = Pack("x", 71)
Given = tuple[str, tuple[Dim | int | Axis | Pack, ...]]


def handed(*given: Given, dtype: Dtype = "", want: Dtype = "") -> list[Handed]:
    hinted = [(Hint(tuple(dims.split()), want), Tensor(Shape.of(*sizes), dtype=dtype)) for dims, sizes in given]
    return [Handed(f"x{i}", *pair) for i, pair in enumerate(hinted)]


NEVER: dict[str, tuple[tuple[Given, ...], str]] = {
    "too few axes": ((("B T V", (BT, V)),), "2 axes, not 3"),
    "too many": ((("B T", (B, T, V)),), "3 axes, not 2"),
    "too many behind a pack": ((("B", (B, T, X)),), "at least 2 axes, not 1"),
    "too few for a variadic": ((("*b T V", (V,)),), "at least 2 are annotated"),
    "a scalar": ((("", (B,)),), "1 axes, not 0"),
    "a fixed size": ((("B T 7", (B, T, 10)),), "10 for 7"),
    "a fixed size with a name": ((("B classes=7", (B, 10)),), "10 for 7"),
    "a fixed size behind a pack": ((("B T 7", (X, 10)),), "10 for 7"),
    "a fixed size behind a variadic": ((("*b 7", (B, T, 10)),), "10 for 7"),
    "one name twice": ((("T T", (5, 7)),), "`T` is 5 and 7"),
    "one name in two tensors": ((("B T V", (3, 5, 9)), ("B T", (3, 4))), "`T` is 5 by x0 (3, 5, 9), but 4 by x1"),
    "one off": ((("B T V", (B, T, V)), ("B T", (B, T - 1))), "`T` is T by x0"),
    "time first beside batch first": ((("B T V", (T, B, V)), ("B T", (B, T))), "but B by x1"),
    "time first beside lengths": ((("B T V", (T, B, V)), ("B", (B,))), "`B` is T by x0 (T, B, V), but B by x1"),
    "classes in the middle": ((("B T V", (B, V, T)), ("B T", (B, T))), "`T` is V"),
    "behind another": ((("B", (B,)), ("B T", (T, B))), "`B` is B by x0 (B,), but T by x1"),
    "an expression": ((("B T", (B, T)), ("B T-1 V", (B, T, V))), "`T-1` is T-1, but T"),
    "an expression ahead": ((("B T-1 V", (3, 5, 9)), ("B T", (3, 5))), "`T-1` is 4, but 5"),
    "a product": ((("B T", (3, 4)), ("B*T", (13,))), "`B*T` is 12, but 13"),
}
MAYBE: dict[str, tuple[Given, ...]] = {
    "as annotated": (("B T V", (B, T, V)), ("B T", (B, T))),
    "other names": (("B T V", (T, B, V)), ("B T", (T, B))),
    "flat": (("N V", (BT, V)), ("N", (BT,))),
    "nothing known": (("B T V", (X,)), ("B T", (B, T))),
    "a pack that may be two axes": (("B T V", (X, V)),),
    "a variadic": (("*B V", (B, T, V)), ("*B", (B, T))),
    "dots": (("... V", (V,)), ("...", ())),
    "two sizes of which nothing is known": (("B T V", (B, T, V)), ("B T", (B, N))),
    "one name twice, sizes not known": (("T T", (T, N)),),
    "broadcast": (("B T", (3, 5)), ("#B T", (1, 5)), ("?B T", (4, 5))),
    "not named": (("_ _", (3, 5)), ("_B T", (4, 5)), ("_B T", (3, 5))),
    "an expression over nothing known": (("B T-1", (3, 5)), ("B S", (3, 5))),
    "an expression that is not read": (("B T", (3, 5)), ("B T//2", (3, 9)), ("{self.n}", (4,)), ("B-T", (99,)), ("min(B,T)", (1,))),
    "an expression that holds": (("B T", (B, T)), ("B T-1 V", (B, T - 1, V)), ("B*T", (BT,))),
    "spaces in an expression": (("B T - 1", (3, 5)),),
    "commas": (("B,T,V", (3, 5, 9)),),
    "a bracket torn apart": (("(B T)", (15,)),),
    "two variadics": (("*a *b", ()),),
    "scores of queries and keys": (("B S T", (B, N, N)), ("B T V", (B, N, V)), ("B S V", (B, N, V))),
    "the order of a flat axis": (("N V", (TB, V)), ("N", (BT,))),
}


@pytest.mark.parametrize("name", NEVER)
def test_cannot_be(name: str) -> None:
    given, text = NEVER[name]
    found = contradiction(handed(*given))
    assert found is not None and text in found.text


@pytest.mark.parametrize("name", MAYBE)
def test_may_be(name: str) -> None:
    assert contradiction(handed(*MAYBE[name])) is None


@pytest.mark.parametrize(
    ("dtype", "want", "wrong"),
    [
        ("int64", "float", True), ("float", "int", True), ("int64", "bool", True), ("bool", "int", True), ("half", "int64", True),
        ("half", "float", False), ("double", "half", False), ("int32", "int", False), ("", "float", False), ("int64", "", False),
    ],
)  # fmt: skip
def test_kinds_of_numbers(dtype: Dtype, want: Dtype, wrong: bool) -> None:
    found = contradiction(handed(("B", (B,)), dtype=dtype, want=want))
    assert (found is not None and found.of_dtype) == wrong


HEAD = """
import jaxtyping
import nptyping
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

def ce(logits: Float[Tensor, "B T V"], targets: {}) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten().long())

def embed(ids: Float[Tensor, "B T"]):
    return ids

logits = torch.randn(3, 5, 7)
from data import batch
"""
INT = 'Int[Tensor, "B T"]'


@pytest.mark.parametrize(
    ("annotation", "call", "severity"),
    [
        (INT, "ce(logits, torch.zeros(3, 5))", "error"),
        (INT, "ce(logits, torch.zeros(3, 5).long())", None),
        (INT, "ids = batch()\nembed(ids)\nce(logits, ids)", "warning"),  # which of the two annotations is wrong is not known
        (INT, "y = torch.randint(0, 7, (15,))  # (B, T)\nce(logits, y)", "error"),
        (INT, "y = batch()  # (B, T, V)\nce(logits, y)", "warning"),
        (INT, "import pytest\nwith pytest.raises(TypeError):\n    ce(logits, torch.zeros(3, 5))", None),
        ("'Int[Tensor, \"B T\"] | Float[Tensor, \"B T\"]'", "ce(logits, torch.zeros(3, 5))", None),
        (INT + " | " + INT.replace("Int", "Float"), "ce(logits, torch.zeros(3, 5))", None),
        (INT + " | None", "ce(logits, torch.zeros(3, 5))", "error"),
        ("Own[Tensor, 'B T']", "ce(logits, torch.zeros(3, 5))", None),
        ("nptyping.Int[Tensor, 'B T']", "ce(logits, torch.zeros(3, 5))", None),
        ("jaxtyping.Int[Tensor, 'B T']", "ce(logits, torch.zeros(3, 5))", "error"),
        (INT, "embed(logits)\nF.cross_entropy(logits.transpose(1, 2), torch.randint(0, 7, (3, 5)))", None),  # its own affair
        (INT, "x = embed(logits)\nF.cross_entropy(x.transpose(1, 2), torch.randint(0, 7, (3, 5)))", "error"),
    ],
)
def test_at_a_loss(tmp_path: Path, annotation: str, call: str, severity: str | None) -> None:
    path = tmp_path / "program.py"
    path.write_text(HEAD.format(annotation) + call + "\n")
    run = check_paths([str(path)], Settings(select=("SG701",)))
    assert [f.severity for f in run.findings] == ([severity] if severity else [])


TWO_LOSSES = """
def both(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], weights: Float[Tensor, "B T"]) -> Tensor:
    first = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    second = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return ((first + second) * weights).sum() / weights.sum()

targets = torch.randint(0, 7, (3, 5))
both(logits, targets, {})
F.cross_entropy(logits.transpose(1, 2), targets)
"""


@pytest.mark.parametrize("weights", ["torch.rand(5)", "torch.rand(3, 1)"])
def test_one_fault_one_finding(tmp_path: Path, weights: str) -> None:
    """The first loss of the function tells of it, whether its own tensors or only a weight say so; no loss of the caller does."""
    path = tmp_path / "program.py"
    path.write_text(HEAD.format(INT) + TWO_LOSSES.format(weights))
    rows = [f.place.row for f in check_paths([str(path)], Settings(select=("SG701",))).findings]
    assert [path.read_text().splitlines()[r - 1].split()[0] for r in rows] == ["first"]
