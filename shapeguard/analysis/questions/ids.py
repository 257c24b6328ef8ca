"""Whether two ids are the same."""

from __future__ import annotations

from shapeguard.analysis.facts.arith import is_positive, stands_for_many
from shapeguard.analysis.facts.shapes import Dim, Same

VOCABULARY = frozenset({"pad", "bos", "eos", "unk", "mask", "sep", "cls"})  # roles of ids, which are never negative


def same_id(a: Dim | None, b: Dim | None) -> Same:
    """Whether two ids are the same; an id of a vocabulary is never negative.
    MAYBE where one of them is None, or a symbol that may be any number.

    >>> same_id(Dim.of(0), Dim.of(0)).name, same_id(Dim.of(0), Dim.of(1)).name, same_id(Dim.of(0), None).name
    ('YES', 'NO', 'MAYBE')
    """
    if a is None or b is None or stands_for_many(a) or stands_for_many(b):
        return Same.MAYBE
    for x, y in ((a, b), (b, a)):
        if x.const is not None and x.const < 0 and y.sym is not None and y.sym.role in VOCABULARY:
            return Same.NO
    found = a.same(b)
    return Same.NO if found is Same.MAYBE and (is_positive(a - b) or is_positive(b - a)) else found
