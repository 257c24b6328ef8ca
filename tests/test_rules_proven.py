"""Every rule holds what it claims: through the linter, through torch, and through its own fix."""

from __future__ import annotations

import pytest

from shapeguard.lint.registry import load
from shapeguard.testing import prove

RULES = load()
NAMES = {
    "SG101": "unflattened-logits", "SG102": "half-flattened", "SG103": "scrambled-axes", "SG104": "mixed-axis-order",
    "SG105": "swapped-arguments", "SG106": "wrong-target-form", "SG107": "view-of-transposed", "SG108": "class-count-mismatch",
    "SG201": "unmasked-padding", "SG202": "ignore-index-mismatch", "SG203": "pad-is-eos", "SG204": "pad-is-real-class",
    "SG205": "unused-mask", "SG206": "mask-after-reduction", "SG207": "masked-logits", "SG208": "mask-not-bool", "SG209": "wrong-mask",
    "SG301": "wrong-denominator", "SG302": "unguarded-denominator", "SG303": "mean-of-means", "SG401": "double-softmax",
    "SG402": "nll-without-log-softmax", "SG403": "softmax-over-wrong-axis", "SG404": "redundant-log-softmax",
    "SG501": "misaligned-shift", "SG502": "shift-after-flatten", "SG601": "python-loop-filter",
    "SG701": "annotation-contradicted", "SG702": "unchecked-annotation",
}  # fmt: skip
OPT_IN = {"SG302", "SG303", "SG404", "SG601", "SG702"}


def test_codes_names_and_levels_are_fixed() -> None:
    assert {code: rule.name for code, rule in RULES.items()} == NAMES
    assert {code for code, rule in RULES.items() if rule.level == "opt-in"} == OPT_IN


@pytest.mark.parametrize("code", RULES)
def test_proven(code: str) -> None:
    prove(RULES[code]).demand()
