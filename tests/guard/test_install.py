"""Packages that there are not: `install` warns at once, `pytest --shapeguard` is an error of usage, and nothing is run to find out."""

from __future__ import annotations

import importlib.abc
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from shapeguard.runtime.hook import install, not_found

MARK = "raise SystemExit('imported')\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, whose packages end the program when they are imported."""
    names = ("sg_pkg/__init__.py", "sg_pkg/inner.py", "sg_pkg/sub/__init__.py", "sg_pkg/sub/deep.py", "sg_space/part/mod.py", "sg_mod.py")
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK)
    for name, text in (("sg_path", "__path__.append('x')"), ("sg_late", "import sys; sys.modules['sg_late.moves'] = sys"), ("sg_own", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text + "\n" + MARK)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


FOUND = (
    *("sg_pkg", "sg_pkg.inner", "sg_pkg.sub", "sg_pkg.sub.deep", "sg_space", "sg_space.part", "sg_space.part.mod", "sg_mod"),
    *("sg_path.nosuch", "sg_late.moves", "os.path", "sys", "json.tool", "xml.dom.minidom", "torch.nn.functional", "wsgiref"),
)
MISSING = (
    *("nosuch", "nosuch.inner", "sg_pkg.nosuch", "sg_pkg.inner.x", "sg_pkg.sub.nosuch", "sg_space.nosuch", "sg_space.part.mod.x"),
    *("sg_own.x", "", ".", ".sg_pkg", "sg_pkg.", "sg-pkg", "sg_pkg/inner", "sg_mod.x", "json.nosuch", "x\0y"),
)


@pytest.mark.parametrize("name", FOUND)
def test_what_there_is(here: Path, name: str) -> None:
    before = set(sys.modules)
    assert not_found([name]) == []
    assert set(sys.modules) == before


@pytest.mark.parametrize("name", MISSING)
def test_what_there_is_not(here: Path, name: str) -> None:
    before = set(sys.modules)
    assert not_found([name, "sg_pkg"]) == [name]
    assert set(sys.modules) == before


def test_install_warns_at_once(here: Path) -> None:
    with pytest.warns(UserWarning, match=r'no package "sg_pkg\\x1b\[31m" can be found, so nothing of it will be guarded') as told:
        install("sg_pkg\x1b[31m").uninstall()
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with install(["sg_pkg", "sg_space.part"]):
            assert not_found(["sg_pkg.inner", "nosuch"]) == ["nosuch"]  # our own finder is not asked


def test_a_finder_that_fails_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(importlib.abc.MetaPathFinder):
        def find_spec(self, *_: object) -> None:
            raise ZeroDivisionError

    monkeypatch.setattr(sys, "meta_path", [Failing(), *sys.meta_path])
    assert not_found(["nosuch"]) == []
    monkeypatch.setitem(sys.modules, "sg_none", None)
    assert not_found(["sg_none"]) == ["sg_none"]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "1")])
def test_pytest_refuses_what_there_is_not(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "flat.py").touch()  # is found only once the tests below are collected
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "tests/test_it.py").write_text("def test(): pass\n")
    (tmp_path / "tests/lib").mkdir()
    (tmp_path / "tests/lib/late.py").touch()
    (tmp_path / "tests/conftest.py").write_text(f"import sys; sys.path.append({str(tmp_path / 'tests/lib')!r})\n")
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-p", "shapeguard.pytest_plugin", *workers]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for told, code in (("flat,late", 0), ("flat,nosuch,no\x1bsuch", 4)):
        done = subprocess.run([*command, f"--shapeguard={told}"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert ("ERROR: --shapeguard: there is no package nosuch, no\\x1bsuch" in said) == (code == 4)
        assert ("1 passed" in said) == (code == 0)
        assert "\x1b" not in said
