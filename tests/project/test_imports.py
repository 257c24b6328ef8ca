"""What the commands load: `--help` no parser, `check` no torch and none of the slow parts of libcst."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shapeguard.report.formats import names

HEAVY = ("torch", "jaxtyping", "beartype", "numpy", "libcst.matchers", "libcst.codemod")
SLOW = (*HEAVY, "importlib.metadata", "rich", "asyncio", "http")

PROGRAM = """
import json, sys
sys.argv = ["shapeguard", *{arguments!r}]
{before}
from shapeguard.cli import main
try:
    main()
except SystemExit:
    pass
print("\\nLOADED" + json.dumps(sorted(sys.modules)))
"""

FAULT = """
import torch.nn.functional as F
def step(logits, targets):
    return F.cross_entropy(F.softmax(logits, dim=-1), targets)
"""


def loaded(*arguments: str, before: str = "", cwd: Path | None = None) -> set[str]:
    program = PROGRAM.format(arguments=list(arguments), before=before)
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, check=True).stdout
    return set(json.loads(out.rpartition("LOADED")[2]))


def among(names: tuple[str, ...], modules: set[str]) -> set[str]:
    return {name for name in names if name in modules}


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("rule", "--help"), ("--version",)])
def test_help_loads_no_parser(arguments: tuple[str, ...]) -> None:
    assert among(("libcst", "tomllib", "shapeguard.lint.engine", *SLOW), loaded(*arguments)) == set()


def test_help_twin() -> None:
    assert among(("libcst",), loaded("--help", before="import libcst")) == {"libcst"}


@pytest.mark.parametrize("form", names("check"))
def test_check_loads_nothing_heavy(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.py").write_text(FAULT)
    modules = loaded("check", ".", "-v", "--show-unknown", "--select", "ALL", "--output-format", form, cwd=tmp_path)
    assert "libcst" in modules
    assert among(SLOW, modules) == set()


@pytest.mark.parametrize("name", HEAVY)
def test_check_twin(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.py").write_text(FAULT)
    assert among(HEAVY, loaded("check", ".", before=f"import {name}", cwd=tmp_path)) >= {name}


def test_the_list_of_rules_loads_nothing_heavy() -> None:
    assert among(SLOW, loaded("rule")) == set()
    assert among(SLOW, loaded("rule", "SG101")) == set()


def test_no_torch_is_said_in_one_line() -> None:
    program = "import sys; sys.modules['torch'] = None\nimport shapeguard\nshapeguard.masked_cross_entropy"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the extra [torch]" in done.stderr.splitlines()[-1]
