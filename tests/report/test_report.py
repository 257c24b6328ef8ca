"""Reports, from findings made by hand: frames to the letter, JSON by key, GitHub's escapes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading.parse import Module, Unparsable, parse_module
from shapeguard.lint.engine import Failure, Result
from shapeguard.lint.finding import Finding, Reason
from shapeguard.report import prose
from shapeguard.report.formats import concise, github
from shapeguard.report.formats import json as as_json
from shapeguard.report.sources import Sources

TRAIN = """\
def collate(batch):
    return pad_sequence([b for b in batch], batch_first=True)

def step(model, x, y, V):
    logits = model(x)
    print(logits)
    loss = F.cross_entropy(logits.view(-1, V), y.view(-1))
    loss = F.cross_entropy(
        logits.view(-1, V),
        y.view(-1),
    )
    return loss
"""
DATA = "import torch\n\n\nPAD = 3\n"


def module(name: str, source: str) -> Module:
    return parse_module(os.path.abspath(name), source.encode())


def find(m: Module, piece: str, n: int = 0) -> Place:
    """The place of the n-th occurrence of a piece."""
    source = "\n".join(m.lines)
    start = -1
    for _ in range(n + 1):
        start = source.index(piece, start + 1)
    ends = (start, start + len(piece))
    (row, col), (end_row, end_col) = ((source.count("\n", 0, i) + 1, i - source.rfind("\n", 0, i)) for i in ends)
    return Place(m.path, row, col, end_row, end_col)


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    monkeypatch.chdir(tmp_path)
    return module("train.py", TRAIN)


def shown(finding: Finding, *modules: Module, colour: bool = False) -> str:
    sources = Sources({m.path: m for m in modules})
    return "\n".join(line.rstrip() for line in prose.finding_frame(finding, sources, prose.painter(colour, finding.severity))) + "\n"


def padding(m: Module) -> Finding:
    return Finding(
        "SG201",
        "unmasked-padding",
        "error",
        "padding 0 is counted",
        find(m, "F.cross_entropy(logits.view(-1, V), y.view(-1))"),
        because=(
            Reason(find(m, "pad_sequence([b for b in batch], batch_first=True)"), "pads with 0 -> (B, T)", "(B, T)"),
            Reason(find(m, "logits.view(-1, V)"), "view flattens to (B.T, V)", "(B.T, V)"),
            Reason(find(m, "y.view(-1)"), "view flattens to (B.T,)", "(B.T,)"),
        ),
        calls=(find(m, "model(x)"),),
        help="pass ignore_index=0",
    )


def test_frame(train: Module) -> None:
    assert shown(padding(train), train) == dedent("""\
        error[SG201] unmasked-padding: padding 0 is counted
         --> train.py:7:12
          |
        2 |     return pad_sequence([b for b in batch], batch_first=True)
          |            -------------------------------------------------- pads with 0 -> (B, T)
        ...
        7 |     loss = F.cross_entropy(logits.view(-1, V), y.view(-1))
          |            ^^^^^^^^^^^^^^^^------------------^^----------^
          |                            |                   |
          |                            |                   view flattens to (B.T,)
          |                            view flattens to (B.T, V)
          |
          = called from train.py:5:14
          = help: pass ignore_index=0
        """)


def test_frame_of_several_lines_and_files(train: Module) -> None:
    data = module("data.py", DATA)
    finding = replace(
        padding(train),
        place=find(train, "F.cross_entropy(\n        logits.view(-1, V),\n        y.view(-1),\n    )"),
        because=(
            Reason(find(data, "PAD = 3"), "the pad id is 3"),
            Reason(find(train, "logits.view(-1, V)", 1), "view flattens to (B.T, V)"),
            Reason(find(train, "model(x)"), "logits are (B, T, V)"),
            Reason(find(train, "model(x)"), "logits are (B, T, V)"),
        ),
        calls=(),
        help="pass ignore_index=PAD\nand do not set the targets to 0",
    )
    assert shown(finding, train, data) == dedent("""\
        error[SG201] unmasked-padding: padding 0 is counted
          --> train.py:8:12
           |
         5 |       logits = model(x)
           |                -------- logits are (B, T, V)
        ...
         8 |       loss = F.cross_entropy(
           |  ____________^
         9 | |         logits.view(-1, V),
           | |         ------------------ view flattens to (B.T, V)
        10 | |         y.view(-1),
        11 | |     )
           | |_____^
           |
          ::: data.py:4:1
           |
         4 | PAD = 3
           | ------- the pad id is 3
           |
           = help: pass ignore_index=PAD
                   and do not set the targets to 0
        """)


def test_one_line_between_is_shown(train: Module) -> None:
    finding = replace(padding(train), because=(Reason(find(train, "model(x)"), "here"),), calls=(), help="", severity="warning")
    assert shown(finding, train).splitlines()[:7] == [
        "warning[SG201] unmasked-padding: padding 0 is counted",
        " --> train.py:7:12",
        "  |",
        "5 |     logits = model(x)",
        "  |              -------- here",
        "6 |     print(logits)",
        "7 |     loss = F.cross_entropy(logits.view(-1, V), y.view(-1))",
    ]


def test_wide_characters_tabs_and_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    m = module("a.py", 'if 1:\n\tf("漢字", "e\u0301"); loss = g("\x1b")\n')
    finding = Finding("SG101", "n", "error", "m", find(m, 'g("\x1b")'))
    line, under = shown(finding, m).splitlines()[3:5]
    assert line == '2 |     f("漢字", "e\u0301"); loss = g("\\x1b")'
    assert under == "  |" + " " * 28 + "^" * 9


def test_a_long_line_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    m = module("a.py", "x = [" + "1, " * 5000 + "f(y)]\n")
    finding = Finding("SG101", "n", "error", "m", find(m, "f(y)"))
    lines = shown(finding, m).splitlines()
    assert max(map(len, lines)) < 200
    assert lines[3].endswith("f(y)]")
    assert lines[4].index("^") == lines[3].index("f(y)")


def test_a_long_call_and_many_steps_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"    a{i},\n" for i in range(60))
    m = module("a.py", f"f(\n{rows})\n" + "".join(f"b{i} = {i}\n" for i in range(30)))
    reasons = tuple(Reason(find(m, f"b{i} = {i}\n"[:-1]), f"note {i}") for i in range(30))
    finding = Finding("SG101", "n", "error", "m", find(m, f"f(\n{rows})"), because=reasons, calls=tuple(find(m, f"a{i}") for i in range(9)))
    out = shown(finding, m)
    assert len(out.splitlines()) < 45
    assert "= 22 more steps led here" in out
    assert "called from a.py:2:5, a.py:3:5, a.py:4:5 and 6 more" in out


def test_notebook_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [{"cell_type": "markdown", "source": "x"}, {"cell_type": "code", "source": "%time\nloss = f(x)"}]
    m = parse_module(os.path.abspath("n.ipynb"), json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode())
    finding = Finding("SG101", "n", "error", "m", Place(m.path, 2, 8, 2, 12, 1))
    assert shown(finding, m).splitlines()[1:5] == [" --> n.ipynb:cell 1:2:8", "  |", "2 | loss = f(x)", "  |        ^^^^"]
    (object_,) = json.loads("".join(as_json.findings(result(finding), Sources({}), False)))
    assert (object_["cell"], object_["location"]) == (1, {"row": 2, "column": 8})
    (line,) = github.findings(result(finding), Sources({}), False)
    assert line == "::error title=shapeguard (SG101),file=n.ipynb::cell 1:2:8: SG101 n: m"


def test_without_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_bytes(b"x = 1\nx = = \xff\n")
    finding = Finding("SG001", "syntax-error", "error", "m", Place(os.path.abspath("a.py"), 2, 5, 2, 6))
    assert shown(finding).splitlines()[3:5] == ["2 | x = = \ufffd", "  |     ^"]
    gone = replace(finding, place=replace(finding.place, path=os.path.abspath("gone.py")))
    assert "gone.py:2:5" in shown(gone)


def test_colours(train: Module) -> None:
    out = shown(padding(train), train, colour=True)
    assert out.startswith("\x1b[31;1merror[SG201]\x1b[0m \x1b[1munmasked-padding\x1b[0m: padding")
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", out) == shown(padding(train), train)


def result(*findings: Finding, **more: object) -> Result:
    return replace(Result(findings, (), (), (), 1, {}), **more)  # type: ignore[arg-type]


def test_concise(train: Module) -> None:
    finding = padding(train)
    lines = list(concise.findings(result(finding, replace(finding, severity="info")), Sources({}), False))
    assert lines[0] == "train.py:7:12: SG201 unmasked-padding: padding 0 is counted"
    assert lines[1] == "train.py:7:12: SG201 unmasked-padding (info): padding 0 is counted"


def test_json(train: Module) -> None:
    (found,) = json.loads("".join(as_json.findings(result(padding(train)), Sources({train.path: train}), False)))
    assert list(found) == [
        *("code", "name", "filename", "location", "end_location", "message", "severity", "fix", "url", "sure", "because", "calls"),
        "rests_on",
    ]
    assert found["filename"] == "train.py"
    assert found["location"] == {"row": 7, "column": 12}
    assert found["end_location"] == {"row": 7, "column": 59}
    assert found["because"][0] == {
        "filename": "train.py",
        "location": {"row": 2, "column": 12},
        "end_location": {"row": 2, "column": 62},
        "message": "pads with 0 -> (B, T)",
        "shape": "(B, T)",
    }
    assert found["calls"] == [{"filename": "train.py", "location": {"row": 5, "column": 14}, "end_location": {"row": 5, "column": 22}}]


def test_a_file_elsewhere_is_absolute(train: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert Sources({}).name(train.path) == train.path


def test_github(train: Module) -> None:
    finding = replace(padding(train), message="100 %,\nthen: more", severity="info", help="h")
    (line,) = github.findings(result(finding), Sources({}), False)
    keys = "title=shapeguard (SG201),file=train.py,line=7,col=12,endLine=7,endColumn=59"
    assert line == f"::notice {keys}::SG201 unmasked-padding: 100 %25,%0Athen: more%0Ahelp: h"


def test_statistics(train: Module) -> None:
    one = padding(train)
    other = replace(one, code="SG101", name="unflattened-logits")
    assert list(prose.statistics(result(other, *[one] * 10))) == ["10  SG201  unmasked-padding", " 1  SG101  unflattened-logits"]
    assert json.loads("".join(as_json.statistics(result(one)))) == [{"code": "SG201", "name": "unmasked-padding", "count": 1}]


def test_closing(train: Module) -> None:
    one = padding(train)
    said = list(prose.closing(result(one, one, replace(one, severity="warning"), replace(one, severity="info")), Sources({}), False))
    nothing = "1 file checked, 0 loss calls: 0 faults, 0 understood, 0 unknown, 0 unreached"
    assert said == [nothing, "found 2 errors, 1 warning, 1 info"]
    assert list(prose.closing(result(files=2), Sources({}), False))[-1] == "no findings"
    failed = result(failures=(Failure(train.path, "KeyError:\n 'x'"),), bounded=("a.f", "b", "c", "d"))
    assert list(prose.closing(failed, Sources({}), False)) == [
        nothing,
        "1 failure of our own, see above",
        "stopped early, too much work, in a.f, b, c and 1 more",
        "no findings",
    ]
    unread = [Unparsable(os.path.abspath(f"{n}.py"), 3, 1, "too deeply nested or chained", wrong=False) for n in ("a", "b", "c")]
    assert list(prose.closing(result(unread=tuple(unread[:1])), Sources({}), False))[:2] == [
        f"{nothing} (--show-unknown says why)",
        "1 file not read: a.py:3: too deeply nested or chained",
    ]
    some = result(unread=tuple(unread))
    assert "3 files not read: a.py:3: too deeply nested or chained, and 2 more" in list(prose.closing(some, Sources({}), False))
    assert list(prose.unknown(some, Sources({})))[2] == "c.py:3: not understood: too deeply nested or chained"
    assert some.exit_code() == 0
    assert list(prose.failures(failed, Sources({}))) == ["shapeguard: failure of our own in train.py: KeyError: 'x'"]


def test_exit_code(train: Module) -> None:
    one = padding(train)
    warning, info = replace(one, severity="warning"), replace(one, severity="info")
    assert [result(*f).exit_code() for f in ((), (one,), (warning,), (info,), (warning, one))] == [0, 1, 0, 0, 1]
    assert [result(*f).exit_code(strict=True) for f in ((), (one,), (warning,), (info,))] == [0, 1, 1, 0]
