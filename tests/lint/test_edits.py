"""Fixes are written into the text of the call that they name."""

from __future__ import annotations

import pytest

from shapeguard.analysis.facts.steps import Place
from shapeguard.lint.edits import apply, replacement
from shapeguard.rule import Fix
from tests.handmade import SITE


def fix(template: str = "{call}({logits}, {targets}{options})", **options: str) -> Fix:
    return Fix("", SITE, template, tuple(options.items()))


@pytest.mark.parametrize(
    ("before", "how", "after"),
    [
        ("F.cross_entropy(x, y)", fix("{call}({logits}.transpose(1, 2), {targets}{options})"), "F.cross_entropy(x.transpose(1, 2), y)"),
        ("loss(a + b, y)", fix("{call}({logits}.exp(), {targets}{options})"), "loss((a + b).exp(), y)"),
        ("loss(target=y, input=x)", fix(), "loss(x, y)"),
        ("loss(x, y, w, reduction='sum')", fix(), "loss(x, y, w, reduction='sum')"),
        ("loss(x, y)", fix(ignore_index="0"), "loss(x, y, ignore_index=0)"),
        ("loss(x, y, ignore_index=-1, weight=w)", fix(ignore_index="0"), "loss(x, y, ignore_index=0, weight=w)"),
        ("loss(x,\n  y)", fix("{call}({targets}, {logits}{options})"), "loss(y, x)"),
        ("x.transpose(1, 2).view(-1, V)", fix("{self}.reshape({args})"), "x.transpose(1, 2).reshape(-1, V)"),
        ("(a + b).view(*s)", fix("{self}.reshape({args})"), None),
        ("loss(**batch)", fix(), None),
        ("loss", fix(), None),
        ("loss(x, y)", fix("{call}({mask})"), None),
    ],
)
def test_replacement(before: str, how: Fix, after: str | None) -> None:
    assert replacement(before, how) == after


def test_apply_keeps_the_rest() -> None:
    source = "a = 1\nloss = f(x, y)  # é\nb = 2\n"
    assert apply(source, Place("p", 2, 8, 2, 15), fix(ignore_index="0")) == "a = 1\nloss = f(x, y, ignore_index=0)  # é\nb = 2\n"
