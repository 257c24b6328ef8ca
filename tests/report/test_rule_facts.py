"""The page for rule authors: all that a rule may use is documented where it stands, and each example is what the linter says."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from shapeguard import rule
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse
from shapeguard.report import rule_facts
from shapeguard.report.rule_facts import HEAD, PROGRAMS, facts, field_texts, parts, questions
from shapeguard.rule import LossCall
from tests.command import Run

FIELDS = field_texts(LossCall)
QUESTIONS = {function.__name__: function for found in questions().values() for function in found}


def loss_of(source: str) -> LossCall:
    (loss,) = analyse(Project("/nonexistent", lambda _: (HEAD + "\n\n" + source).encode()), ["/nonexistent/program.py"]).losses
    return loss


@pytest.fixture(scope="module")
def losses() -> dict[str, Any]:
    """The loss of each program, beside the names of a rule."""
    return {name: getattr(rule, name) for name in rule.__all__} | {name: loss_of(source.strip()) for name, source in PROGRAMS.items()}


def examples_hold(text: str, name: str, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    assert test.examples, f"{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", LossCall.__annotations__)
def test_every_field_of_a_loss_is_documented(name: str, losses: dict[str, Any]) -> None:
    text, kind = FIELDS[name], str(LossCall.__annotations__[name])
    assert ("None" in text) >= ("None" in kind), "when is it None?"
    assert f".{name}" in text, "an example of it"
    examples_hold(text, name, losses)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_documented(name: str, losses: dict[str, Any]) -> None:
    function: Callable[..., Any] = QUESTIONS[name]
    text = inspect.getdoc(function) or ""
    assert ("None" in text) >= ("None" in str(inspect.signature(function).return_annotation)), "when is it None?"
    assert f"{name}(" in text, "an example of it"
    examples_hold(text, name, losses)


@pytest.mark.parametrize("cls", [*facts(), *parts()], ids=lambda cls: cls.__name__)
def test_every_fact_says_what_its_fields_are(cls: type) -> None:
    own = inspect.getdoc(cls) or ""
    silent = [name for name, text in field_texts(cls).items() if not text and f"`{name}`" not in own]
    assert own and silent == []
    members = [v.fget if isinstance(v, property) else v for n, v in vars(cls).items() if not n.startswith("_")]
    assert all(inspect.getdoc(m) for m in members if inspect.isfunction(m))


def test_the_page_has_all_of_it(run: Run) -> None:
    done = run("rule", "--facts")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for name in (*FIELDS, *rule_facts.words()):
        assert any(line.strip().startswith((f"{name}: ", f"{name} is one of")) for line in lines), name
    for name in rule.__all__:
        thing = getattr(rule, name)
        shown = (f"{name}(", f"{name}: ")
        assert any(line.startswith(shown) for line in lines) or not (inspect.isclass(thing) or inspect.isfunction(thing)), name
    assert all(f"{name}:" in lines for name in PROGRAMS)
    assert '    "int-mask-index",  # indexed by an integer mask (SG208)' in lines
    assert max(map(len, lines)) <= 200


def test_it_is_a_page_of_its_own(run: Run) -> None:
    assert [run("rule", "--facts", *more).code for more in (("SG201",), ("--prove",), ("--new", "LOC001", "x"))] == [2, 2, 2]


def test_it_needs_no_torch() -> None:
    program = "import sys; sys.modules['torch'] = sys.modules['jaxtyping'] = None\nfrom shapeguard.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", program, "rule", "--facts"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "padded.logits" in done.stdout, done.stderr


def test_a_field_that_says_nothing_is_seen() -> None:
    class Sample:
        told: int
        """What it is."""
        noted: int = 3  # what it is, too
        silent: int = 4
        # and this
        # is
        above: int = 5

    assert field_texts(Sample) == {"told": "What it is.", "noted": "what it is, too", "silent": "", "above": "and this is"}
