"""Arguments -> files: what is searched, what is left out, and what is said of the rest."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from shapeguard.lint.files import MissingPath, find_files


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_at(name: str, text: str = "") -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(*paths: str, exclude: Sequence[str] = ()) -> list[str]:
    result = find_files(paths, exclude)
    assert result.warnings == []
    return [f.replace(os.sep, "/") for f in result.files]


def test_folders_are_searched_in_a_fixed_order() -> None:
    for name in ("b/z.py", "b/a.py", "a.py", "b/c/n.ipynb", "b/t.pyi", "b/t.txt", "b/py", ".h.py", "b/.x/y.py"):
        write_at(name)
    assert found(".") == ["a.py", "b/a.py", "b/c/n.ipynb", "b/z.py"]
    assert found("b/c", "a.py", "b") == ["a.py", "b/a.py", "b/c/n.ipynb", "b/z.py"]
    assert found("b/../b/", "./b/a.py") == ["b/a.py", "b/c/n.ipynb", "b/z.py"]


def test_files_named_by_hand_are_always_taken() -> None:
    for name in (".git/HEAD", ".hidden/a.py", "build/b.py", "script", "stub.pyi", "x/ignored.py"):
        write_at(name)
    write_at(".gitignore", "*.py\n")
    names = [".hidden/a.py", "build/b.py", "script", "stub.pyi", "x/ignored.py"]
    assert found(*names, exclude=["x"]) == names
    assert found(".") == []


def test_absolute_arguments_stay_absolute(here: Path) -> None:
    write_at("a/b.py")
    assert found(str(here / "a")) == [str(here / "a/b.py")]
    assert found(str(here / "a"), "a/b.py") == [str(here / "a/b.py")]  # once


def test_a_missing_path_is_an_error() -> None:
    with pytest.raises(MissingPath, match=r"nowhere: no such file or folder"):
        find_files(["nowhere"])


def test_environments_and_caches_are_left_out() -> None:
    write_at("env/pyvenv.cfg")
    for name in ("env/lib/a.py", "node_modules/b.py", "__pycache__/c.py", "build/d.py", "x/site-packages/e.py", ".venv/f.py", "g.py"):
        write_at(name)
    assert found(".") == ["g.py"]
    assert found("env", "build") == ["build/d.py", "env/lib/a.py"]


def test_gitignore() -> None:
    write_at(".git/info/exclude", "secret.py\n")
    write_at(".gitignore", "# comment\n\n/out\n*_pb2.py\n!keep_pb2.py\ndocs/**/gen\n")
    write_at("a/.gitignore", "!x_pb2.py\nlocal.py\n/b/only.py\n")
    ignored = ["out/a.py", "x_pb2.py", "docs/a/gen/b.py", "a/local.py", "a/b/only.py", "secret.py"]
    taken = ["a/out/a.py", "keep_pb2.py", "docs/a/b.py", "a/x_pb2.py", "local.py", "b/only.py", "a/b/c/only.py"]
    for name in ignored + taken:
        write_at(name)
    assert found(".") == sorted(taken)
    assert found("a") == sorted(n for n in taken if n.startswith("a/"))
    assert found("docs") == ["docs/a/b.py"]  # what stands above an argument counts too
    assert found("out") == ["out/a.py"]  # a folder named by hand


def test_gitignore_without_git() -> None:
    write_at(".gitignore", "a.py\n")
    write_at("a.py")
    write_at("b/a.py")
    assert found(".") == []
    assert found("b") == ["b/a.py"]


def test_exclude() -> None:
    for name in ("tests/a.py", "src/tests/b.py", "src/c_gen.py", "src/d.py", "legacy/e.py"):
        write_at(name)
    assert found(".", exclude=["/tests", "*_gen.py", "./legacy/"]) == ["src/d.py", "src/tests/b.py"]
    assert found(".", exclude=["tests"]) == ["legacy/e.py", "src/c_gen.py", "src/d.py"]
    assert found("src", exclude=["src/d.py"]) == ["src/c_gen.py", "src/tests/b.py"]
    assert found("legacy", exclude=["legacy"]) == ["legacy/e.py"]


def test_exclude_is_relative_to_the_root(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_at("p/a/x.py")
    write_at("p/b/x.py")
    monkeypatch.chdir(here / "p" / "a")
    assert find_files([".", "../b"], ["/b"], str(here / "p")).files == [os.path.join("..", "b", "x.py"), "x.py"]
    assert find_files([".."], ["/b"], str(here / "p")).files == [os.path.join("..", "a", "x.py")]


def test_patterns_that_are_none_match_nothing() -> None:
    for name in ("a.py", "b.py", "[c.py"):
        write_at(name)
    write_at(".gitignore", "!\n/\n[c.py\na.py\n\\\n#b.py\n!\\\n")
    assert found(".", exclude=["\\", "", "[", "[[:nonsense:]]b.py", "[z-a].py"]) == ["[c.py", "b.py"]


def test_links() -> None:
    write_at("a/x.py")
    write_at("other/y.py")
    Path("a/loop").symlink_to(Path("a").absolute(), target_is_directory=True)
    Path("a/self.py").symlink_to(Path("a/self.py").absolute())
    Path("a/gone.py").symlink_to("nowhere.py")
    Path("a/again.py").symlink_to("x.py")
    Path("a/y1.py").symlink_to(Path("other/y.py").absolute())
    Path("a/y2.py").symlink_to(Path("other/y.py").absolute())
    assert found("a") == ["a/x.py", "a/y1.py"]
    assert found("a", "other") == ["a/x.py", "other/y.py"]
    assert found("a/loop") == ["a/loop/x.py", "a/loop/y1.py"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_folders_that_cannot_be_read_are_reported() -> None:
    write_at("a/b.py")
    write_at("shut/c.py")
    os.chmod("shut", 0)
    try:
        if os.access("shut", os.R_OK):
            pytest.skip("this user may read everything")
        result = find_files(["."])
    finally:
        os.chmod("shut", 0o755)
    assert result.files == [os.path.join("a", "b.py")]
    assert result.warnings == ["shut: cannot be searched: Permission denied"]


def test_a_folder_that_vanishes_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    write_at("a/b.py")
    write_at("c/d.py")
    scandir = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("c"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    result = find_files(["."])
    assert result.files == [os.path.join("a", "b.py")]
    assert result.warnings == ["c: cannot be searched: Permission denied"]


SHAPES = (
    *("{x}.py", "/{x}.py", "{x}/", "/{x}", "{x}/{y}.py", "!{x}.py", "!{x}/{y}.py", "**/{x}/{y}.py", "{x}/**", "[{x}{y}].py", "*.py"),
    *("!/{x}", "{x}/*", "!{x}/", "*", "!*/", "{x}/**/{y}.py", "?.py", "[!{x}].py", "**/{x}", "**", "{x}**", "\\{x}.py", "{x}.py  "),
    *("[^{x}-{y}].py", "[[:alpha:]].py", "# {x}.py", "{x}.py\r", "**/", "/**/{x}.py", "[]{x}].py", "[{x}", "!{x}/**", "/{x}/{y}/"),
)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("seed", range(30))
def test_git_agrees(seed: int) -> None:
    """Random patterns in a small tree: what is found is what git would add."""
    pick = random.Random(seed)
    subprocess.run(["git", "init", "-q", "."], check=True)
    names = ["a", "b", "c"]
    folders = ["", *(f"{x}/" for x in names), *(f"{x}/{y}/" for x in names for y in names)]
    for folder in folders:
        for name in names:
            write_at(f"{folder}{name}.py")
    for folder in ["", *pick.sample(folders[1:], 3)]:
        lines = [pick.choice(SHAPES).format(x=pick.choice(names), y=pick.choice(names)) for _ in range(pick.randint(1, 4))]
        write_at(f"{folder}.gitignore", "\n".join(lines) + "\n")
    listed = subprocess.run(["git", "ls-files", "-o", "--exclude-standard", "*.py"], capture_output=True, text=True, check=True).stdout
    assert found(".") == sorted(listed.split())


def test_finding_files_does_not_load_the_parser() -> None:
    write_at("a.py")
    code = (
        "import sys\n"
        "from shapeguard.lint.files import find_files\n"
        "find_files(['a.py'])\n"
        "print([m for m in ('libcst', 'torch') if m in sys.modules])\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}, check=True
    )
    assert run.stdout.strip() == "[]"


def test_links_that_lead_out_are_left_out(here: Path) -> None:
    write_at("tree/x.py")
    write_at("tree/sub/y.py")
    write_at("secret.py")
    for name, target in (("tree/out.py", "../secret.py"), ("tree/sub/inside.ipynb", "../x.py"), ("tree/null.py", "/dev/zero")):
        Path(name).symlink_to(target)
    result = find_files(["tree"], within=str(here / "tree"))
    assert result.files == ["tree/sub/y.py", "tree/x.py"]
    assert result.warnings == ["tree/out.py: left out, the link leads out of the project"]
    assert find_files(["tree/out.py"], within=str(here / "tree")).files == ["tree/out.py"]  # named by hand
    assert "tree/out.py" in find_files(["tree"], within=str(here)).files


def test_patterns_in_a_pipe_a_link_or_a_giant() -> None:
    """None of them is read: the first never ends, git follows no such link, and nobody writes a megabyte of patterns."""
    for folder in ("pipe", "link", "giant"):
        write_at(f"{folder}/a.py")
    os.mkfifo("pipe/.gitignore")
    write_at("patterns", "a.py\n")
    Path("link/.gitignore").symlink_to("../patterns")
    write_at("giant/.gitignore", "a.py\n" + "#" * (1 << 20))
    result = find_files(["."])
    assert result.files == ["giant/a.py", "link/a.py", "pipe/a.py"]
    assert [w.partition(os.sep)[2].rpartition("/")[2] for w in sorted(result.warnings)] == [
        ".gitignore: cannot be read: larger than 1 MiB",
        ".gitignore: cannot be read: not a regular file",
    ]


def test_what_is_too_large_is_told_and_left_out() -> None:
    write_at("a.py")
    for name in ("big.py", "big.ipynb"):
        with open(name, "wb") as file:
            file.truncate((16 << 20) + 1)  # a hole: it takes no room
    result = find_files(["."])
    assert result.files == ["a.py", "big.ipynb"]
    assert result.warnings == ["big.py: not read, it is larger than 16 MiB"]
