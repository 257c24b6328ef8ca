"""What the names of special tokens say."""

from __future__ import annotations

from collections.abc import Sequence

_PADS = frozenset({"", "0", "P", "p", "_", "-", "#", "*"})  # what short programs pad their sentences with


def plain_words(words: Sequence[str]) -> bool:
    """Whether no word of a row that is written out looks like padding, and no word is repeated at its end."""
    again = len(words) > 1 and words[-1] == words[-2]
    return not again and not any(word in _PADS or role_of_token(word) == "pad" for word in words)


def plain_text(text: str) -> bool:
    """Whether the characters of a text that is written out do not end in padding."""
    return text[-1:] not in _PADS - {""} and (text[-2:] != text[-1:] * 2 or text[-1:].isalnum()) and plain_words(text.split()[-1:])


def plain_ids(ids: Sequence[int]) -> bool:
    """The same of ids: padding is one id at the end that stands nowhere else, more than once, or not above 0.

    >>> plain_ids([4, 0, 7]), plain_ids([4, 7, 0]), plain_ids([4, 7, 7])
    (True, False, False)
    """
    if not ids:
        return True
    last = ids[-1]
    run = next((i for i, n in enumerate(reversed(ids)) if n != last), len(ids))
    return last in ids[: len(ids) - run] or (run < 2 and last > 0) or run == len(ids)



def role_of_token(text: str) -> str:
    """What a special token is for, by how it is usually written."""
    bare = text.strip("<>[]|_ ").lower()
    for ending in ("_id", "_idx", "_index", "_token", "_symbol", "_value"):
        bare = bare.removesuffix(ending)
    bare = bare.removeprefix("endof")
    return {
        "pad": "pad", "padding": "pad", "blank": "pad", "bos": "bos", "sos": "bos", "s": "bos", "start": "bos", "go": "bos", "cls": "bos",
        "eos": "eos", "/s": "eos", "end": "eos", "text": "eos", "sep": "eos", "unk": "unk", "oov": "unk", "mask": "mask",
    }.get(bare, "")  # fmt: skip
