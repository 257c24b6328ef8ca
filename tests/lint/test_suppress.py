"""Comments that silence findings, and those that silence nothing."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading.parse import Module, parse_module
from shapeguard.config import Settings
from shapeguard.lint.finding import Finding
from shapeguard.lint.select import TOOL, Known, Selection
from shapeguard.lint.suppress import apply_ignore_comments

KNOWN = {k.code: k for k in (*TOOL, Known("SG101", "unflattened-logits"), Known("SG201", "unmasked-padding"), Known("SG302", "zero", True))}


def module(source: str, path: str = "a.py") -> Module:
    return parse_module(path, dedent(source).encode())


def at(m: Module, row: int, code: str = "SG101", end: int = 0, cell: int | None = None) -> Finding:
    return Finding(code, KNOWN[code].name, "error", "m", Place(m.path, row, 1, end or row, 9, cell))


def left(m: Module, *findings: Finding, complete: bool = True, **told: Any) -> list[str]:
    selection = Selection(Settings(**told), KNOWN)
    return [f"{f.code}@{f.place.row}" for f in apply_ignore_comments(m, findings, selection, complete=complete)]


@pytest.mark.parametrize(
    "comment",
    [
        "# shapeguard: ignore[SG101]",
        "# shapeguard: ignore[sg101]",
        "#shapeguard:ignore[ unflattened-logits ]",
        "# why not  # shapeguard: ignore[SG201, SG101]  # shapeguard: ignore[SG002]",
        "# shapeguard: ignore",
        "# noqa: SG101",
        "# noqa: E501, SG101",
        "# NOQA:SG101 SG201",
        "# type: ignore  # noqa: SG101",
    ],
)
def test_on_the_line(comment: str) -> None:
    m = module(f"loss = f(x, y)  {comment}\n")
    assert left(m, at(m, 1)) == []


@pytest.mark.parametrize(
    "comment", ["# shapeguard: ignore[SG201]", "# noqa", "# noqa: E501", "# shapeguard ignore[SG101]", "# shapeguard: ignore[]", "# SG101"]
)
def test_not_meant(comment: str) -> None:
    m = module(f"loss = f(x, y)  {comment}\n")
    assert "SG101@1" in left(m, at(m, 1))


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# shapeguard: ignore[SG201", ["SG101@1"]),  # a bracket that is not closed does not silence everything
        ("# shapeguard: ignore[SG101", []),
        ("# shapeguard: ignore[]", ["SG101@1", "SG002@1"]),
    ],
)
def test_half_written(comment: str, kept: list[str]) -> None:
    m = module(f"loss = f(x, y)  {comment}\n")
    assert [w for w in left(m, at(m, 1)) if w in kept or not w.startswith("SG002")] == kept


def test_a_prefix_in_a_comment_is_called_one() -> None:
    m = module("loss = f(x, y)  # shapeguard: ignore[SG1]\n")
    found = apply_ignore_comments(m, [at(m, 1)], Selection(Settings(), KNOWN | {"SG102": Known("SG102", "half")}))
    assert [f.message for f in found if f.code == "SG002"] == ["`ignore[SG1]`: stands for several rules"]


def test_a_string_is_no_comment() -> None:
    m = module('loss = f(x, "# shapeguard: ignore[SG101]")\n')
    assert left(m, at(m, 1)) == ["SG101@1"]


STATEMENT = """
    total = (
        f(  # {0}
            x,  # {1}
            y,
        )
        + 1
    )  # {2}
    other = 1  # {3}
    with g(
        f(x, y)  # {4}
    ) as h:
        pass  # {5}
