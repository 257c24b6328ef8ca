"""The language as tables: no form of syntax is without a row, no row without a word, and nothing in the analysis is only promised."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import get_args

import pytest

from shapeguard.analysis import interpreter
from shapeguard.analysis.facts.values import Num, Seq
from shapeguard.analysis.interpreter import language
from shapeguard.analysis.interpreter.language import Table
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.reading import held
from shapeguard.analysis.reading import syntax as s

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / "shapeguard" / "analysis" / "interpreter"
TABLES = {name: table for name, table in vars(language).items() if isinstance(table, Table)}
ROWS = [(name, kind, row) for name, table in TABLES.items() for kind, row in table.rows.items()]


def test_every_expression_has_a_value() -> None:
    assert language.expression.rows.keys() == set(get_args(s.Expr))


def test_every_statement_can_be_run() -> None:
    assert language.statement.rows.keys() == set(get_args(s.Statement))


def test_every_form_is_followed_to_where_its_values_are_read() -> None:
    assert held._STATEMENTS.keys() == set(get_args(s.Statement))


def test_what_stands_left_of_an_equals_sign_can_be_written() -> None:
    assert language.target.rows.keys() == {s.Name, s.Attr, s.Index, s.Sequence, s.Star}


@pytest.mark.parametrize(("name", "kind", "row"), ROWS, ids=lambda x: getattr(x, "__name__", x))
def test_every_row_says_what_it_is_about(name: str, kind: type, row: object) -> None:
    assert row.__doc__


def test_there_are_rows_of_every_table() -> None:
    assert all(table.rows for table in TABLES.values())
    assert len(ROWS) > 100


def test_two_rows_for_one_kind_are_refused() -> None:
    lengths: Table[[], int] = Table("lengths")

    @lengths(Num, Seq)
    def one(m: Machine, facts: Num | Seq) -> int:
        return 1

    with pytest.raises(ValueError, match="lengths: Seq is registered twice"):
        lengths(Seq)(one)
    with pytest.raises(ValueError, match="is registered twice"):
        language.builtin("builtins.len")(lambda m, args: Num)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("folder", interpreter.FOLDERS)
def test_every_file_of_rows_is_read(folder: str) -> None:
    files = {f.stem for f in (HOME / folder).glob("*.py") if f.stem != "__init__"}
    assert files and all(f"{interpreter.__name__}.{folder}.{name}" in sys.modules for name in files)


def stubs(source: str) -> list[int]:
    """The rows in which a method is only promised."""
    raised = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Raise) and n.exc is not None)
    return [n.lineno for n in raised if "NotImplementedError" in ast.dump(n)]


def test_nothing_is_only_promised() -> None:
    assert not {str(f): found for f in (HOME.parent).rglob("*.py") if (found := stubs(f.read_text("utf-8")))}


def test_a_promise_is_seen() -> None:
    assert stubs("def a():\n    raise NotImplementedError\n") == stubs("def a():\n    raise NotImplementedError('a')\n") == [2]
