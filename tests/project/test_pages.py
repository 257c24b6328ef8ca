"""The pages for those who change this package name only what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("CONTRIBUTING.md", "ARCHITECTURE.md")
# `shapeguard/lint/engine.py`, `rules/`, and behind one `(check_paths)` or `(`check_paths`, `check_source`)`: what is defined in it
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.*-]*|[\w-]+\.(?:py|md|toml|json|yaml))`(?: \(((?:`\w+`(?:, )?)+)\))?")
_MAKE = re.compile(r"\bmake ([a-z]+)\b")


def wrong(text: str) -> Iterator[str]:
    """The paths of a page that do not exist, and the names that are not defined where it says so."""
    said = [path for path, _ in _PATH.findall(text)]
    bases = [ROOT, *(ROOT / path for path in ("shapeguard/analysis/", *said) if path.endswith("/"))]  # or from a folder that it names
    for path, names in _PATH.findall(text):
        found = [p for base in bases for p in (base.glob(path) if "*" in path else [base / path]) if p.exists()]
        if not found:
            yield path
            continue
        sources = [p.read_text("utf-8") for p in found if p.is_file()]
        for name in re.findall(r"\w+", names):
            if not any(re.search(rf"^(?:def|class) {name}\b|^{name}\b[^=\n]* = ", source, re.MULTILINE) for source in sources):
                yield f"{path}: {name}"


def targets() -> set[str]:
    return set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert list(wrong(text)) == []
    assert len(_PATH.findall(text)) > 10
    assert set(_MAKE.findall(text)) <= targets()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`shapeguard/lint/engine.py` (`check_paths`) and `rules/`, `pyproject.toml`, `tests/test_*.py`", []),
        ("`shapeguard/lint/motor.py`", ["shapeguard/lint/motor.py"]),
        ("`shapeguard/lint/engine.py` (`check_paths`, `drive`)", ["shapeguard/lint/engine.py: drive"]),
        ("`rulez/`, `HOUSES.md`, `tests/exam_*.py`", ["rulez/", "HOUSES.md", "tests/exam_*.py"]),
        ("`shapeguard/lint/` has `engine.py` and `motor.py`; `ops/table.py`", ["motor.py"]),
    ],
)
def test_what_is_not_there_is_seen(text: str, found: list[str]) -> None:
    assert list(wrong(text)) == found


def test_every_target_of_make_is_told() -> None:
    assert targets() - {"clean"} <= set(_MAKE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
