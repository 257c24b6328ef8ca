"""No verdict reads what is written for people: with every margin note left blank the same codes are found."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, get_args

import pytest

from shapeguard import analysis
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import After, Step
from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.lint.finding import Finding
from shapeguard.lint.registry import load
from tests.case_programs import Program, known_misses, programs
from tests.rules.test_cases import placed, said

EXAMPLES = [(code, number) for code, rule in load().items() for number, _ in enumerate(rule.examples)]


@pytest.fixture
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is made without its text, and what became of a loss has none."""
    make = Step.__init__

    def silent(self: Step, op: str, site: Any, text: str, *more: Any, **facts: Any) -> None:
        make(self, op, site, "", *more, **facts)

    monkeypatch.setattr(Step, "__init__", silent)
    monkeypatch.setattr(After, "text", property(lambda self: ""))


@pytest.mark.usefixtures("blank")
@pytest.mark.parametrize("program", [p for p in programs() if p.name not in known_misses()], ids=lambda p: p.name)
def test_a_program_gets_the_same_codes(program: Program, tmp_path: Path) -> None:
    assert not program.differences(placed(program, tmp_path, said(program, tmp_path)))


@pytest.mark.parametrize(("code", "number"), EXAMPLES)
def test_the_examples_of_a_rule_get_the_same_codes(code: str, number: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    example = load()[code].examples[number]
    sources = {"bad": example.bad, "good": example.good}
    before = {name: _judged(tmp_path / f"{name}.py", source) for name, source in sources.items()}
    request.getfixturevalue("blank")
    assert before["bad"] and {name: _judged(tmp_path / f"{name}.py", source) for name, source in sources.items()} == before


def _judged(file: Path, source: str) -> list[tuple[str, str, int]]:
    file.write_text(source)
    found: list[Finding] = list(check_paths([str(file)], Settings(select=("ALL",))).findings)
    return [(f.code, f.severity, f.place.row) for f in found]


@pytest.mark.usefixtures("blank")
def test_the_notes_are_really_blank() -> None:
    assert Step("view", None, "logits are (B, T, V)").text == ""  # type: ignore[arg-type]
    assert After("div", by=0.5).text == ""


def test_every_kind_of_step_that_may_be_asked_for_is_made() -> None:
    made = [f for part in ("ops", "interpreter") for f in (Path(analysis.__file__).parent / part).rglob("*.py")]
    words = {n.value for f in made for n in ast.walk(ast.parse(f.read_text("utf-8"))) if isinstance(n, ast.Constant)}
    unmade = set(get_args(StepKind)) - words - {"", "image layer"}  # of image layers the names are put together
    assert unmade == set()