"""


@pytest.mark.parametrize(
    ("slot", "row", "silenced"),
    [(0, 3, True), (1, 3, True), (2, 3, True), (3, 3, False), (4, 11, True), (5, 11, False), (4, 10, True)],
)
def test_on_any_line_of_the_statement(slot: int, row: int, silenced: bool) -> None:
    words = ["-"] * 6
    words[slot] = "shapeguard: ignore[SG101]"
    m = module(STATEMENT.format(*words))
    found = left(m, at(m, row, end=row + (3 if row == 3 else 0)))
    assert (f"SG101@{row}" not in found) == silenced
    assert any(f.startswith("SG002") for f in found) != silenced


def test_the_head_of_a_function_does_not_silence_its_body() -> None:
    m = module("def step(x):  # shapeguard: ignore[SG101]\n    return f(x)\n")
    assert left(m, at(m, 2)) == ["SG101@2", "SG002@1"]


def test_whole_file() -> None:
    m = module("# shapeguard: ignore-file[SG101]\na = f(x)\nb = f(x)\n")
    assert left(m, at(m, 2), at(m, 3), at(m, 3, "SG201")) == ["SG201@3"]
    m = module("# shapeguard: ignore-file\na = f(x)\n")
    assert left(m, at(m, 2), at(m, 2, "SG201")) == []


def test_unused() -> None:
    m = module("a = 1  # shapeguard: ignore[SG101]\n")
    (found,) = apply_ignore_comments(m, [], Selection(Settings(), KNOWN))
    assert (found.code, found.name, found.severity) == ("SG002", "unused-ignore", "error")
    assert found.message == "`ignore[SG101]` silences nothing"
    assert (found.place.row, found.place.col, found.place.end_col) == (1, 10, 35)
    assert found.help == "remove `SG101` from the comment"


def test_one_of_two_codes_is_unused() -> None:
    m = module("a = f(x)  # shapeguard: ignore[SG101, unmasked-padding]\n")
    (found,) = apply_ignore_comments(m, [at(m, 1)], Selection(Settings(), KNOWN))
    assert found.message == "`ignore[unmasked-padding]` silences nothing"


def test_unknown_word() -> None:
    m = module("a = f(x)  # shapeguard: ignore[unmasked-pading]\n")
    (found,) = apply_ignore_comments(m, [], Selection(Settings(), KNOWN))
    assert found.message == '`ignore[unmasked-pading]`: there is no such rule; did you mean "unmasked-padding"?'


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# noqa: SG101", {}),
        ("# shapeguard: ignore[SG302]", {}),  # opt-in, and not selected
        ("# shapeguard: ignore[SG101]", {"select": ("SG201", "SG002")}),
        ("# shapeguard: ignore", {"select": ("SG201", "SG002")}),
        ("# shapeguard: ignore[SG101]", {"ignore": ("SG002",)}),
        ("# shapeguard: ignore[SG101]", {"per_file_ignores": (("*.py", ("SG002",)),)}),
        ("# shapeguard: ignore[SG101]", {"per_file_ignores": (("*.py", ("SG101",)),)}),
        ("# shapeguard: ignore[SG101]  # shapeguard: ignore[SG002]", {}),
        ("# shapeguard: ignore-file[SG101, SG002]", {}),
    ],
)
def test_not_called_unused(comment: str, told: dict[str, Any]) -> None:
    assert left(module(f"a = 1  {comment}\n"), **told) == []


def test_nothing_is_called_unused_where_we_failed() -> None:
    m = module("a = 1  # shapeguard: ignore[SG101]\n")
    assert left(m, complete=False) == []
    assert left(m) == ["SG002@1"]


def test_notebook() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# shapeguard: ignore[SG101]"},
        {"cell_type": "code", "source": "%matplotlib inline\na = f(x)"},
        {"cell_type": "code", "source": ["b = f(\n", "    x)  # shapeguard: ignore[SG101]\n", "c = 1  # shapeguard: ignore[SG101]"]},
    ]
    m = parse_module("n.ipynb", json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode())
    kept = apply_ignore_comments(m, [at(m, 2, cell=1), at(m, 1, end=2, cell=2)], Selection(Settings(), KNOWN))
    assert [(f.code, f.place.cell, f.place.row, f.place.col) for f in kept] == [("SG101", 1, 2, 1), ("SG002", 2, 3, 10)]
