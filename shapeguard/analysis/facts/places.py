"""Which strings stand where in a list that is not known as a whole: `["<pad>", "<s>"] + words`."""

from __future__ import annotations

from shapeguard.analysis.facts.arith import length, stands_for_many
from shapeguard.analysis.facts.values import Const, Dim, Num, Places, Seq, Value

MANY = 64  # lists of more items are known by their element only
WRITTEN = 256  # but strings that are written out, such as an alphabet, up to so many


def is_text(value: Value) -> bool:
    """Whether a member is a known string, or one beside known numbers: an item of `enumerate(tokens)`."""
    if isinstance(value, Seq):
        parts = value.items if value.kind == "tuple" and value.items is not None else ()
        return all(isinstance(p, (Const, Num)) for p in parts) and any(is_text(p) for p in parts)
    return isinstance(value, Const) and isinstance(value.value, str)


def few_enough(items: tuple[Value, ...]) -> bool:
    """Whether so many items are each remembered."""
    return len(items) <= MANY or (len(items) <= WRITTEN and all(map(is_text, items)))


def places_of(seq: Seq) -> Places:
    """The known strings of a list, each with its place."""
    if seq.items is None:
        return seq.places
    return tuple((Dim.of(i), item) for i, item in enumerate(seq.items) if is_text(item))


def places_of_sum(a: Seq, b: Seq) -> Places:
    """Those of `a + b`."""
    before = None if stands_for_many(a.length) else length(a.length, a.unique)
    moved = tuple((None if at is None or before is None else before + at, item) for at, item in places_of(b))
    return (*places_of(a), *moved)[:MANY]


def common_places(a: Seq, b: Seq) -> Places:
    """Those that either of two lists has."""
    there = places_of(b)
    return tuple(one for one in places_of(a) if one in there)[:MANY]


def without_order(items: Places) -> Places:
    """The same strings in an order that is not known."""
    return tuple((None, item) for _, item in items)


def leading_strings(seq: Seq) -> tuple[Value, ...]:
    """The known strings that a list begins with."""
    found: list[Value] = []
    for at, item in places_of(seq):
        if at is None or at.const != len(found):
            break
        found.append(item)
    return tuple(found)


def string_at(seq: Seq, index: Dim) -> Value | None:
    """The string at a place."""
    return next((item for place, item in places_of(seq) if place == index), None)


def place_of(seq: Seq, text: str) -> Dim | None:
    """Where a string stands; None where it is not known, or may stand elsewhere too: a text may hold any character."""
    if len(text) == 1 and not seq.unique:
        return None
    return next((place for place, item in places_of(seq) if isinstance(item, Const) and item.value == text), None)
