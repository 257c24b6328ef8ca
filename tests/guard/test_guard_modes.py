"""Where the guard's mode comes from: an argument, the environment, `configure`, pyproject.toml; and what is said of a wrong one."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jaxtyping import Float
from torch import Tensor, zeros

from shapeguard import ShapeError, guard
from shapeguard.config import ConfigError, load
from shapeguard.runtime import ShapeWarning, configure, modes


def strict(x: Float[Tensor, "B B"]) -> None: ...


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to stand in, and no mode from anywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHAPEGUARD", raising=False)
    modes.project.cache_clear()
    yield
    configure("")
    modes.project.cache_clear()


def say(text: str, folder: Path = Path()) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "pyproject.toml").write_text(text)


WORDS = {"argument": "off", "environment": "shapes", "configure": "values", "pyproject": "off"}
ANSWERS = {"argument": "warn", "environment": "raise", "configure": "breakpoint", "pyproject": "warn"}


@pytest.mark.parametrize("told", [t for n in range(5) for t in itertools.combinations(WORDS, n)], ids="+".join)
def test_the_first_that_says_something_counts(told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for words, default, attribute in ((WORDS, "values", "check"), (ANSWERS, "raise", "answer")):
        modes.project.cache_clear()
        say(f'[tool.shapeguard]\nguard = "{words["pyproject"] if "pyproject" in told else ""}"')
        configure(words["configure"] if "configure" in told else "")
        monkeypatch.setenv("SHAPEGUARD", words["environment"] if "environment" in told else "")
        mode = modes.current(words["argument"] if "argument" in told else None)
        assert getattr(mode, attribute) == (words[told[0]] if told else default)


def test_each_kind_of_word_is_asked_for_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    say('[tool.shapeguard]\nguard = "shapes, warn"')
    assert modes.current(None) == modes.Mode("shapes", "warn")
    assert modes.current("raise") == modes.Mode("shapes", "raise")
    monkeypatch.setenv("SHAPEGUARD", "values")
    assert modes.current(None) == modes.Mode("values", "warn")


def test_off_in_the_project() -> None:
    say('[tool.shapeguard]\nguard = "off"')
    assert guard(strict) is strict
    with pytest.raises(ShapeError):
        guard(strict, mode="shapes")(zeros(2, 3))


def test_warn_in_a_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say('[tool.shapeguard]\nselect = ["SG2"]\nguard = "Warn "')
    say("[project]\nname = 'other'", tmp_path / "a")
    say("[tool.other]\nwith = 'shapeguard'", tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "c").mkdir()
    monkeypatch.chdir(tmp_path / "a" / "b" / "c")
    with pytest.warns(ShapeWarning):
        guard(strict)(zeros(2, 3))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'shapeguard'",
        "[tool.shapeguard]",
        "[tool.shapeguard]\nguard = ''",
        "[tool.shapeguard]\nunknown = 3",  # the linter's to complain of
        "<<<<<<< HEAD\ndependencies = ['shapeguard-loss']",
        "dependencies = ['shapeguard-loss'] \xe9",
        "tool = 3 # shapeguard",
    ],
)
def test_a_project_that_says_nothing_of_the_guard(text: str) -> None:
    say("")
    Path("pyproject.toml").write_bytes(text.encode("latin-1"))
    assert modes.current(None) == modes.Mode("values", "raise")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[tool.shapeguard]\nselect = ["ALL"]\nguard = "shapes, warm"',
            "pyproject.toml:3: guard: 'warm' is none of off, shapes, values, raise, warn, breakpoint; did you mean \"warn\"?",
        ),
        ('[tool]\nshapeguard.guard = "value"', "pyproject.toml:2: guard: 'value' is none of .*; did you mean \"values\""),
        ("[tool.shapeguard]\n\nguard = false", 'pyproject.toml:3: guard must be words in one string, such as "shapes, warn", not False'),
        ('[tool.shapeguard]\nguard = ["shapes"]', "pyproject.toml:2: guard must be words in one string"),
        ('[tool.shapeguard]\nguard = "off', "pyproject.toml:2: is not valid TOML"),
        ("[tool]\nshapeguard = 3", r"pyproject.toml:2: \[tool.shapeguard\] must be a table"),
    ],
)
def test_a_wrong_mode_has_a_line(text: str, said: str) -> None:
    say(text)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^{said}"):
            guard(strict)
    with pytest.raises(ConfigError, match=f"^{said}"):
        load([])


def test_a_wrong_word_elsewhere_has_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^configure: 'shape' is none of .*; did you mean \"shapes\"\?$"):
        configure("shape")
    with pytest.raises(ValueError, match=r"^guard\(mode=\.\.\.\): 'raises' .*; did you mean \"raise\"\?$"):
        guard(strict, mode="raises")
    monkeypatch.setenv("SHAPEGUARD", "of")
    with pytest.raises(ValueError, match=r"^SHAPEGUARD in the environment: 'of' .*; did you mean \"off\"\?$"):
        guard(strict)


def test_the_linter_takes_the_key() -> None:
    say('[tool.shapeguard]\nguard = "values, raise"\nstrict = true')
    assert load([]).strict


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert modes.current(None) == modes.Mode()


READ = """
import builtins, pathlib, sys
opened = []
inner = pathlib.Path.is_file
pathlib.Path.is_file = lambda self: opened.append(self.name) or inner(self)
from shapeguard import guard, Logits
assert "pyproject.toml" not in opened and "tomllib" not in sys.modules
def f(x: Logits): ...
@guard
def g(x: Logits): ...
seen = opened.count("pyproject.toml")
@guard
def h(x: Logits): ...
assert g is not f and opened.count("pyproject.toml") == seen > 0 and "tomllib" not in sys.modules
"""


@pytest.mark.slow
def test_it_is_read_once_and_late(tmp_path: Path) -> None:
    say("[project]\nname = 'other'")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", READ], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
