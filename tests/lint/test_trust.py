"""A tree of somebody else: what of it is run, and when; what is read; what a file of rules that goes wrong does to the run."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import CLEAN, FAULT, LOCAL_RULE, Run, check, configure, files

RULE = LOCAL_RULE.format(check="yield from ()", level="")
MARK = "open('run', 'w').close()\n"  # in the working directory


def ran() -> bool:
    """Whether the rules were run; forgets it."""
    found = Path("run").exists()
    Path("run").unlink(missing_ok=True)
    return found


def test_rules_at_or_above_the_working_directory_are_loaded_and_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files(lint__local=MARK + RULE, src__deep__clean=CLEAN)
    configure('strict = true\nrules = ["lint/"]')
    done = check(run)
    assert (done.code, done.err, ran()) == (0, "shapeguard: loading rules from lint/ (pyproject.toml:3)\n", True)
    monkeypatch.chdir("src/deep")
    done = check(run)
    above = os.path.abspath("../..")
    assert done.err == f"shapeguard: loading rules from {above}/lint/ ({above}/pyproject.toml:3)\n"
    assert (done.code, ran()) == (0, True)


def test_a_configuration_below_the_working_directory_loads_none(run: Run) -> None:
    files(tree__lint__local=MARK + RULE, tree__fault=FAULT)
    configure('select = ["LOC", "SG401"]\nrules = ["lint"]', "tree")
    done = check(run, "tree")
    assert (done.found, ran()) == ([("SG401", "error", 3)], False)  # and LOC is a rule that was not loaded: no error
    assert done.err == (
        "shapeguard: not loading rules from tree/lint/ (tree/pyproject.toml:3): "
        "the configuration does not lie at or above the working directory; --rules loads them\n"
    )
    assert "SG401" in check(run, "tree", "--rules", "tree/lint").out and ran()
    assert check(run, "tree", "--select", "LOC001", "--rules", "tree/lint").code == 0


def test_nor_does_a_linked_configuration(run: Run) -> None:
    files(other__lint__local=MARK + RULE, clean=CLEAN)
    configure('rules = ["lint"]', "other")
    Path("pyproject.toml").symlink_to("other/pyproject.toml")
    assert (check(run).code, ran()) == (0, False)


@pytest.mark.parametrize("options", [("--isolated",), ()])
def test_none_are_loaded(run: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    files(lint__local=MARK + RULE, clean=CLEAN.rstrip() + "  # shapeguard: ignore[LOC001, local-rule]\n")
    configure('rules = ["lint"]')
    if not options:
        monkeypatch.setenv("SHAPEGUARD_NO_RULES", "1")
    for command in (("check",), ("rule",)):
        done = run(*command, *options)
        said = "" if options else "shapeguard: not loading rules from lint/ (pyproject.toml:2): SHAPEGUARD_NO_RULES is set\n"
        assert (done.code, done.err, ran()) == (0, said, False)
    assert run("rule", "LOC001", *options).code == 2
    assert not ran()
    if options:  # what the command line names is the user's own
        assert (run("rule", "LOC001", *options, "--rules", "lint").code, ran()) == (0, True)
    else:
        done = run("check", "--rules", "lint")
        assert (done.code, done.err, ran()) == (2, "shapeguard: --rules: SHAPEGUARD_NO_RULES is set\n", False)
    monkeypatch.setenv("SHAPEGUARD_NO_RULES", "0")
    run("check")
    assert ran()


def test_an_unknown_rule_is_told_also_where_others_are_not_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files(lint__local=RULE, clean=CLEAN.rstrip() + "  # shapeguard: ignore[unmasked-pading, SG999]\n")
    configure('rules = ["lint"]')
    monkeypatch.setenv("SHAPEGUARD_NO_RULES", "1")
    assert check(run).found == [("SG002", "error", 3)] * 2
    assert run("check", "--select", "LOC001").code == 2
    configure('select = ["unmasked-pading"]\nrules = ["lint"]')
    assert 'pyproject.toml:2: there is no rule "unmasked-pading"; did you mean "unmasked-padding"?' in check(run).err


@pytest.mark.parametrize("named", ["../outside", "link", "lint/../../outside", "/"])
def test_no_folder_outside_of_the_project(run: Run, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    files(outside__local=MARK + RULE, project__lint__local=RULE, project__clean=CLEAN)
    monkeypatch.chdir("project")
    Path("link").symlink_to("../outside")
    configure(f'strict = true\nrules = [\n  "lint",\n  "{named}",\n]')
    done = check(run)
    assert (done.code, done.out, ran()) == (2, "", False)
    assert done.err.startswith(f'shapeguard: pyproject.toml:5: rules: "{named}" lies outside of the project')
    configure("rules = []")
    assert (check(run, "--rules", "../outside").code, ran()) == (0, True)


def test_nor_a_linked_file_of_rules(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files(outside=MARK + RULE, project__clean=CLEAN)
    monkeypatch.chdir("project")
    Path("lint").mkdir()
    Path("lint/local.py").symlink_to("../../outside.py")
    configure('rules = ["lint"]')
    done = check(run)
    assert (done.code, ran()) == (2, False)
    assert done.err.splitlines()[1].endswith("lint/local.py: lies outside of the project")


def test_a_compiled_file_beside_a_rule_is_not_run(run: Run) -> None:
    """Git shows the one, Python would run the other."""
    files(other=MARK + RULE, lint__local=RULE, clean=CLEAN)
    cached = Path(f"lint/__pycache__/local.{sys.implementation.cache_tag}.pyc")
    py_compile.compile("other.py", str(cached), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    configure('rules = ["lint"]')
    assert (check(run).code, ran()) == (0, False)
    cached.unlink()
    check(run)
    assert not cached.exists()


BROKEN = {
    "exit": ("import sys\nsys.exit(0)\n", "2: SystemExit: 0"),
    "interrupt": ("raise KeyboardInterrupt\n", "1: KeyboardInterrupt"),
    "generator": ("raise GeneratorExit('x')\n", "1: GeneratorExit: x"),
    "base": ("class Own(BaseException):\n    def __str__(self): raise SystemExit(0)\nraise Own\n", "3: Own"),
    "syntax": ("\n\ndef f(:\n", "3: SyntaxError: invalid syntax"),
    "recursion": ("def f():\n    f()\nf()\n", "2: RecursionError: maximum recursion depth exceeded"),
    "brackets": ("x = " + "(" * 5000 + "\n", "1: SyntaxError: too many nested parentheses"),
    "nul": ("x = 1\0\n", " ValueError: source code string cannot contain null bytes|: SyntaxError"),
    "class": (RULE.replace("    code, name", "    __init__ = lambda self: exit(0)\n    code, name"), ": SystemExit: 0"),
    "long": ("raise ValueError('x' * 10_000)\n", "1: ValueError: " + "x" * 300 + "..."),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_rule_file_that_fails(run: Run, kind: str) -> None:
    text, said = BROKEN[kind]
    files(clean=CLEAN, lint__local=text)
    configure('rules = ["lint"]')
    for command in (("check", "--output-format", "json"), ("rule", "LOC001")):
        done = run(*command)
        assert (done.code, done.out) == (2, "")
        _, failed = done.err.splitlines()
        assert failed.startswith("shapeguard: pyproject.toml:2: ") and "lint/local.py:" in failed
        assert any(part in failed for part in said.split("|"))
    listed = run("rule")  # our own are shown, and the failure is told
    assert (listed.code, "SG401  double-softmax" in listed.out) == (2, True)
    assert "lint/local.py:" in listed.err
    own = run("rule", "SG201")
    assert (own.code, own.err) == (0, "")
    assert own.out.startswith("SG201 unmasked-padding\n")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_rule_file_that_is_none(run: Run, kind: str) -> None:
    files(clean=CLEAN)
    Path("lint").mkdir()
    if kind == "pipe":
        os.mkfifo("lint/local.py")
    elif kind == "device":
        Path("lint/local.py").symlink_to("/dev/zero")
    else:
        Path("lint/local.py").mkdir()
    done = check(run, "--rules", "lint")
    real = os.path.realpath("lint/local.py")
    assert (done.code, done.err) == (2, f"shapeguard: --rules: {real}: cannot be read: not a regular file\n")


@pytest.mark.parametrize("check_", ["raise SystemExit(0)", "raise GeneratorExit", "yield Report(1, ())", "yield 1", "return 3"])
def test_a_rule_that_fails_in_any_way_is_told(run: Run, check_: str) -> None:
    files(fault=FAULT, lint__local=LOCAL_RULE.format(check=check_, level=""))
    configure('rules = ["lint"]')
    done = check(run)
    assert (done.code, done.found) == (1, [("SG401", "error", 3)])
    assert "failure of our own in fault.py: LOC001 failed on the loss in line 3: " in done.err


def test_rules_that_the_command_names(run: Run) -> None:
    files(clean=CLEAN, more__local=RULE)
    assert "LOC001  local-rule" in run("rule", "--rules", "more").out
    assert run("rule", "LOC001", "--rules", "more/local.py").out.startswith("LOC001 local-rule\n")
    done = run("check", "--rules", "nowhere")
    assert (done.code, done.err) == (2, "shapeguard: --rules: nowhere: there is no such folder of rules\n")
    configure('rules = ["more"]')
    assert check(run, "--rules", "more").code == 0  # the same folder twice is loaded once


def test_nothing_of_the_tree_is_imported(tmp_path: Path) -> None:
    """Also by `python -m`, which puts the working directory first on the path."""
    for name in ("click", "libcst", "tomllib", "json", "difflib", "conftest", "sitecustomize", "usercustomize", "pathspec", "torch"):
        (tmp_path / f"{name}.py").write_text("open('run', 'w').close()\nraise SystemExit(3)\n")
    (tmp_path / "fault.py").write_text(FAULT)
    (tmp_path / "pyproject.toml").write_text('[tool.shapeguard]\nselect = ["ALL"]\n')
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for arguments in (("check", "--output-format", "json"), ("rule", "nosuch"), ("check", "--select", "nosuch")):
        command = [sys.executable, "-m", "shapeguard", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2), done.stderr
        assert not (tmp_path / "run").exists()
        assert "there is no rule" in done.stderr or "SG401" in done.stdout
    assert done.returncode == 2


def test_an_import_of_a_linked_file_leads_nowhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies outside of the repository is in no report, however the tree points at it."""
    train = "import torch.nn.functional as F\nfrom secret import step\ndef train(x, y):\n    return step(x, y) + F.cross_entropy(x, y)\n"
    files(outside__secret=FAULT, tree__train=train, tree__inner__helper=FAULT)
    os.mkdir("tree/.git")
    monkeypatch.chdir("tree")
    Path("secret.py").symlink_to("../outside/secret.py")
    done = check(run)
    assert [f[0] for f in done.found] == ["SG401"]
    assert "secret" not in done.out
    assert done.err == "shapeguard: secret.py: left out, the link leads out of the project\n"
    assert len(check(run, ".", "secret.py").found) == 2  # named by hand


def test_a_giant_or_endless_file_is_no_finding(run: Run) -> None:
    files(clean=CLEAN)
    with open("giant.py", "wb") as file:
        file.truncate(1 << 40)
    Path("zero.py").symlink_to("/dev/zero")
    os.mkfifo("pipe.ipynb")
    os.mkfifo("pyproject.toml")
    done = check(run)
    assert (done.code, done.found) == (0, [])
    assert done.err == "shapeguard: giant.py: not read, it is larger than 16 MiB\n"
