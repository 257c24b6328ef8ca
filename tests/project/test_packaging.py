"""The wheel holds what the tree holds: an explicit list of packages loses a new folder without a word."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("pyproject.toml", "README.md", "LICENSE", "shapeguard", "rules")


def copy(target: Path) -> Path:
    """The tree without what builds have left in it."""
    target.mkdir()
    for name in KEPT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target / name)
    return target


def build(tree: Path) -> zipfile.ZipFile:
    out = tree / "dist"
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel)


def in_tree(tree: Path) -> set[str]:
    """What must be in the wheel: every source, every data file, under its installed name."""
    found = {f.relative_to(tree).as_posix() for f in (tree / "shapeguard").rglob("*") if f.is_file() and f.stat().st_size}
    found |= {f"shapeguard/rules/{f.name}" for f in (tree / "rules").iterdir() if f.is_file()}
    return found - {f for f in found if f.endswith((".pyc", ".md"))} | {"shapeguard/py.typed"}


def in_wheel(wheel: zipfile.ZipFile) -> set[str]:
    return {n for n in wheel.namelist() if ".dist-info/" not in n}


@pytest.mark.slow
def test_the_wheel_holds_the_tree(tmp_path: Path) -> None:
    tree = copy(tmp_path / "tree")
    wheel = build(tree)
    names = in_wheel(wheel)
    assert in_tree(tree) - names == set()
    assert {n for n in names if not n.startswith("shapeguard/")} == set()
    (info,) = {n.split("/")[0] for n in wheel.namelist() if ".dist-info/" in n}
    assert info.startswith("shapeguard_loss-")
    told = wheel.read(f"{info}/METADATA").decode()
    required = sorted(line for line in told.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line)
    assert [line.split()[1].split(">")[0] for line in required] == ["click", "libcst"]
    entries = [line.split() for line in wheel.read(f"{info}/entry_points.txt").decode().splitlines() if line]
    command, plugin = ["shapeguard", "=", "shapeguard.cli:main"], ["shapeguard", "=", "shapeguard.pytest_plugin"]
    assert entries == [["[console_scripts]"], command, ["[pytest11]"], plugin]
    assert any(n.endswith("LICENSE") for n in wheel.namelist())


@pytest.mark.slow
def test_a_lost_folder_is_seen(tmp_path: Path) -> None:
    tree = copy(tmp_path / "tree")
    extra = tree / "shapeguard" / "extra"
    extra.mkdir()
    (extra / "thing.py").write_text('"""New."""\n')
    assert in_tree(tree) - in_wheel(build(tree)) == {"shapeguard/extra/thing.py"}


@pytest.mark.slow
def test_the_installed_wheel_runs_without_torch(tmp_path: Path) -> None:
    tree = copy(tmp_path / "tree")
    build(tree)
    (wheel,) = (tree / "dist").glob("*.whl")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)], check=True, capture_output=True
    )
    program = tmp_path / "a.py"
    program.write_text("import torch.nn.functional as F\ndef f(x, y):\n    return F.cross_entropy(F.softmax(x, dim=-1), y)\n")
    hide = "import sys; sys.modules['torch'] = sys.modules['numpy'] = None; sys.path.insert(0, sys.argv.pop(1))\n"
    run = hide + "import shapeguard; assert shapeguard.__file__.startswith(sys.path[0])\nfrom shapeguard.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", run, str(site), "check", "--output-format", "concise", "a.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "a.py:3:12: SG401 double-softmax" in done.stdout
