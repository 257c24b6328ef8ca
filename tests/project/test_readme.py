"""The README and what else is generated are what the code says today; its commands are those that are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shapeguard.lint.engine import check_source
from tests import generate
from tests.project.test_packaging import copy

PAGE = generate.README.read_text("utf-8")


def command(name: str) -> str:
    match = re.search(rf"<!-- command: {name} -->\n```sh\n(.*)\n```", PAGE)
    assert match
    return match[1]


def test_nothing_generated_is_stale() -> None:
    stale = [f.name for f, new in generate.generated() if not f.exists() or f.read_text("utf-8") != new]
    assert stale == [], "run `make readme`"


def test_stale_is_seen() -> None:
    assert generate.readme(PAGE.replace("| SG201 |", "| SG209 |", 1)) == generate.readme(PAGE)
    changed = PAGE.replace("tokens[:, 1:])", "tokens[:, 1:], ignore_index=0)", 1)
    assert changed != PAGE
    assert generate.readme(changed) != changed


def test_the_step_has_one_finding() -> None:
    source = generate.step(PAGE)
    assert len([line for line in source.splitlines() if line.strip()]) == 12
    assert [f.code for f in check_source(source, rules=generate.on())] == ["SG201"]
    mended = source.replace("tokens[:, 1:])", "tokens[:, 1:], ignore_index=0)")
    assert mended != source
    assert check_source(mended, rules=generate.on()) == []


def test_the_step_counts_padding_under_torch() -> None:
    import torch

    def trained(source: str) -> float:
        """The loss of the first step, as the optimizer's first gradient tells it."""
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Embedding(9, 4), torch.nn.Linear(4, 9))
        rows = [torch.randint(1, 9, (n,)) for n in (3, 5, 9)]
        space: dict[str, object] = {}
        exec(source, space)
        space["train"](model, rows, torch.optim.SGD(model.parameters(), lr=0.0))  # type: ignore[operator]
        return float(next(model.parameters()).grad.norm())  # type: ignore[union-attr]

    source = generate.step(PAGE)
    wrong, right = trained(source), trained(source.replace("tokens[:, 1:])", "tokens[:, 1:], ignore_index=0)"))
    assert abs(wrong - right) > 1e-2 * right


EXAMPLES = sorted((generate.ROOT / "examples").glob("*.py"))


# the first way gives the right number: its mask is not needed, and `-v` says that its padding is kept out
WRONG = {"buggy_step": ["SG201", "SG401"], "custom_loss_as_posted": ["SG301"], "several_pads_as_posted": ["SG601"]}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_examples_are_told_apart(file: Path) -> None:
    assert [f.code for f in check_source(file.read_text("utf-8"))] == WRONG.get(file.stem, [])


def test_ci_runs_the_command_of_the_readme() -> None:
    script = (generate.ROOT / ".ci" / "run").read_text("utf-8")
    assert os.access(generate.ROOT / ".ci" / "run", os.X_OK)
    shown = subprocess.run(
        ["bash", "-c", script.replace('cd "$(dirname "$0")/.."', f"cd '{generate.ROOT}'").replace("exec bash", "exec echo")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.splitlines()[0] == f"+ {command('test')}"
    assert "pip install torch==2.13.0" in shown
    assert shown.rstrip().endswith("make test")


@pytest.mark.slow
def test_the_first_command(tmp_path: Path) -> None:
    tree = copy(tmp_path / "tree")
    subprocess.run(["cp", "-r", str(generate.ROOT / "examples"), str(tree)], check=True)
    run = command("check").replace("python3", sys.executable, 1)
    done = subprocess.run(["bash", "-c", run], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "error[SG201] unmasked-padding" in done.stdout
    assert re.search(r"^found \d+ errors?", done.stdout, re.MULTILINE)
    has_torch = subprocess.run([tree / ".venv" / "bin" / "python", "-c", "import torch"], capture_output=True, check=False)
    assert has_torch.returncode == 1
