"""The linter over the programs in tests/cases: every marked line is flagged with its code, and no other line is."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.lint.finding import Finding
from shapeguard.lint.registry import load
from tests.case_programs import Program, Spot, known_misses, programs

PROGRAMS = programs()
MISSES = known_misses()


def findings(program: Program, folder: Path) -> list[tuple[Spot, str]]:
    """What the linter says of a copy of the program, each with its place."""
    return placed(program, folder, said(program, folder))


def placed(program: Program, folder: Path, found: Iterable[Finding]) -> list[tuple[Spot, str]]:
    """Findings by their places within the program."""
    there = Program(folder / program.path.name)
    return [(Spot(there.relative(Path(f.place.path)), f.place.cell, f.place.row), f.code) for f in found]


def said(program: Program, folder: Path) -> list[Finding]:
    """What every rule, the opt-in ones too, says of a copy of the program that stands alone, as a project of its own."""
    copy = folder / program.path.name
    if program.path.is_dir():
        shutil.copytree(program.path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(program.path, copy)
    result = check_paths([str(copy)], Settings(select=("ALL",)))
    assert not result.failures, "; ".join(f.message for f in result.failures)
    return list(result.findings)


def _param(program: Program) -> object:
    reason = MISSES.get(program.name)
    return pytest.param(program, id=program.name, marks=[pytest.mark.xfail(reason=reason, strict=True)] if reason else [])


def loud(found: Iterable[Finding]) -> list[str]:
    """What must not be said of right code: errors and warnings, of whatever rule and on whatever line."""
    return [f"{f.code} {f.severity} at {f.place.row}: {f.message}" for f in found if f.severity != "info"]


@pytest.mark.parametrize("program", [_param(p) for p in PROGRAMS])
def test_program(program: Program, tmp_path: Path) -> None:
    found = said(program, tmp_path)
    differences = program.differences(placed(program, tmp_path, found))
    assert not differences, "\n".join(differences)
    assert program.wrong or not loud(found)


@pytest.mark.parametrize("code", load())
def test_nothing_is_said_of_the_good_programs_of_a_rule(code: str, tmp_path: Path) -> None:
    for number, example in enumerate(load()[code].examples):
        file = tmp_path / f"good{number}.py"
        file.write_text(example.good)
        result = check_paths([str(file)], Settings(select=("ALL",)))
        assert not result.failures
        assert not loud(result.findings)


def test_a_loud_finding_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(load()["SG201"].bad)
    assert [line.split()[:2] for line in loud(check_paths([str(file)], Settings(select=("ALL",))).findings)] == [["SG201", "error"]]


def test_there_is_enough_of_everything() -> None:
    wrong = Counter(code for p in PROGRAMS for _, code in p.wrong)
    right = Counter(code for p in PROGRAMS for _, code in p.right)
    faulty = sum(1 for p in PROGRAMS if p.wrong)
    assert len(PROGRAMS) >= 200
    assert len(PROGRAMS) - faulty > faulty
    assert len({spot for p in PROGRAMS for spot in {(p.name, s) for s, _ in p.right}}) > sum(wrong.values())
    codes = sorted(load())
    assert {c for c in codes if wrong[c] < 4} == set()
    assert {c for c in codes if right[c] < 6} == set()


def test_markers_name_rules_that_exist() -> None:
    known = set(load())
    assert {code for p in PROGRAMS for _, code in p.wrong | p.right} <= known
    assert set(MISSES) <= {p.name for p in PROGRAMS}


def test_no_line_is_both_wrong_and_right() -> None:
    for p in PROGRAMS:
        assert not {spot for spot, _ in p.wrong} & {spot for spot, _ in p.right}, p.name


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  # SG101", "  # SG102", ["missed SG102", "false SG101"]),
        ("  # SG101", "", ["false SG101"]),
        ("(logits.transpose(1, 2), y)", "(logits.transpose(1, 2), y)  # SG101", ["missed SG101"]),
    ],
)
def test_a_wrong_marker_is_noticed(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    source = (
        "import torch\nimport torch.nn.functional as F\n\n"
        "head = torch.nn.Linear(8, 10)\nlogits = head(torch.randn(2, 5, 8))\ny = torch.randint(0, 10, (2, 5))\n"
        "loss = F.cross_entropy(logits.transpose(1, 2), y)\nloss = F.cross_entropy(logits, y)  # SG101\n"
    )
    file = tmp_path / "sg101_sample.py"
    file.write_text(source)
    right = Program(file)
    assert right.differences(findings(right, _folder(tmp_path, "a"))) == []
    file.write_text(source.replace(old, new, 1))
    sabotaged = Program(file)
    found = sabotaged.differences(findings(sabotaged, _folder(tmp_path, "b")))
    assert [d.rpartition(" at ")[0] for d in found] == expected


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
