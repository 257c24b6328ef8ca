"""What may import what: rules know shapeguard.rule and the standard library; the rest is import-linter's."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "rules").glob("*.py"))


def foreign(source: str) -> set[str]:
    """The modules that a rule imports and should not."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return {name for name in found if name != "shapeguard.rule" and name.split(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("file", RULES, ids=lambda f: f.stem)
def test_rules_import_only_the_rule(file: Path) -> None:
    assert foreign(file.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "line",
    [
        "import torch",
        "from shapeguard.analysis.facts.values import Tensor",
        "from shapeguard import rule",
        "def check():\n    import libcst.matchers",
        "from . import sg101_unflattened_logits",
    ],
)
def test_the_wall_can_fail(line: str) -> None:
    assert foreign(f"from __future__ import annotations\nimport re\nfrom shapeguard.rule import Rule\n{line}\n")


def test_there_are_rules() -> None:
    assert len(RULES) >= 20


def test_every_module_says_what_it_is() -> None:
    files = [*(ROOT / "shapeguard").rglob("*.py"), *RULES]
    silent = [str(f.relative_to(ROOT)) for f in files if f.stat().st_size and not ast.get_docstring(ast.parse(f.read_text("utf-8")))]
    assert silent == []


def borrowed(source: str) -> list[str]:
    """The private names of another module that are imported."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    names = [a.name for node in found if (node.module or "").startswith("shapeguard") for a in node.names]
    return [name for name in names if name.startswith("_") and not name.startswith("__")]


def test_a_private_name_stays_in_its_file() -> None:
    names = {str(f.relative_to(ROOT)): borrowed(f.read_text("utf-8")) for f in [*(ROOT / "shapeguard").rglob("*.py"), *RULES]}
    assert {file: found for file, found in names.items() if found} == {}
    assert borrowed("from shapeguard.analysis.ops.table import Ctx, _register") == ["_register"]
