"""Rules are loaded by folder, and a file that cannot be used says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.lint.registry import RuleError, load, load_file

RULE = '''"""Why it matters."""

from __future__ import annotations

from dataclasses import dataclass

from shapeguard.rule import Report, Rule, WrongNumber


@dataclass(frozen=True)
class Note:  # postponed annotations look the module up
    text: str


class Mine(Rule):
    code = "LOC001"
    name = "my-rule"
    bad = "bad"
    good = "good"
    claims = (WrongNumber(),)

    def check(self, loss):
        yield Report(Note("it").text)
'''


def written(tmp_path: Path, text: str, name: str = "loc001_my_rule.py") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_users_folder_beside_our_own(tmp_path: Path) -> None:
    written(tmp_path, RULE)
    written(tmp_path, "raise SystemError", "_helper.py")
    rules = load([tmp_path])
    assert list(rules) == sorted(rules) and {"SG101", "LOC001"} <= set(rules)
    assert rules["LOC001"].why == "Why it matters."
    assert len(rules["LOC001"].examples) == 1
    assert [r.code for r in load_file(tmp_path / "loc001_my_rule.py")] == ["LOC001"]


def test_our_own_say_why_in_their_docstring() -> None:
    for rule in load().values():
        assert rule.why.count("\n") >= 2 and rule.why[0].isupper() | (rule.why[0] in "`(") | rule.why.startswith("log_softmax"), rule.code


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('code = "LOC001"', 'code = "loc1"'), "code 'loc1' is not two to five capitals and three digits"),
        (('name = "my-rule"', 'name = "My Rule"'), "is not lower case with hyphens"),
        (('    bad = "bad"\n', ""), "has no `bad`"),
        (("    claims = (WrongNumber(),)\n", ""), "claims nothing of its bad example"),
        (("def check", "def chekc"), "has no `check`"),
        (('"""Why it matters."""', ""), "no docstring that says why"),
        (("class Mine(Rule)", "class Mine"), "there is no subclass of shapeguard.rule.Rule"),
        (("claims = (", "claims = (1 / 0, "), "ZeroDivisionError: division by zero"),
        (('code = "LOC001"', 'code = "SG101"'), "SG101 is taken by .*sg101_unflattened_logits.py"),
        (('name = "my-rule"', 'name = "unmasked-padding"'), "unmasked-padding is taken by"),
        (('good = "good"', 'good = "good"\n    level = "off"'), "level 'off' is neither"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = written(tmp_path, RULE.replace(*change))
    with pytest.raises(RuleError, match=message) as caught:
        load([tmp_path])
    assert str(path) in str(caught.value)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        load([tmp_path / "nothing"])
