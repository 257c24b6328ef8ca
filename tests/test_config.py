"""[tool.shapeguard]: what it accepts, and what it says of what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapeguard.config import ConfigError, Settings, load, read
from shapeguard.lint.select import TOOL, Known, Selection, matcher

KNOWN = {k.code: k for k in (*TOOL, Known("SG101", "unflattened-logits"), Known("SG201", "unmasked-padding"), Known("SG302", "zero", True))}


def write(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def message(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(write(folder, text))
    return str(error.value)


@pytest.mark.parametrize("text", ["tool = 3 # shapeguard", "tool = [] # shapeguard", "[tool]\nx = 'shapeguard'"])
def test_none_of_ours(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000 + " # shapeguard", ":1: is nested too deeply"),
        ('[tool.shapeguard]\nlosses = [\n"a.b",\n"x y"]', ':4: losses: "x y" is not a dotted name'),
        ('[tool.shapeguard]\nlosses = [""]', ':2: losses: "" is not a dotted name'),
        ('[tool.shapeguard.per-file-ignores]\n"a/*" = "SG1"', ':2: per-file-ignores."a/*" must be a list of strings: ["SG1"]'),
    ],
)
def test_odd_values(tmp_path: Path, text: str, said: str) -> None:
    assert said in message(tmp_path, text)


@pytest.mark.parametrize("text", ['exclude = ["ok", "!"]', 'per-file-ignores."!" = ["ALL"]'])
def test_a_pattern_that_is_none_has_its_place(tmp_path: Path, text: str) -> None:
    settings = read(write(tmp_path, f"[tool.shapeguard]\nstrict = true\n{text}\n"))
    assert settings is not None
    with pytest.raises(ConfigError, match=r"pyproject\.toml:3: not a pattern"):
        if settings.exclude:
            matcher(settings.exclude, settings)
        else:
            Selection(settings, KNOWN).on("SG101", str(tmp_path / "a.py"))


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "lint").mkdir()
    settings = read(
        write(
            tmp_path,
            """
[project]
name = "x"

[tool.shapeguard]
select = ["SG1", "unmasked-padding"]
ignore = ["SG101"]
exclude = ["vendored/"]
rules = ["lint"]
losses = ["pkg.losses.seq_loss"]
ignore-index = 0
strict = true
output-format = "concise"

