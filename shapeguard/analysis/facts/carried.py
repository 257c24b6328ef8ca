"""How a fact is carried along: where two ways meet, where parts become a whole, and where entries are changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

# How a fact is carried along; `join.join` and `ops.common.merged` and `changed` are made from it. "default": it is not carried,
# and is what it is of a value that was just made. "caller": what it is depends on other facts, and is written out there.
Joined: TypeAlias = Literal[  # where two ways meet, of which either may have been taken
    "caller", "default", "same", "and", "shape", "union", "in both", "swaps", "mask", "lowest", "highest", "fewest", "losses", "step",
]  # fmt: skip
Merged: TypeAlias = Literal["caller", "default", "first", "same", "same number", "and", "union", "lowest", "highest", "losses"]  # of parts


@dataclass(frozen=True, slots=True)
class Carried:
    """How one fact is carried along, as every field of a Tensor and of a Seq must say."""

    joined: Joined
    merged: Merged = "default"
    entries: bool = False  # it is about the entries: other entries have it no more, and a list without any has none of its own


def how(joined: Joined, merged: Merged = "default", *, entries: bool = False) -> dict[str, Carried]:
    """The metadata of a field: how the fact is carried along."""
    return {"carried": Carried(joined, merged, entries)}
