"""The table of output formats: a file and an entry are all that a format needs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shapeguard import cli, commands, config
from shapeguard.report.formats import FORMATS, names, nothing, writer
from tests.command import FAULT, Run, configure, files

KNOWN = ", ".join(names("check"))
TOY = '''
"""`toy`: how many there are."""

from shapeguard.report.formats import Writer

WRITER = Writer(
    findings=lambda result, sources, colour: [f"{len(result.findings)} found"],
    statistics=lambda result: [f"{len(result.counts())} rules"],
    inventory=lambda result, sources: [f"{len(result.rows)} losses"],
    alone=True,
)
'''
PROGRAM = """
import sys
from shapeguard.report import formats
formats.__path__.append({folder!r})
formats.FORMATS["toy"] = ("check", "inventory")
from shapeguard.cli import main
main()
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command of a package in which there is one format more."""
    folder, project = tmp_path / "formats", tmp_path / "project"
    folder.mkdir()
    project.mkdir()
    (folder / "toy.py").write_text(TOY)
    monkeypatch.chdir(project)
    files(fault=FAULT)
    command = [sys.executable, "-c", PROGRAM.format(folder=str(folder))]
    return lambda *arguments: subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_a_file_and_an_entry_are_a_format(toy: Any) -> None:
    done = toy("check", "--output-format", "toy")
    assert (done.returncode, done.stdout, done.stderr) == (1, "1 found\n", "")
    assert toy("check", "--output-format", "toy", "--statistics").stdout == "1 rules\n"
    assert toy("inventory", "--output-format", "toy").stdout == "1 losses\n"
    done = toy("check", "--output-format", "toy", "-v")  # it stands alone
    assert (done.stdout, done.stderr.count("F.cross_entropy: fault")) == ("1 found\n", 1)
    assert "markdown|toy]" in toy("inventory", "--help").stdout
    assert "github|toy]" in "".join(toy("check", "--help").stdout.split())
    assert "'github', 'toy'." in toy("check", "--output-format", "xml").stderr


def test_a_configuration_may_name_it(toy: Any) -> None:
    configure('output-format = "toy"')
    assert toy("check").stdout == "1 found\n"
    assert toy("check", "--output-format", "concise").stdout.startswith("fault.py:3:12: SG401 ")
    configure('output-format = "toi"')
    assert 'concise, json, github, toy, not \'toi\'; did you mean "toy"?' in toy("check").stderr


def test_every_entry_has_a_file_that_writes_what_is_asked_of_it() -> None:
    folder = Path(sys.modules[writer.__module__].__file__ or "").parent
    assert {p.stem for p in folder.glob("*.py")} == {*FORMATS, "__init__"}
    for name, commands_ in FORMATS.items():
        w = writer(name)
        asked = {"check": (w.findings, w.statistics), "inventory": (w.inventory,)}
        assert all((function is not nothing) == (command in commands_) for command, functions in asked.items() for function in functions)


@pytest.mark.parametrize("module", [cli, commands, config])
def test_no_format_is_named_anywhere_else(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    assert not {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)} & set(FORMATS)


@pytest.mark.parametrize("command", ["check", "inventory"])
def test_the_first_is_what_is_written_when_nothing_is_asked_for(run: Run, command: Any) -> None:
    files(fault=FAULT)
    default = names(command)[0]
    assert run(command).out == run(command, "--output-format", default).out
    assert f"[default: {default}]" in " ".join(run(command, "--help").out.split())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("jsn", f"pyproject.toml:3: output-format must be one of {KNOWN}, not 'jsn'; did you mean \"json\"?"),
        ("text", f"pyproject.toml:3: output-format must be one of {KNOWN}, not 'text'"),
        ("k" * 500_000, f"pyproject.toml:3: output-format must be one of {KNOWN}, not 'kkk"),
    ],
)
def test_a_format_that_there_is_not(run: Run, value: str, said: str) -> None:
    files(fault=FAULT)
    configure(f'strict = true\noutput-format = "{value}"')
    for arguments in (("check",), ("check", "--output-format", "json"), ("inventory",), ("rule", "LOC001")):
        done = run(*arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"shapeguard: {said}") and len(done.err) < 300


def test_what_a_configuration_names_is_written(run: Run) -> None:
    files(fault=FAULT)
    configure('output-format = "json"')
    assert json.loads(run("check").out)[0]["code"] == "SG401"
    assert run("inventory").out.startswith("fault.py:3:12: ")
