"""The pages of `shapeguard rule`: why a rule is there, a program that breaks it, one that does not, and what torch says to both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from textwrap import indent

from shapeguard.config import ConfigError, suggestion
from shapeguard.lint.registry import own_folder
from shapeguard.lint.select import TOOL_RULES, ToolRule
from shapeguard.rule import Claim, NotFinite, Raises, Rule, SameNumber, WrongNumber

RECORDED = "_recorded.json"  # beside the rules: what torch said to each example, written by a test and compared by it


def table(rules: Iterable[Rule]) -> Iterator[str]:
    """Every rule on a line."""
    rows = [
        *((t.code, t.name, "on", first_sentence(t.why)) for t in TOOL_RULES),
        *((r.code, r.name, r.level, first_sentence(r.why)) for r in rules),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, why in rows:
        yield "  ".join([*(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)), why])


def search(word: str, rules: Iterable[Rule]) -> Rule | ToolRule | None:
    """The rule of a code or a name; None where there is none."""
    known: list[Rule | ToolRule] = [*TOOL_RULES, *rules]
    return next((rule for rule in known if word.upper() == rule.code or word.lower() == rule.name), None)


def find(word: str, rules: Iterable[Rule]) -> Rule | ToolRule:
    """The rule of a code or a name; raises ConfigError where there is none."""
    rules = list(rules)
    found = search(word, rules)
    if found is None:
        known: list[Rule | ToolRule] = [*TOOL_RULES, *rules]
        words = [w for r in known for w in (r.code, r.name)]
        raise ConfigError(f'there is no rule "{word}"{suggestion(word, words)}')
    return found


def page(rule: Rule | ToolRule) -> Iterator[str]:
    """All that is to say about a rule."""
    if isinstance(rule, ToolRule):
        yield f"{rule.code} {rule.name}"
        yield ""
        yield rule.why
        return
    yield f"{rule.code} {rule.name}" + (" (opt-in: --select it)" if rule.level == "opt-in" else "")
    yield ""
    yield rule.why.strip()
    recorded = recordings().get(rule.code, ())
    for n, example in enumerate(rule.examples):
        said = recorded[n] if n < len(recorded) else None
        yield ""
        yield "Wrong:"
        yield ""
        yield indent(example.bad.strip(), "    ")
        yield ""
        yield f"torch says: {said}" if said else "Under torch it " + ", and ".join(_claim(c) for c in example.claims) + "."
        yield ""
        yield "Right:"
        yield ""
        yield indent(example.good.strip(), "    ")


@cache
def recordings() -> dict[str, list[str]]:
    """What torch said to the wrong example of each rule, when that was last recorded."""
    file = own_folder() / RECORDED
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def first_sentence(text: str) -> str:
    """The first sentence."""
    line = " ".join(text.strip().split("\n\n")[0].split())
    return line.split(". ")[0].rstrip(".")


def _claim(claim: Claim) -> str:
    match claim:
        case Raises(exception=name, match=text):
            return f"raises {name}" + (f" with /{text}/" if text else "")
        case WrongNumber(by=by):
            return f"gives a number that is wrong by more than {by:g} of the right one"
        case SameNumber():
            return "gives the right number"
        case NotFinite():
            return "gives a loss or a gradient that is not finite"
    return f"gives {claim.input}[{claim.at}] no gradient at all"
