"""A pyproject.toml that was written to do harm, or by mistake: one line with file and line, at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from shapeguard.config import ConfigError, read
from shapeguard.lint.select import Known, Selection
from tests.command import Run

BOMBS = {
    # Python itself refuses integers of more than 4,300 digits, with an error that is not tomllib's
    "digits": ("ignore-index = " + "1" * 5000, "2: a number has too many digits"),
    "digits between": ("strict = true\nx = -1" + "_1" * 400_000, "3: a number has too many digits"),
    "digits of 16": ("ignore-index = 0x" + "f" * 100_000, "2: ignore-index must be an integer of 64 bits, not a giant number"),
    "a giant flag": ("strict = 0x" + "f" * 100_000, "2: strict must be true or false, not a giant number"),
    "giants in a list": ("select = [0x" + "f" * 100_000 + "]", "2: select must be a list of strings, not a giant number"),
    "64 bits": ("ignore-index = 9223372036854775808", "2: ignore-index must be an integer of 64 bits, not 9223372036854775808"),
    # the time that tomllib takes for a key is the square of its parts, and of their length
    "a key": ("strict = true\n" + "a." * 200_000 + "a = 1", "3: a key has more than 100 parts"),
    "a quoted key": ("\"a\" . 'a'." * 20_000 + "a = 1", "2: a key has more than 100 parts"),
    "a table": ("[" + "a . " * 100_000 + "a]", "2: a key has more than 100 parts"),
    "tables": ("[[" + "a." * 100_000 + "a]]", "2: a key has more than 100 parts"),
    "a key inside": ("select = {" + "a." * 50_000 + "b = 1}", "2: a key has more than 100 parts"),
    "lists": ("select = " + "[" * 100_000, "1: is nested too deeply"),
    "tables in tables": ("select = " + "{a = " * 100_000, "1: is nested too deeply"),
    "lists that end": ("select = " + "[" * 60 + "]" * 60, "2: select must be a list of strings, not [[["),
    "a long name": ("k" * 500_000 + " = 1", '2: unknown key "kkk'),
    "a long mode": ('guard = "' + "k" * 500_000 + '"', "2: guard: 'kkk"),
    "a long folder": ('rules = ["' + "k" * 500_000 + '"]', '2: rules: there is no "kkk'),
    "a long loss": ('losses = ["' + "k" * 500_000 + ' "]', '2: losses: "kkk'),
    "too large": ("#" * (1 << 20), " cannot be read: larger than 1 MiB"),
}


def write(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.shapeguard]\n{text}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    text, said = BOMBS[kind]
    before = time.process_time()
    with pytest.raises(ConfigError) as error:
        read(write(tmp_path, text))
    assert time.process_time() - before < 20  # hours, or no end, without a look at it before
    assert str(error.value).startswith(f"pyproject.toml:{said}")
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_many_words(run: Run) -> None:
    """Time that grows with the square of what is written is no time that a reader has."""
    Path("a.py").touch()
    many = range(5_000)
    write(
        Path(),
        "select = [" + '"SG1", ' * 20_000 + "]\nlosses = [" + ", ".join(f'"a.b{n}"' for n in many) + "]\n"
        "[tool.shapeguard.per-file-ignores]\n" + "\n".join(f'"x{n}" = ["SG1"]' for n in many),
    )
    before = time.process_time()
    done = run("check")
    assert (done.code, done.err.count("\n")) == (0, 6)
    assert time.process_time() - before < 30


def test_they_are_bad_usage(run: Run) -> None:
    write(Path(), BOMBS["digits"][0])
    done = run("check")
    assert (done.code, done.out, done.err) == (2, "", "shapeguard: pyproject.toml:2: a number has too many digits\n")


VALUES = (
    *("1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "nan", "-inf", "1.0", "-1", "true", '""', "[]", "{}", "[{}]", "[[]]", "[1]"),
    '{a = ["b"]}',
)
TAKEN = {
    *(("select", "[]"), ("ignore", "[]"), ("exclude", "[]"), ("rules", "[]"), ("losses", "[]"), ("strict", "true"), ("ignore-index", "-1")),
    *(("guard", '""'), ("per-file-ignores", "{}"), ("per-file-ignores", '{a = ["b"]}')),
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "key", ["select", "ignore", "exclude", "per-file-ignores", "rules", "losses", "ignore-index", "strict", "output-format", "guard"]
)
def test_every_option_with_every_kind_of_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path, f"# a comment\n{key} = {value}")
    if (key, value) in TAKEN:
        assert read(file) is not None
    else:
        with pytest.raises(ConfigError) as error:
            read(file)
        assert str(error.value).startswith(f"pyproject.toml:3: {key}")
        assert str(error.value).count("\n") == 0


@pytest.mark.parametrize("pattern", ["!", "/", "a[", "b\\\\", "[[:foo:]]", "x" * 5000])
def test_patterns_that_match_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read(write(tmp_path, f'strict = false\nper-file-ignores."{pattern}" = ["SG101"]'))
    assert settings is not None
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:3: not a pattern: ") as error:
        Selection(settings, {"SG101": Known("SG101", "unflattened-logits")})
    assert len(str(error.value)) < 300
