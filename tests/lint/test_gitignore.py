"""Patterns: git itself is asked about drawn ones, and none takes long."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from shapeguard.lint.gitignore import LONGEST, Ignore, matches_nothing

NAMES = ("a", "b", "ab", "ba", "aab", "a.py", "b.py", "é.py", "[a", "a]b", "a b", "c ", "a\\b", "-", "!a", "#b", "^", "A", " ", "a\tb")
FOLDERS = ("", "a/", "b/", "a/b/", "b/a/", "a/b/ab/", "ab/", "a/a/", "-/", "[a/")
PIECES = (
    *("a", "b", "*", "**", "***", "/", "?", "**/", "/**", "/**/", "*.py", ".py", "#", "!", "-", " ", "\\ ", "\t", "é", "]", "["),
    *("\\", "\\a", "\\*", "\\/", "\\\\", "[ab]", "[!a]", "[^b-z]", "[a-", "[]a]", "[!]]", "[z-a]", "[\\]a]", "[a\\-z]", "[--a]", "[+--]"),
    *("[-]", "[/]", "[a/b]", "[é]", "[[:a]", "[[:alpha:]]", "[[:space:]]", "[[:punct:]]"),
    *("[[:cntrl:][:upper:]]", "[[:foo:]]", "[[:alpha:]-z]"),
)


ODDITIES = (b"a**/b\n-**/a.py\n", b"a**\\/b\n", b"***/b\n", b"c\\ \n\\ \n", b"a/***/b", b"\\!a\n\\#b\n")


def drawn(pick: random.Random) -> bytes:
    lines = []
    for _ in range(pick.randint(1, 4)):
        line = "!" * (pick.random() < 0.2) + "".join(pick.choice(PIECES) for _ in range(pick.randint(1, 6)))
        lines.append(line + pick.choice(("", "", "", "", "/", " ", "  ", "\r", "\\ ")))
    return "\n".join(lines).encode() + b"\n" * (pick.random() < 0.8)


def ignored(tables: dict[str, Ignore], path: str) -> bool:
    """What the files of patterns say of a path, the deepest first, its folders before it."""
    parts = path.split("/")
    for n in range(1, len(parts) + 1):
        at = "/".join(parts[:n])
        near = (t for base, t in sorted(tables.items(), key=lambda item: -len(item[0])) if at.startswith(base) and at != base[:-1])
        if next((said for t in near if (said := t.says(f"/top/{at}", n < len(parts) or os.path.isdir(at))) is not None), False):
            return True
    return False


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("seed", range(4))
def test_git_agrees_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Nested files of drawn patterns: negation, escapes, classes, `**`, trailing spaces, line ends, names that are no ASCII."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", "."], check=True)
    for folder in FOLDERS:
        Path(folder or ".").mkdir(exist_ok=True, parents=True)
    for folder in FOLDERS:
        for name in NAMES:
            if not Path(folder + name).exists():
                Path(folder + name).touch()
    paths = sorted({f + n for f in FOLDERS for n in NAMES} | {f[:-1] for f in FOLDERS if f})
    ask = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    pick = random.Random(seed)
    seen = 0
    for n in range(60):
        for folder in FOLDERS:
            Path(folder, ".gitignore").unlink(missing_ok=True)
        tables = {}
        for folder in ("", *pick.sample(FOLDERS[1:], pick.choice((0, 0, 1, 2)))):
            data = ODDITIES[n] if n < len(ODDITIES) else drawn(pick)
            Path(folder, ".gitignore").write_bytes(data)
            tables[folder] = Ignore.of([line.removesuffix(b"\r") for line in data.split(b"\n")], f"/top/{folder}")
        said = subprocess.run(ask, input="".join(f"{p}\0" for p in paths).encode(), capture_output=True, check=False).stdout
        theirs = {p for p in said.decode().split("\0") if p}
        assert {p for p in paths if ignored(tables, p)} == theirs, {f: Path(f, ".gitignore").read_bytes() for f in tables}
        seen += 0 < len(theirs) < len(paths)
    assert seen > 20


BOMBS = (
    *("*a" * 20 + "b", "/" + "*a" * 20 + "/b", "**/a/" * 10 + "b", "**/a*a*b/" * 10 + "b", "/" + "**/*a*a*a/" * 5 + "x*b"),
    *("?*" * 100 + "b", "**/" * 50 + "a", "/**" * 50 + "/b", "x**/" * 9 + "b", "**/*/" * 10 + "b", "[[[["),
    *("*[!b]" * 50 + "b", "**/" + "a/" * 200 + "b"),
)


@pytest.mark.parametrize("glob", BOMBS)
def test_no_pattern_takes_long(glob: str) -> None:
    """The first of these takes the regular expression of other libraries years."""
    ignore = Ignore.of([glob.encode()], "/top")
    before = time.process_time()
    for path in ("a" * 20_000, "a/" * 10_000 + "c", "aab/" * 5_000 + "c", "x/" * 10_000 + "c"):
        assert not ignore.says(f"/top/{path}", False)
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("!", "names nothing"),
        ("/", "names nothing"),
        ("a\\", "ends in a backslash"),
        ("a[b", "has an open bracket"),
        ("[a-", "has an open bracket"),
        ("[[:foo:]]", "has a class that there is not"),
        ("*a" * LONGEST, "is longer than 4096 bytes"),
        ("# !", ""),
        ("", ""),
        ("a/**/b", ""),
    ],
)
def test_what_is_no_pattern(line: str, why: str) -> None:
    assert matches_nothing(line.encode()) == why
    assert not why or not Ignore.of([line.encode()], "/top").patterns


def test_a_file_in_an_ignored_folder() -> None:
    ignore = Ignore.of([b"out/", b"!out/kept.py", b"*.gen.py", b"!a.gen.py"], "/top")
    taken = {p: ignore.takes_out(f"/top/{p}") for p in ("out/kept.py", "x/out/a.py", "out", "b.gen.py", "a.gen.py", "a.py")}
    assert taken == {"out/kept.py": True, "x/out/a.py": True, "out": False, "b.gen.py": True, "a.gen.py": False, "a.py": False}
    assert not ignore.takes_out("/elsewhere/out/a.py")