[tool.shapeguard.per-file-ignores]
"tests/*" = ["ALL"]
""",
        )
    )
    assert settings == Settings(
        select=("SG1", "unmasked-padding"),
        ignore=("SG101",),
        exclude=("vendored/",),
        per_file_ignores=(("tests/*", ("ALL",)),),
        rules=(str(tmp_path / "lint"),),
        losses=("pkg.losses.seq_loss",),
        ignore_index=0,
        strict=True,
        output_format="concise",
        root=tmp_path,
    )


@pytest.mark.parametrize(
    ("body", "row", "said"),
    [
        ('selekt = ["SG1"]', 4, 'unknown key "selekt" in [tool.shapeguard]; did you mean "select"?'),
        ("ignore_index = 0", 4, 'unknown key "ignore_index" in [tool.shapeguard]; did you mean "ignore-index"?'),
        ("colour = 1", 4, 'unknown key "colour" in [tool.shapeguard]'),
        ('select = "SG1"', 4, 'select must be a list of strings: ["SG1"]'),
        ("strict = 1", 4, "strict must be true or false, not 1"),
        ("\nignore-index = true", 5, "ignore-index must be an integer, not True"),
        ("output-format = 3", 4, "output-format must be the name of a format, in quotes, not 3"),
        ('rules = [\n  "here",\n]', 5, 'rules: there is no "here" in'),
        ("select = [1]", 4, "select must be a list of strings, not [1]"),
        ("per-file-ignores = []", 4, "per-file-ignores must be a table of patterns"),
        ('[tool.shapeguard.per-file-ignores]\n"a.py" = "SG1"', 5, 'per-file-ignores."a.py" must be a list of strings: ["SG1"]'),
    ],
)
def test_errors_have_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, row: int, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    text = message(tmp_path, f'[project]\nname = "x"\n[tool.shapeguard]\n{body}\n')
    assert text.startswith(f"pyproject.toml:{row}: ")
    assert said in text


def test_broken_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert message(tmp_path, "[tool.shapeguard]\nselect = [\n").startswith("pyproject.toml:")
    assert message(tmp_path, "[tool.shapeguard]\nselect = = 1\n").startswith("pyproject.toml:2: is not valid TOML")
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.shapeguard]\n# \xff\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml:2: is not UTF-8"):
        read(tmp_path / "pyproject.toml")
    assert message(tmp_path, "tool.shapeguard = 1\n") == "pyproject.toml:1: [tool.shapeguard] must be a table"


def test_a_project_without_a_word_about_us_is_passed_by(tmp_path: Path) -> None:
    assert read(write(tmp_path, "[project]\nname = 1\n")) is None
    assert read(write(tmp_path, "[tool.other]\nshapeguard = 1\n")) is None


def test_the_nearest_configuration_of_the_working_directory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path, "[tool.shapeguard]\nstrict = true\n")
    write(inner, "[project]\n")
    monkeypatch.chdir(inner)
    assert load(["."]).root == tmp_path


def test_else_that_of_the_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "src").mkdir(parents=True)
    elsewhere.mkdir()
    write(project, "[tool.shapeguard]\nignore-index = 7\n")
    (project / "src" / "a.py").write_text("")
    monkeypatch.chdir(elsewhere)
    assert load([str(project / "src" / "a.py")]).ignore_index == 7
    assert load(["-"]) == Settings()


def on(**told: tuple[str, ...]) -> set[str]:
    return set(Selection(Settings(**told), KNOWN).enabled)  # type: ignore[arg-type]


def test_selection() -> None:
    assert on() == {"SG001", "SG002", "SG101", "SG201"}
    assert on(select=("ALL",)) == set(KNOWN)
    assert on(select=("SG3",)) == {"SG001", "SG302"}
    assert on(select=("zero", "sg2")) == {"SG001", "SG201", "SG302"}
    assert on(ignore=("SG1",)) == {"SG001", "SG002", "SG201"}
    assert on(ignore=("unused-ignore", "SG001")) == {"SG101", "SG201"}
    assert on(select=("SG101",), ignore=("SG1",)) == {"SG001", "SG101"}
    assert on(select=("SG1",), ignore=("SG101",)) == {"SG001"}
    assert on(select=("ALL",), ignore=("SG101", "SG0")) == {"SG201", "SG302"}


@pytest.mark.parametrize(("word", "near"), [("SG999", ""), ("unmasked-pading", '; did you mean "unmasked-padding"?'), ("", "")])
def test_an_unknown_rule_is_an_error(word: str, near: str) -> None:
    with pytest.raises(ConfigError) as error:
        on(select=(word,))
    assert f'--select: there is no rule "{word}"{near}' in str(error.value)


def test_an_unknown_rule_in_a_file_has_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read(write(tmp_path, '[tool.shapeguard]\nstrict = false\nignore = ["SG777"]\n'))
    assert settings is not None
    with pytest.raises(ConfigError, match=r'^pyproject\.toml:3: there is no rule "SG777"'):
        Selection(settings, KNOWN)


def test_per_file_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(per_file_ignores=(("tests/*", ("SG1",)), ("*.ipynb", ("unmasked-padding",))), root=tmp_path)
    selection = Selection(settings, KNOWN)
    assert not selection.on("SG101", str(tmp_path / "tests" / "a.py"))
    assert selection.on("SG201", str(tmp_path / "tests" / "a.py"))
    assert selection.on("SG101", str(tmp_path / "a.py"))
    assert not selection.on("SG201", str(tmp_path / "deep" / "n.ipynb"))
