"""Losses in programs of a later Python than the one that runs: read, judged, and told at their places."""

from __future__ import annotations

import pytest

from shapeguard.lint.edits import apply
from shapeguard.lint.engine import OwnFailure, check_source

GENERIC_LOSS = """
from torch import Tensor, nn
type Batch = dict[str, Tensor]
class Loss[T: Tensor](nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(**kwargs)
    def forward(self, x: T, y: T) -> T:
        return self.ce(x.softmax(-1), y)  # here
loss = Loss()
"""
GENERIC_FUNCTION = """
import torch.nn.functional as F
def step[M](model: M, batch):
    print(f"{batch["x"].shape} {"# no comment"}")
    logits = F.softmax(model(batch["x"]), dim=-1)
    print(f"a long one of {
        len(batch["x"])  # rows
    } rows"); return F.cross_entropy(logits, batch["y"])  # here
"""
HANDLER = """
import torch.nn.functional as F
def step(model, x, y):
    try:
        logits = model(x).softmax(-1)
    except ValueError, RuntimeError:
        raise
    return F.cross_entropy(logits, y)  # here
"""
IN_A_FIELD = """
import torch.nn.functional as F
def report(model, x, y):
    print(f"loss {F.cross_entropy(model(x).softmax(-1), y):.3f} of {x["name"]}")  # here
"""
TEMPLATED = """
import torch.nn.functional as F
def report(model, x, y):
    log(t"loss {F.cross_entropy(model(x).softmax(-1), y)} of {x["name"]}")  # here
"""
DEFAULTS = """
import torch.nn.functional as F
class Trainer[M = int, *B = *tuple[int, ...]]:
    async def step[T: (int, str)](self, model: M, x: T, y) -> None:
        loss = F.cross_entropy(model(x).softmax(-1), y)  # here
        loss.backward()
"""


@pytest.mark.parametrize("program", [GENERIC_LOSS, GENERIC_FUNCTION, HANDLER, IN_A_FIELD, TEMPLATED, DEFAULTS])
def test_a_loss_is_judged_at_its_place(program: str) -> None:
    rows = program.split("\n")
    row = next(i for i, line in enumerate(rows, 1) if line.endswith("# here"))
    (found,) = [f for f in check_source(program) if f.severity != "info"]
    assert (found.code, found.place.row) == ("SG401", row)
    call = rows[row - 1][found.place.col - 1 : found.place.end_col - 1]
    assert call.startswith(("F.cross_entropy(", "self.ce(")) and call.endswith(('y)', 'batch["y"])'))


@pytest.mark.parametrize("program", [GENERIC_LOSS, GENERIC_FUNCTION, HANDLER, IN_A_FIELD, TEMPLATED, DEFAULTS])
def test_its_right_twin_is_clean(program: str) -> None:
    right = program.replace("x.softmax(-1)", "x").replace(".softmax(-1)", "").replace("F.softmax(model(batch[\"x\"]), dim=-1)", "model(x)")
    assert not [f for f in check_source(right) if f.severity != "info"]


def test_a_comment_silences_where_quotes_are_nested() -> None:
    program = GENERIC_FUNCTION.replace("  # here", "  # shapeguard: ignore[SG401]")
    assert not [f for f in check_source(program) if f.severity != "info"]
    kept = GENERIC_FUNCTION.replace('"# no comment"', '"# shapeguard: ignore[SG401]"')
    assert [f.code for f in check_source(kept) if f.severity != "info"] == ["SG401"]


def test_a_fix_changes_the_text_as_it_was_written() -> None:
    program = (
        "import torch.nn.functional as F\ndef step[T](x, y):\n    x = F.log_softmax(x, -1)\n"
        "    print(f'{x['a']}'); return F.nll_loss(x[:, 0].exp(), y)\n"
    )
    (found,) = [f for f in check_source(program) if f.severity != "info"]
    assert found.place.col == 32
    assert found.fix is None or (apply(program, found.fix.at.place, found.fix) or program).count("print(f'{x['a']}')") == 1


def test_what_is_too_deep_to_prove_anything_of_is_said() -> None:
    with pytest.raises(OwnFailure, match="too deeply nested"):
        check_source("cross_entropy = x" + ".a()" * 3000)
