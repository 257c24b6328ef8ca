"""`prove` fails for rules that do not hold what they claim: one sabotage each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shapeguard.lint.registry import load
from shapeguard.rule import Fix, LossCall, NotFinite, Raises, Report, Rule, SameNumber, WrongNumber, ZeroGradient
from shapeguard.testing import NotProven, prove

SOUND = load()["SG101"]
DOUBLE = load()["SG401"]


def sabotaged(rule: Rule, **changes: Any) -> Rule:
    """The rule with some of its names changed."""
    made: Rule = type("Sabotaged", (type(rule),), {"more": (), **changes})()
    return made


def failures(rule: Rule, expected: str) -> None:
    """It is not proven, and one of the reasons is the expected one."""
    proof = prove(rule, rules=[SOUND, DOUBLE])
    assert not proof
    assert any(expected in f for f in proof.failures), proof.failures
    with pytest.raises(NotProven, match=rule.code):
        proof.demand()


def report(rule: Rule, loss: LossCall, **changes: Any) -> Iterator[Report]:
    for found in type(rule).check(rule, loss):
        yield replace(found, **changes)


def test_the_sound_ones_are_proven() -> None:
    prove(SOUND).demand()
    prove(DOUBLE).demand()


def test_never_fires() -> None:
    failures(sabotaged(SOUND, check=lambda self, loss: iter(())), "bad is flagged 0 times with SG101, not once")


def test_always_fires() -> None:
    failures(sabotaged(SOUND, check=lambda self, loss: iter([Report("always")])), "good is flagged: SG101 in line 8: always")


def test_bad_is_good() -> None:
    rule = sabotaged(SOUND, bad=SOUND.good)
    failures(rule, "bad is flagged 0 times")
    failures(rule, "and does not raise RuntimeError")


def test_good_is_bad() -> None:
    rule = sabotaged(SOUND, good=SOUND.bad)
    failures(rule, "good is flagged")
    failures(rule, "good cannot be run: RuntimeError")


def test_good_is_clean_and_numerically_wrong() -> None:
    rule = sabotaged(SOUND, good=SOUND.good.replace(", targets)", ", (targets + 1) % 7)"))
    failures(rule, "the reference gives")


def test_the_wrong_error_is_claimed() -> None:
    failures(sabotaged(SOUND, claims=(Raises("ValueError"),)), "bad raises RuntimeError")
    failures(sabotaged(SOUND, claims=(Raises("RuntimeError", "out of memory"),)), "with 'out of memory'")


def test_an_error_is_claimed_where_a_number_comes_out() -> None:
    failures(sabotaged(DOUBLE, claims=(Raises("RuntimeError"),)), "does not raise RuntimeError")


def test_a_wrong_number_is_claimed_that_is_the_right_one() -> None:
    redundant = load()["SG404"]
    failures(sabotaged(redundant, claims=(WrongNumber(),)), "no further than 0.001")


def test_the_same_number_is_claimed_of_a_wrong_one() -> None:
    failures(sabotaged(DOUBLE, claims=(SameNumber(),)), "not the same as")


def test_nan_and_zero_gradients_are_claimed_in_vain() -> None:
    failures(sabotaged(DOUBLE, claims=(NotFinite(),)), "bad is finite")
    failures(sabotaged(DOUBLE, claims=(ZeroGradient("logits", "targets"),)), "bad has a gradient at logits[targets]")


def test_nothing_is_claimed() -> None:
    failures(sabotaged(DOUBLE, claims=()), "nothing is claimed")


def test_the_truth_is_wrong() -> None:
    failures(sabotaged(SOUND, truth="masked_cross_entropy(logits, (targets + 1) % 7)"), "the reference gives")
    failures(sabotaged(SOUND, truth="0 * logits.sum() / 0"), "the reference gives nan")
    failures(sabotaged(SOUND, truth="masked_cross_entropy(logits)"), "the truth for good cannot be computed: TypeError")


def test_the_fix_is_clean_and_numerically_wrong() -> None:
    def check(self: Rule, loss: LossCall) -> Iterator[Report]:
        fix = Fix("", loss.site, "{call}({logits}.transpose(1, 2), ({targets} + 1) % 7{options})")
        return report(SOUND, loss, fix=fix)

    failures(sabotaged(SOUND, check=check), "bad with its fix gives")


def test_the_fix_does_not_mend() -> None:
    def check(self: Rule, loss: LossCall) -> Iterator[Report]:
        return report(SOUND, loss, fix=Fix("", loss.site))

    rule = sabotaged(SOUND, check=check)
    failures(rule, "with its fix, bad is still flagged: SG101")
    failures(rule, "bad with its fix cannot be run")


def test_the_fix_cannot_be_written() -> None:
    def check(self: Rule, loss: LossCall) -> Iterator[Report]:
        return report(SOUND, loss, fix=Fix("", loss.site, "{call}({mask})"))

    failures(sabotaged(SOUND, check=check), "cannot be written into bad")


def test_flagged_twice() -> None:
    twice = SOUND.bad + SOUND.bad[SOUND.bad.index("def step") :].replace("def step", "def other")
    failures(sabotaged(SOUND, bad=twice), "bad is flagged 2 times")


def test_another_rule_speaks_of_it_too() -> None:
    failures(sabotaged(DOUBLE, code="LOC001", name="mine"), "bad is flagged by others too: SG401")


def test_no_entry_and_no_inputs() -> None:
    nameless = sabotaged(SOUND, bad=SOUND.bad.replace("def step", "def loss"), claims=(WrongNumber(),))
    failures(nameless, "there is no function `step` in it")
    unannotated = {k: getattr(SOUND, k).replace(': Int[Tensor, "B T"]', "") for k in ("bad", "good")}
    failures(sabotaged(SOUND, **unannotated), "`targets` has no annotation")
