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


def joined(parts: Iterable[Value]) -> Const | None:
    """The text that parts make, where a special token is among them."""
    found: dict[Token, Const] = {}
    for part in parts:
        if isinstance(part, Const):
            found.update(dict.fromkeys(tokens_in(part), part))
    return Const(Text(tuple(found)), step=next((p.step for p in found.values() if p.step is not None), None)) if found else None


def written(op: str, a: Value, b: Value) -> Const | None:
    """`text + token`, `"%s%s" % (text, token)`."""
    parts = (b.items or ()) if op == "%" and isinstance(b, Seq) else (a, b)
    return joined(parts) if op in ("+", "%") else None


def tokens_in(value: Value) -> tuple[Token, ...]:
    """The special tokens that are known to stand in a text."""
    held = value.value if isinstance(value, Const) else None
    return held.tokens if isinstance(held, Text) else (held,) if isinstance(held, Token) else ()
