"""A new rule works as it is written, for a project and for this package, and meets every gate."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shapeguard.lint.registry import load_file
from shapeguard.lint.skeleton import class_name, source, write
from tests.command import Run, check, configure, files
from tests.project.test_packaging import ROOT, copy

NOISY = "import torch.nn.functional as F\ndef step(x, y):\n    return F.cross_entropy(x, y, label_smoothing=0.6)\n"


def proven(run: Run, *arguments: str) -> None:
    done = run("rule", *arguments, "--prove")
    assert (done.code, done.out.splitlines()[0]) == (0, f"{arguments[0]}: proven"), done.out + done.err


def test_a_project_without_rules_gets_a_folder(run: Run) -> None:
    done = run("rule", "--new", "LOC001", "my-rule")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "wrote rules/loc001_my_rule.py: it proves as it stands, and is yours to change",
        "  shapeguard rule LOC001 --prove --rules rules",
        "`rules` under [tool.shapeguard] of pyproject.toml may name its folder, instead of --rules",
    ]
    proven(run, "LOC001", "--rules", "rules")
    files(noisy=NOISY)
    assert check(run, "--rules", "rules").found == [("LOC001", "error", 3)]
    assert check(run, "--rules", "rules", "rules").found == []
    configure('rules = ["rules"]')
    proven(run, "LOC001")


def test_it_goes_where_the_rules_of_the_configuration_are(run: Run) -> None:
    configure('rules = ["single.py", "own rules"]')
    files(single=source("LOC001", "first"))
    Path("own rules").mkdir()
    Path("src").mkdir()
    os.chdir("src")
    done = run("rule", "--new", "LOC002", "second")
    assert (done.code, done.out.splitlines()[1:]) == (0, ["  shapeguard rule LOC002 --prove"])
    assert Path("../own rules/loc002_second.py").read_text() == source("LOC002", "second")
    proven(run, "LOC002")


def test_a_folder_may_be_named(run: Run) -> None:
    configure('rules = ["lint"]')
    Path("lint").mkdir()
    done = run("rule", "--new", "LOC001", "my-rule", "--rules", "new one/rules")
    assert (done.code, done.out.splitlines()[1]) == (0, "  shapeguard rule LOC001 --prove --rules 'new one/rules'")
    assert run("rule", "--new", "LOC002", "other", "--rules", "new one/rules").code == 0
    assert [p.name for p in sorted(Path().rglob("loc*.py"))] == ["loc001_my_rule.py", "loc002_other.py"]
    assert run("rule", "--new", "LOC003", "third", "--isolated").code == 0
    assert Path("rules/loc003_third.py").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("LOC1", "x"), "'LOC1' is no code of a rule: two to five capitals and three digits, as in LOC001"),
        (("loc001", "x"), "'loc001' is no code of a rule"),
        (("../LOC001", "x"), "'../LOC001' is no code of a rule"),
        (("LOC001", "My_Rule"), "'My_Rule' is no name of a rule: lower case with hyphens, as in unmasked-padding"),
        (("LOC001", ""), "'' is no name of a rule"),
        (("LOC001", "../x"), "'../x' is no name of a rule"),
        (("LOC001", "a\x1b[31m"), "no name of a rule"),
        (("SG210", "my-rule"), "codes that begin with SG are those of this package"),
        (("LOC001", "unmasked-padding"), "there is a rule SG201 unmasked-padding"),
        (("LOC001", "unused-ignore"), "there is a rule SG002 unused-ignore"),
        (("LOC007", "my-rule"), "there is a rule LOC007 taken"),
        (("LOC001", "taken"), "there is a rule LOC007 taken"),
        (("LOC001", "my-rule", "--rules", "a.py"), "a.py is a file"),
        (("LOC001", "my-rule", "--rules", "a.py/x"), "cannot be written: Not a directory"),
        (("LOC001", "there"), "lint/loc001_there.py is there already"),
        (("LOC001", "my-rule", "--rules", "broken"), "--rules: broken/x.py: there is no subclass"),
    ],
)
def test_what_cannot_be_written_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    configure('rules = ["lint"]')
    files(a="", lint__taken=source("LOC007", "taken"), lint___kept="", broken__x="")
    Path("lint/loc001_there.py").write_text(source("LOC008", "moved"))
    before = sorted(p for p in Path().rglob("*") if p.is_file())
    done = run("rule", "--new", *arguments)
    assert (done.code, done.out) == (2, "")
    told = [line for line in done.err.splitlines() if "loading rules" not in line]
    assert len(told) == 1 and told[0].startswith("shapeguard: ") and said in told[0]
    assert sorted(p for p in Path().rglob("*") if p.is_file()) == before


@pytest.mark.parametrize("more", [("SG201",), ("--prove",)])
def test_it_takes_nothing_beside(run: Run, more: tuple[str, ...]) -> None:
    done = run("rule", "--new", "LOC001", "my-rule", *more)
    assert (done.code, done.out) == (2, "")
    assert "--new takes the code and the name of the new rule" in done.err
    assert not Path("rules").exists()


@pytest.mark.parametrize("name", ["none", "true", "rule", "report", "loss-call", "x2-y"])
def test_every_name_makes_a_class(tmp_path: Path, name: str) -> None:
    (rule,) = load_file(write(tmp_path, "LOC001", name))
    assert (rule.code, rule.name, type(rule).__name__) == ("LOC001", name, class_name(name))
    assert rule.why.startswith("Where half or more")


GATES = ("rules_proven", "cases", "cases_run", "readme", "walls", "registry", "rules_unit", "packaging")


@pytest.mark.slow
def test_make_rule_meets_every_gate(tmp_path: Path) -> None:
    """In a copy of this tree; of the programs in tests/cases only its own are run, and what counts them all."""
    tree = copy(tmp_path / "tree")
    for name in ("tests", "examples", "benchmarks", "Makefile"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tree / name)
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}

    def do(*command: str, code: int = 0) -> str:
        done = subprocess.run(command, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == code, done.stdout
        return done.stdout

    make = ("make", "rule", f"PYTHON={sys.executable}", "CODE=SG998")
    said = do(*make, "NAME=a-new-rule-with-a-name-that-is-long")
    assert "SG998: proven" in said
    assert "there is a rule SG998" in do(*make, "NAME=again", code=2)
    assert "CODE=LOC001: " in do(*make, "CODE=LOC001", "NAME=x", code=2)
    do(sys.executable, "-m", "ruff", "check", "--no-cache", "rules", "tests")
    python = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=")
    gates = [str(p.relative_to(tree)) for gate in GATES for p in (tree / "tests").rglob(f"test_*{gate}.py")]
    assert len(gates) == len(GATES)
    chosen = "SG998 or sg998 or enough or markers or file_has or stale or rules_import or wrong_marker or opt_in or folder"
    said = do(*python, *gates, "-k", chosen)
    assert "failed" not in said and " passed" in said
    ok = tree / "tests" / "cases" / "sg998_ok_a_new_rule_with_a_name_that_is_long.py"
    ok.write_text(ok.read_text("utf-8").replace("label_smoothing=0.1", "label_smoothing=0.8"), "utf-8")
    assert "false SG998" in do(*python, *gates, "-k", "sg998_ok", code=1)
