"""The command: options, exit codes, standard input, odd files, and what it does when the world goes away."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import CLEAN, FAULT, HANG, Run, check, files, local_rule


def test_exit_codes(run: Run) -> None:
    files(clean=CLEAN)
    assert check(run).code == 0
    files(fault=FAULT)
    assert (check(run).code, check(run, "clean.py").code) == (1, 0)
    assert check(run, "--exit-zero").code == 0
    assert check(run, "--ignore", "double-softmax").code == 0
    assert check(run, "--select", "SG1").code == 0
    assert check(run, "--select", "SG1,SG4").found == [("SG401", "error", 3)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "nowhere.py"), "shapeguard: nowhere.py: no such file or folder"),
        (("check", "--select", "SG999"), 'shapeguard: --select: there is no rule "SG999"'),
        (("check", "--selct", "x"), "No such option '--selct'"),
        (("check", "--output-format", "xml"), "'xml' is not one of 'full', 'concise', 'json', 'github'"),
        (("check", "-", "a.py"), "shapeguard: - stands for standard input"),
        (("check", "--stdin-filename", "a.py"), "shapeguard: --stdin-filename names what comes from standard input"),
        (("rule", "SG999"), 'shapeguard: there is no rule "SG999"'),
        (("rule", "double-softmx"), 'shapeguard: there is no rule "double-softmx"; did you mean "double-softmax"?'),
        (("rule", "--prove"), "shapeguard: --prove needs the code of a rule"),
        (("rule", "SG001", "--prove"), "shapeguard: SG001 has no loss call to prove"),
        (("chekc",), "No such command 'chekc'"),
    ],
)
def test_bad_usage(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_bad_configuration(run: Run) -> None:
    files(clean=CLEAN)
    Path("pyproject.toml").write_text("[tool.shapeguard]\nselekt = []\n")
    done = check(run)
    assert (done.code, done.out) == (2, "")
    assert done.err == 'shapeguard: pyproject.toml:2: unknown key "selekt" in [tool.shapeguard]; did you mean "select"?\n'
    assert check(run, "--isolated").code == 0


def test_configuration_and_options(run: Run) -> None:
    files(fault=FAULT, tests__fault=FAULT)
    Path("pyproject.toml").write_text('[tool.shapeguard]\nselect = ["SG1"]\noutput-format = "json"\n')
    assert run("check").found == []
    assert len(run("check", "--select", "SG4").found) == 2
    Path("pyproject.toml").write_text('[tool.shapeguard.per-file-ignores]\n"tests/" = ["SG4"]\n')
    assert len(check(run).found) == 1
    Path("pyproject.toml").write_text('[tool.shapeguard]\nexclude = ["tests"]\n')
    assert len(check(run).found) == 1
    assert check(run, "tests/fault.py").found == []  # as a commit hook names it


def test_severity(run: Run) -> None:
    files(clean=CLEAN)
    local_rule('yield Report("found", (loss.step,), certain=False)')
    assert check(run, "clean.py").found == [("LOC001", "warning", 3)]
    assert [check(run, "clean.py", *o).code for o in ((), ("--strict",))] == [0, 1]
    local_rule('yield Report("found", (loss.step,))', level='level = "opt-in"')
    assert check(run, "clean.py").found == []
    for selector in ("ALL", "LOC", "local-rule"):
        done = check(run, "clean.py", "--strict", "--select", selector)
        assert (done.code, done.found) == (0, [("LOC001", "info", 3)])


def test_a_rule_that_fails_is_our_own_failure(run: Run) -> None:
    files(fault=FAULT)
    local_rule('raise KeyError("x")')
    done = check(run, "fault.py")
    assert (done.code, done.found) == (1, [("SG401", "error", 3)])
    assert done.err.splitlines() == [
        "shapeguard: loading rules from lint/ (pyproject.toml:2)",
        "shapeguard: failure of our own in fault.py: LOC001 failed on the loss in line 3: KeyError: 'x'",
    ]
    assert "1 failure of our own, see above" in run("check", "fault.py").out


def test_a_broken_rule_file_is_a_broken_configuration(run: Run) -> None:
    files(clean=CLEAN, lint__local="import nothing_of_that_name\n")
    Path("pyproject.toml").write_text('[tool.shapeguard]\nstrict = false\nrules = ["lint"]\n')
    done = check(run)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[1].startswith("shapeguard: pyproject.toml:3: ")
    assert "lint/local.py:1: ModuleNotFoundError: No module named 'nothing_of_that_name'" in done.err


def test_suppression(run: Run) -> None:
    files(fault=FAULT.replace("y)\n", "y)  # shapeguard: ignore[double-softmax]\n").replace("(x, y)y", "(x, y)"))
    Path("fault.py").write_text(FAULT.rstrip() + "  # shapeguard: ignore[double-softmax]\n")
    assert check(run).found == []
    silenced = run("check", "-v").out.splitlines()  # it was judged, and somebody answers for it
    assert ": F.cross_entropy: fault (SG401, silenced); " in silenced[0]
    assert silenced[1:] == [
        "1 file checked, 1 loss call: 1 fault, 0 understood, 0 unknown, 0 unreached (100 % understood)",
        "no findings",
    ]
    Path("gone.py").write_text("x = 1  # shapeguard: ignore[SG401]\n")  # no loss in it any more
    assert check(run).found == [("SG002", "error", 1)]


def test_standard_input(run: Run) -> None:
    done = check(run, "-", stdin=FAULT.encode())
    assert (done.code, json.loads(done.out)[0]["filename"]) == (1, "stdin.py")
    files(pkg__data="V = 10\n", pkg__train=CLEAN)
    done = check(run, "-", "--stdin-filename", "pkg/train.py", stdin=FAULT.encode())
    assert (done.code, json.loads(done.out)[0]["filename"]) == (1, "pkg/train.py")
    assert "3 |     return F.cross_entropy(F.softmax(x, dim=-1), y)" in run("check", "-", stdin=FAULT.encode()).out
    assert check(run, "-", stdin=b"x = = 1\nnll_loss").found == [("SG001", "error", 1)]


def test_odd_files(run: Run) -> None:
    files(
        nul=b"nll_loss = 1\n\x00",
        latin=b"# -*- coding: latin-1 -*-\n# \xe9\n" + FAULT.encode(),
        bad_encoding=b"# -*- coding: no-such -*-\nnll_loss = 1\n",
        not_utf8=b"nll_loss = '\xff'\n",
        bom=b"\xef\xbb\xbf" + FAULT.encode(),
        crlf=FAULT.replace("\n", "\r\n").encode(),
        tabs=FAULT.replace("    ", "\t"),
        deep="nll_loss = " + "(" * 3000 + ")" * 3000,
        chain="nll_loss" + ".a()" * 3000,
        empty="",
    )
    Path("n.ipynb").write_text('{"nll_loss": ')
    os.symlink(".", "loop")
    os.symlink("itself.py", "itself.py")
    assert {(f["filename"], f["code"]) for f in json.loads(check(run).out)} == {
        *((f"{n}.py", "SG401") for n in ("latin", "bom", "crlf", "tabs")),
        *((f"{n}.py", "SG001") for n in ("nul", "bad_encoding", "not_utf8")),
        ("n.ipynb", "SG001"),
    }
    assert "2 files not read: chain.py:1: too deeply nested or chained, and 1 more" in run("check", ".").out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nll_loss = " + "(" * 3000 + ")" * 3000, "too deeply nested or chained"),
        ("type X = int\nnll_loss" + ".a()" * 3000, "too deeply nested or chained"),
        ("from {{ cookiecutter.name }} import nll_loss\n", "a template"),
        ("{% if cookiecutter.loss %}\nnll_loss\n{% endif %}\n", "a template"),
        ("(nll_loss): int = 1\n", "libcst cannot parse"),
        ('print(f"{nll_loss:\n}")\n', ""),
        ("print(f'{nll_loss:>{10}.\n3f}', f'{nll_loss:\n}')\n", ""),
    ],
)
def test_what_only_we_cannot_read_is_not_understood(run: Run, text: str, why: str) -> None:
    files(a=text)
    done = run("check", "a.py", "--show-unknown")
    assert (done.code, done.err) == (0, "")
    assert ": not understood: " in done.out and "1 file not read: a.py:" in done.out
    assert "no findings" in done.out
    assert [line for line in done.out.split("\n") if line.startswith("a.py:") and why in line and "not understood" in line]


@pytest.mark.parametrize("text", ['print("{nll_loss:\n}")\n', 'print(f"{nll_loss:d} x\n")\n', 'print(f"{nll_loss:\n")\n'])
def test_other_strings_that_end_nowhere_are_wrong(run: Run, text: str) -> None:
    files(a=text)
    assert [f["code"] for f in json.loads(check(run).out)] == ["SG001"]


def test_a_file_that_names_no_loss_is_no_error(run: Run) -> None:
    files(
        train="from a import A\nfrom b import B\nfrom c import C\n" + CLEAN + "step(A, B(C))\n",
        a="x = = 1\n",
        b="x = " + "(" * 3000,
        c="# shapeguard: ignore[SG101]\nprint 'a'\n",
    )
    done = run("check", ".")
    assert (done.code, done.err) == (0, "")
    assert "not read" not in done.out
    assert check(run, "a.py", "b.py", "c.py").found == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(run: Run) -> None:
    files(secret=FAULT, closed__a=FAULT)
    Path("secret.py").chmod(0)
    Path("closed").chmod(0)
    try:
        done = check(run)
    finally:
        Path("closed").chmod(0o755)
    assert done.found == [("SG001", "error", 1)]
    assert "cannot be searched" in done.err


def test_a_file_that_goes_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files(fault=FAULT)
    from shapeguard.lint import engine

    def refuse(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(engine, "read_bytes", refuse)
    (finding,) = json.loads(check(run, "fault.py").out)
    assert (finding["code"], finding["message"]) == ("SG001", "cannot be read: Permission denied")


def test_what_is_found_does_not_depend_on_the_other_paths(run: Run) -> None:
    data = "from torch.nn.utils.rnn import pad_sequence\ndef collate(rows):\n    return pad_sequence(rows, batch_first=True)\n"
    train = (
        "import torch.nn.functional as F\nfrom data import collate\n"
        "def step(model, rows):\n    y = collate(rows)\n    return F.cross_entropy(model(y).view(-1, 9), y.view(-1))\n"
    )
    files(data=data, train=train)
    alone, together = check(run, "train.py"), check(run)
    assert alone.out == together.out
    assert [code for code, _, _ in alone.found] != []
    assert check(run, "data.py").out == together.out  # what rests on a file is found with it
    assert [f["rests_on"] for f in json.loads(alone.out)] == [["data.py", "train.py"]]
    files(model="import torch\n")
    assert check(run, "model.py").found == []


def test_text_formats(run: Run) -> None:
    files(fault=FAULT)
    full = run("check")
    assert full.out.startswith("error[SG401] double-softmax: ")
    assert full.out.splitlines()[1] == " --> fault.py:3:12"
    assert full.out.splitlines()[-2].startswith("1 file checked, 1 loss call: ")
    assert full.out.splitlines()[-1] == "found 1 error"
    assert "\x1b" not in full.out
    concise = run("check", "--output-format", "concise").out.splitlines()
    assert concise[0].startswith("fault.py:3:12: SG401 double-softmax: ")
    assert concise[-1] == "found 1 error"
    assert run("check", "--statistics").out.splitlines()[0] == "1  SG401  double-softmax"
    assert json.loads(check(run, "--statistics").out) == [{"code": "SG401", "name": "double-softmax", "count": 1}]
    github = run("check", "--output-format", "github").out.splitlines()
    assert github[0].startswith("::error title=shapeguard (SG401),file=fault.py,line=3,col=12,endLine=3,endColumn=52::SG401 double-softmax")


def test_every_loss_has_its_line(run: Run) -> None:
    files(clean=CLEAN, fault=FAULT)
    lines = run("check", "-v", "--output-format", "concise").out.splitlines()
    assert lines[1].startswith("clean.py:3:12: F.cross_entropy: unknown (")
    assert lines[2].startswith("fault.py:3:12: F.cross_entropy: fault (SG401); counts ")
    assert "; ignores " in lines[2] and "; divides by " in lines[2]
    done = check(run, "-v", "--show-unknown")
    assert json.loads(done.out)
    assert "clean.py:3:12: F.cross_entropy: unknown: " in done.err


def test_silence_is_not_success(run: Run) -> None:
    files(unknown=CLEAN)
    done = run("check")
    assert done.code == 0
    assert done.out.splitlines() == [
        "1 file checked, 1 loss call: 0 faults, 0 understood, 1 unknown, 0 unreached (0 % understood; --show-unknown says why)",
        "no findings",
    ]
    assert run("check", "--show-unknown").out.splitlines()[0].startswith("unknown.py:3:12: F.cross_entropy: unknown: ")


def test_rules(run: Run) -> None:
    listed = run("rule").out.splitlines()
    assert listed[0].startswith("SG001  syntax-error ")
    assert any(line.startswith("SG401  double-softmax ") for line in listed)
    page = run("rule", "sg401").out
    assert page == run("rule", "double-softmax").out
    assert page.startswith("SG401 double-softmax\n\n")
    assert "\nWrong:\n\n    " in page and "\nRight:\n\n    " in page
    assert run("rule", "SG002").out.startswith("SG002 unused-ignore\n\n")
    local_rule("yield")
    assert re.search("^LOC001  local-rule +  on      Why it matters$", run("rule").out, re.MULTILINE)
    assert run("rule", "LOC001", "--isolated").code == 2


def test_version_and_module(run: Run) -> None:
    from shapeguard import __version__

    assert run("--version").out == f"shapeguard, version {__version__}\n"
    done = subprocess.run([sys.executable, "-m", "shapeguard", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"shapeguard, version {__version__}\n"


def process(tmp_path: Path, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "shapeguard", *arguments]
    return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def test_the_reader_goes_away(tmp_path: Path) -> None:
    body = "".join(f"def f{i}(x, y):\n    return F.cross_entropy(F.softmax(x, dim=-1), y)\n" for i in range(400))
    (tmp_path / "a.py").write_text("import torch.nn.functional as F\n" + body)
    with process(tmp_path, "check") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(HANG) == 1


def test_interrupted(tmp_path: Path) -> None:
    # a shell that runs the tests in its background makes them, and what they start, ignore the signal
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with process(tmp_path, "check", "-", stdin=subprocess.PIPE) as running:
            assert running.stdin is not None
            running.stdin.write(b"#" * (1 << 20))  # more than a pipe holds: this returns when the program has begun to read
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=HANG)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_output_that_cannot_show_everything(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "é漢.py").write_text(FAULT.replace("y)\n", "y)  # é漢\n", 1).replace("(x, y)  # é漢", "(x, y)"), encoding="utf-8")
    with process(tmp_path, "check", env=os.environ | {"PYTHONIOENCODING": encoding}) as running:
        out, err = running.communicate(timeout=HANG)
        assert (running.returncode, err) == (1, b"")
        assert b"SG401" in out


def test_losses_of_the_project(run: Run) -> None:
    source = "import torch\nfrom own import objective\ndef step(x, y):\n    return objective(torch.softmax(x, -1), y)\n"
    files(own="def objective(x, y, weight=None):\n    return magic(x, y)\n", train=source)
    assert check(run).found == []
    Path("pyproject.toml").write_text('[tool.shapeguard]\nlosses = ["own.objective"]\n')
    assert check(run).found == [("SG401", "error", 4)]


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("check a.py >&-", 1, ""),
        ("check a.py 2>&-", 1, "SG"),
        ("check - <&-", 2, "standard input is closed"),
        ("check a.py | head -c 1; exit ${PIPESTATUS[0]}", 1, ""),
        ("check a.py > /dev/full", 2, "cannot write"),
        ("check - --stdin-filename . < a.py", 2, "is a folder"),
        ("check loop.py", 2, "no such file"),
        ("check pipe.py", 1, "not a regular file"),
        ("check", 1, "SG"),  # a pipe and a link to itself in the folder, and the same below a link
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a POSIX shell and its devices")
def test_odd_files_and_streams(run: Run, shell: str, code: int, said: str) -> None:
    files(a=FAULT)
    Path("loop.py").symlink_to("loop.py")
    Path("again").symlink_to(".")
    os.mkfifo("pipe.py")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m shapeguard {shell}"], capture_output=True, text=True, check=False, timeout=HANG
    )  # fmt: skip
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
