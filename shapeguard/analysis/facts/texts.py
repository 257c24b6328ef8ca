"""Texts of which is known only which special tokens were written into them: `question + answer + tokenizer.eos_token`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shapeguard.analysis.facts.values import Const, Seq, Value


@dataclass(frozen=True, slots=True)
class Token:
    """A special token whose text is not known, such as `tokenizer.eos_token`."""

    role: str
    owner: object


@dataclass(frozen=True, slots=True)
class Text:
    """A text that holds such tokens."""

    tokens: tuple[Token, ...]
    inside: tuple[Token, ...] = ()  # those that something stands before: what a text begins with ends nothing


def joined(parts: Iterable[Value]) -> Const | None:
    """The text that parts make, where a special token is among them."""
    found: dict[Token, Const] = {}
    inside: dict[Token, None] = {}
    begun = False
    for part in parts:
        if part == Const(""):
            continue
        if isinstance(part, Const):
            found.update(dict.fromkeys(tokens_in(part), part))
            inside.update(dict.fromkeys(tokens_in(part) if begun else part.value.inside if isinstance(part.value, Text) else ()))
        begun = True
    step = next((p.step for p in found.values() if p.step is not None), None)
    return Const(Text(tuple(found), tuple(inside)), step=step) if found else None


def written(op: str, a: Value, b: Value) -> Const | None:
    """`text + token`, `"%s%s" % (text, token)`."""
    values = (b.items or ()) if isinstance(b, Seq) else (b,)
    parts = values if op == "%" and _begins_with_a_value(a) else (a, *values) if op == "%" else (a, b)
    return joined(parts) if op in ("+", "%") else None


def filled_in(template: Value, values: Iterable[Value], named: Iterable[tuple[str, Value]]) -> Const | None:
    """`"{} {end}".format(text, end=token)`."""
    text, given = template.value if isinstance(template, Const) else "", (*values, *(v for _, v in named))
    first = next((v for k, v in named if isinstance(text, str) and text.startswith("{" + k + "}")), None)
    if first is None and not (isinstance(text, str) and text.startswith(("{}", "{0}"))):
        return joined((template, *given))
    return joined((first, *(v for v in given if v is not first)) if first is not None else given)


def _begins_with_a_value(template: Value) -> bool:
    return isinstance(template, Const) and isinstance(template.value, str) and template.value.startswith("%")


def tokens_in(value: Value) -> tuple[Token, ...]:
    """The special tokens that are known to stand in a text."""
    held = value.value if isinstance(value, Const) else None
    return held.tokens if isinstance(held, Text) else (held,) if isinstance(held, Token) else ()


def ends_in(value: Value) -> tuple[Token, ...]:
    """The special tokens of a text that may end something: all but what it begins with."""
    held = value.value if isinstance(value, Const) else None
    return held.inside if isinstance(held, Text) else tokens_in(value)
