"""What is found does not depend on the paths that were given: a check of one file finds what `check .` finds at it, or rests on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.lint.finding import Finding
from tests.case_programs import Program, programs

SETTINGS = Settings(select=("ALL",))
FOLDERS = [p for p in programs() if p.path.is_dir()]


def told(finding: Finding) -> tuple[object, ...]:
    return finding.place, finding.code, finding.severity, finding.message


def compare(folder: Path) -> set[str]:
    """Asserts it for every file of a project; gives the codes that were found in files that were not given."""
    (folder / "pyproject.toml").touch()
    whole = check_paths([str(folder)], SETTINGS).findings
    elsewhere: set[str] = set()
    for file in sorted(folder.rglob("*.py")):
        path = os.path.abspath(file)
        expected = sorted((told(f) for f in whole if f.place.path == path or path in f.rests_on), key=str)
        result = check_paths([str(file)], SETTINGS)
        assert sorted((told(f) for f in result.findings), key=str) == expected, file.name
        assert not result.warnings
        elsewhere |= {f.code for f in result.findings if f.place.path != path}
    return elsewhere


@pytest.mark.parametrize("program", FOLDERS, ids=lambda p: p.name)
def test_one_file_finds_what_all_find(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / program.name
    shutil.copytree(program.path, folder, ignore=shutil.ignore_patterns("__pycache__"))
    compare(folder)
