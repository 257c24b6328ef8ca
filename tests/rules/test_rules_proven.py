"""Every rule holds what it claims: through the linter, through torch, and through its own fix."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source
from shapeguard.lint.registry import load, own_folder
from shapeguard.lint.skeleton import OURS, file_name
from shapeguard.testing import prove

RULES = load()


def test_a_file_has_the_code_and_the_name_of_its_rule() -> None:
    """They are in configurations and comments of others: who changes one of them changes the name of a file."""
    files = sorted(f.name for f in own_folder().glob("*.py"))
    assert files == [file_name(code, rule.name) for code, rule in RULES.items()]
    assert len(files) > 20 and all(code.startswith(OURS) for code in RULES)


@pytest.mark.parametrize("code", RULES)
def test_it_says_what_is_wrong_what_that_rests_on_and_what_to_do(code: str) -> None:
    for example in RULES[code].examples:
        (found,) = [f for f in check_source(example.bad) if f.code == code]
        assert found.message and found.help and found.because
        assert found.severity in (("info",) if RULES[code].level == "opt-in" else ("error", "warning"))


@pytest.mark.parametrize("code", RULES)
def test_proven(code: str) -> None:
    prove(RULES[code]).demand()
