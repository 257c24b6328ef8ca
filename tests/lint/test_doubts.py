"""Settings that take nothing or everything are told, and change no exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import CLEAN, FAULT, Run, check, configure, files

OWN = "import torch.nn.functional as F\ndef seq_loss(x, y):\n    return F.cross_entropy(x, y)\ndef step(x, y):\n    return seq_loss(x, y)\n"


@pytest.mark.parametrize("told", ["", ",", " , "])
def test_a_selection_of_nothing(run: Run, told: str) -> None:
    files(fault=FAULT)
    done = check(run, "--select", told)
    assert (done.code, done.found) == (1, [("SG401", "error", 3)])
    assert done.err == "shapeguard: --select names no rule: those that are on by default are\n"
    assert check(run, "--select", "SG1").err == check(run, "--ignore", "").err == ""


def test_an_exclude_that_takes_everything(run: Run) -> None:
    files(fault=FAULT, src__fault=FAULT)
    configure('strict = true\nexclude = ["*"]')
    for paths in ((), ("src",), ("fault.py", "src/fault.py")):
        done = run("check", *paths)
        assert (done.code, done.err) == (0, "shapeguard: pyproject.toml:3: 0 files checked: exclude takes everything that was found\n")
        assert done.out.startswith("0 files checked, ")
    configure('strict = true\nexclude = ["src"]')
    assert run("check").err == ""


def test_no_file_at_all(run: Run) -> None:
    Path("docs").mkdir()
    Path("docs/a.txt").touch()
    done = run("check", "docs")
    assert (done.code, done.err) == (0, "shapeguard: 0 files checked: no Python file and no notebook was found in docs\n")
    configure('exclude = ["*"]')
    assert "no Python file" in run("check", "docs").err
    files(docs__fault=FAULT)
    Path(".gitignore").write_text("fault.py\n")
    assert "no Python file" in run("check").err
    assert check(run, "-", stdin=CLEAN.encode()).err == ""


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("pkg.loss.seq_loss", '; did you mean "pkg.losses.seq_loss"?'),
        ("pkg.seq_loss", '; did you mean "pkg.losses.seq_loss"?'),  # handed on by the package, defined elsewhere
        ("pkg.losses.seq_los", ""),
        ("seq", ""),
        ("torch.nn.functional.cross_entropy", ""),
    ],
)
def test_a_loss_that_there_is_not(run: Run, name: str, near: str) -> None:
    files(pkg__losses=OWN)
    Path("pkg/__init__.py").write_text("from pkg.losses import seq_loss\n")
    configure(f'strict = false\nlosses = ["{name}"]')
    for paths in ((), ("pkg/losses.py",)):
        done = check(run, *paths)
        assert (done.code, json.loads(done.out)) == (0, [])
        assert done.err == f'shapeguard: pyproject.toml:3: losses: no function of the project is "{name}"{near}\n'


def test_many_losses_that_there_are_not(run: Run) -> None:
    files(pkg__losses=OWN)
    configure(f"losses = {[f'x.y{n}' for n in range(9)]}".replace("'", '"'))
    assert check(run).err.splitlines()[4:] == [
        'shapeguard: pyproject.toml:2: losses: no function of the project is "x.y4"',
        "shapeguard: pyproject.toml:2: losses: nor are 4 more",
    ]


@pytest.mark.parametrize("name", ["pkg.losses.seq_loss", "seq_loss", "method"])
@pytest.mark.parametrize("top", ["", "src__"])
def test_a_loss_that_there_is(run: Run, name: str, top: str) -> None:
    files(**{f"{top}pkg__losses": OWN + "class A:\n    async def method(self): ...\n", f"{top}pkg__other": CLEAN})
    configure(f'losses = ["{name}"]')
    assert check(run).err == check(run, f"{top.replace('__', '/')}pkg/other.py").err == ""
