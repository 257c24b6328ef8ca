"""What the names of special tokens say."""

from __future__ import annotations


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
