"""Names, messages and excerpts that others wrote: no report prints what would move a cursor, hide text, or command GitHub."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading.parse import Unparsable
from shapeguard.lint.engine import Failure, Result
from shapeguard.lint.finding import Finding, Reason
from shapeguard.printable import at_start, pieces, plain
from shapeguard.report import prose
from shapeguard.report.formats import names, writer
from shapeguard.report.sources import Sources
from tests.command import FAULT, Run

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SPECIAL = "\x00\x1b\x07\r\n\t\x7f\x85\u202e\u2066\u200b\u2028\ufeff\udcff\U000e0041:#[]%,"
ODD = st.text(st.one_of(st.characters(), st.sampled_from(SPECIAL)), max_size=20)

FORMS = [name for name in names("check") if name != "json"]  # JSON has escapes of its own


def harmless(line: str) -> bool:
    return not any(unicodedata.category(c) in FORBIDDEN for c in line) and "##[" not in line


@given(ODD)
def test_plain(odd: str) -> None:
    shown = plain(odd)
    assert harmless(shown) and "".join(pieces(odd)) == shown
    assert plain(shown) == shown
    assert not re.match(r"\s*::", at_start(odd))


def test_what_is_only_unusual_is_left_alone() -> None:
    for told in ("x = 'é漢字\u3000\xa0\ue000\u0378🙂'", "#[x for x in y]", "a:b", ""):
        assert plain(told) == told
    assert plain("a\tb\n\r\x1b\x85\u202e\U000e0041\udc80##[error]") == "a\\tb\\n\\r\\x1b\\x85\\u202e\\U000e0041\\udc80#\\x23[error]"
    assert plain("###[[") == "##\\x23[["
    assert at_start("::error ::x.py") == "./::error ::x.py"
    assert at_start(" \xa0::x.py") == "./ \xa0::x.py"
    assert at_start(":x.py") == ":x.py"


def of(result: Result, sources: Sources, form: str) -> list[str]:
    """The lines that are printed."""
    found = list(writer(form).findings(result, sources, False))
    about = [*prose.failures(result, sources), *prose.unknown(result, sources), *prose.closing(result, sources, False)]
    return "\n".join([*found, *about]).split("\n")


@pytest.mark.parametrize("form", FORMS)
@given(odd=ODD.filter(lambda t: "\0" not in t and "/" not in t and t.strip(".")), end=st.booleans())
def test_no_report_prints_them(form: str, odd: str, end: bool) -> None:
    path = os.path.join(os.getcwd(), odd)
    place = Place(path, 1, 1, 2 if end else 1, 4)
    other = Place(path + "2", 1, 2, 1, 3)
    finding = Finding("SG101", "name", "error", odd, place, because=(Reason(other, odd), Reason(place, odd)), calls=(other,), help=odd)
    unread = (Unparsable(path, 1, 1, odd),)
    result = Result((finding, replace(finding, place=other)), (), (Failure(path, odd),), (odd,), 2, {}, (odd,), unread=unread)
    sources = Sources({}, {path: f"{odd}\n{odd}".encode("utf-8", "surrogatepass"), path + "2": odd.encode("utf-8", "surrogatepass")})
    for line in of(result, sources, form):
        assert harmless(line)
        assert not re.match(r"\s*::(?!:)", line) or (form == "github" and line.startswith("::error title=shapeguard (SG101),file="))
    (first, _) = json.loads("".join(writer("json").findings(result, sources, False)))
    assert (first["filename"], first["message"], first["because"][0]["message"]) == (odd, odd, odd)  # its own escapes only


NAMES = (
    *("a\nb.py", "::error file=x,line=1::boom.py", "\x1b[31mred.py", "\u202eyp.evil.py", "zero\u200bwidth.py", "##[error]x.py"),
    *("a\r::error::b.py", " ::warning::c.py", "\u2028::error::d.py", "é漢.py", "tab\t.py"),
)
SOURCE = FAULT.replace("y)\n", "y)  # \x1b[2J \u202e ##[error]x\n", 1) + "# \u2066\n"


@pytest.mark.skipif(sys.platform != "linux", reason="names that other systems do not have")
def test_names_and_sources_on_the_disk(run: Run) -> None:
    for name in NAMES:
        Path(name).write_text(SOURCE)
    Path(os.fsdecode(b"bytes\xff.py")).write_text(SOURCE)
    Path("::error::broken\n.py").write_text("nll_loss = = '\x1b'\n")
    Path("::error::template\x1b.py").write_text("{{ x }}\nnll_loss = {% y %}\n")
    os.symlink("/nowhere", "gone\n.py")
    for form in FORMS:
        for options in ((), ("-v", "--show-unknown")):
            done = run("check", "--output-format", form, *options)
            assert done.code == 1
            for line in (done.out + done.err).split("\n"):
                assert harmless(line), line
                assert not re.match(r"\s*::(?!:)", line) or (form == "github" and line.startswith("::error title=shapeguard (SG"))
            assert done.out.count("SG401") > len(NAMES)
    names = {f["filename"] for f in json.loads(run("check", "--output-format", "json").out)}
    assert names == {*NAMES, "bytes\udcff.py", "::error::broken\n.py"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "no\n::error::such\x1b.py"),
        ("check", "--select", "SG\x1b\u202e"),
        ("check", "--no\x1bsuch"),
        ("check", "-", "--stdin-filename", "folder\x1b"),
        ("check", "--rules", "no\nsuch"),
        ("rule", "SG\n::error::x"),
        ("no\x1bsuch",),
    ],
)
def test_what_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    os.mkdir("folder\x1b")
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert all(harmless(line) and not line.lstrip().startswith("::") for line in done.err.split("\n"))
    assert "\\x1b" in done.err or "\\n" in done.err


def test_what_a_configuration_says(run: Run) -> None:
    Path("a.py").touch()
    os.mkdir("li\x1bnt")
    lines = ('"sel\u202eect" = 1', 'select = ["\\u001b[31m"]', 'rules = ["\\n::error::x"]', 'guard = "\\u0007"', 'exclude = ["[\\u202e"]')
    for line in lines:
        Path("pyproject.toml").write_text(f"[tool.shapeguard]\n{line}\n")
        done = run("check")
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert done.err.startswith("shapeguard: pyproject.toml:2: ") and harmless(done.err[:-1])
        assert "\\u202e" in done.err or "\\x" in done.err or "\\n" in done.err
    Path("pyproject.toml").write_text('[tool.shapeguard]\nrules = ["li\\u001bnt"]\n')
    assert run("check").err == "shapeguard: loading rules from li\\x1bnt/ (pyproject.toml:2)\n"
