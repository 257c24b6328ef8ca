"""What is known of a tensor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shapeguard.analysis.facts.carried import how
from shapeguard.analysis.facts.contents import Count, End, Fill, Mask, Note, NoteKind, Origin, Padding, Real, Swap, Within, padding
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh_pack
from shapeguard.analysis.facts.steps import Step
from shapeguard.analysis.facts.uses import Uses

Scale: TypeAlias = Literal["", "logits", "log_probs", "probs", "sigmoid", "ids", "mask", "loss", "one_hot", "embedding"]
Dtype: TypeAlias = Literal["", "float", "half", "double", "int64", "int32", "int", "uint8", "bool"]


Spread: TypeAlias = Axis | Literal["last"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a cross entropy that is written by hand is put together from.

    picked     the entries of `scores` at `ids`
    logsumexp  that of `scores` over the classes
    scores     minus `scores`
    one-hot    rows with their mass at `ids`, also smoothed ones
    others     one minus such rows
    flat       one number everywhere
    """

    kind: Literal["picked", "logsumexp", "scores", "one-hot", "others", "flat"]
    scores: Tensor | None = None
    ids: Tensor | None = None
    name: str = ""  # how it was picked
    minus: bool = False  # the entries are negated


@dataclass(frozen=True, slots=True)
class Tensor:
    """A torch tensor or a NumPy array.

    `shape` holds its axes, and `scale` says what its numbers are; `dtype` is "" where it is not known. `fills` is the padding that was
    written into it, `swaps` what was rewritten in it, `notes` what else happened to it. `mask` is which mask it is, and `losses` which
    losses it is made of: None where it is no mask, and made of none. `step` is the last thing that was done to it, None where that is
    not known.
    """

    shape: Shape = field(metadata=how("shape", "caller"))
    array: bool = field(default=False, metadata=how("and", "first"))  # NumPy
    dtype: Dtype = field(default="", metadata=how("same", "same"))
    scale: Scale = field(default="", metadata=how("same", "same", entries=True))
    # the axis that a (log_)softmax normalised over, where known
    norm: Axis | None = field(default=None, metadata=how("same", "same", entries=True))
    contiguous: bool | None = field(default=True, metadata=how("caller"))  # None: not known
    # where it is not contiguous: -n says that no view can merge axes -n-1 and -n
    breaks: tuple[int, ...] = field(default=(), metadata=how("same"))
    fills: tuple[Fill, ...] = field(default=(), metadata=how("union", "union", entries=True))
    swaps: tuple[Swap, ...] = field(default=(), metadata=how("swaps", "union", entries=True))
    unpadded: bool = field(default=False, metadata=how("and", "and", entries=True))  # made in a way that cannot hold padding
    origin: Origin | None = field(default=None, metadata=how("same", "same", entries=True))  # of ids (and of masks, lengths made from them)
    # the ids that made these activations, innermost module input last
    fed: tuple[Origin, ...] = field(default=(), metadata=how("in both", "union"))
    mask: Mask | None = field(default=None, metadata=how("mask", "same", entries=True))
    within: Within | None = field(default=None, metadata=how("same", entries=True))  # 0 wherever a mask is false, by a product
    count: Count | None = field(default=None, metadata=how("same", entries=True))  # a scalar that counts something
    # of every entry, where one (zeros, full, a 0-d tensor)
    value: Dim | None = field(default=None, metadata=how("same", "same number", entries=True))
    low: Dim | None = field(default=None, metadata=how("lowest", "lowest", entries=True))  # ids may be as small as this
    # ids are smaller than this (Linear, randint, vocabulary)
    high: Dim | None = field(default=None, metadata=how("highest", "highest", entries=True))
    zeroed: tuple[Dim, ...] = field(default=(), metadata=how("in both", entries=True))  # of class weights: the entries that were set to 0
    losses: Uses | None = field(default=None, metadata=how("losses", "losses"))
    # of losses that are written out over the classes, and not yet added up over them: that axis
    spread: Spread | None = field(default=None, metadata=how("same", "same"))
    part: Part | None = field(default=None, metadata=how("same", entries=True))  # of a cross entropy that is written by hand
    fed_fills: tuple[Fill, ...] = field(default=(), metadata=how("in both", "union"))  # the padding of the ids that made these activations
    notes: tuple[Note, ...] = field(default=(), metadata=how("in both", "union"))
    ends: tuple[End, ...] = field(default=(), metadata=how("in both", "same", entries=True))  # ids that end every sequence in it
    # ids that are known to be classes of what it holds
    real: tuple[Real, ...] = field(default=(), metadata=how("in both", "union", entries=True))
    picked: int = field(default=0, metadata=how("fewest"))  # by the indices of how many Python loops this one entry was picked
    rest: object = field(default=None, metadata=how("default"))  # what writes have left of its first content: ops/tensors/covered.py
    step: Step | None = field(default=None, compare=False, metadata=how("step", "caller"))

    @property
    def padding(self) -> Padding:
        """Whether padding was seen in it, or there can be none."""
        return padding(self.fills, self.unpadded)

    def note(self, kind: NoteKind) -> Note | None:
        """The first note of a kind."""
        return next((n for n in self.notes if n.kind == kind), None)


def unknown_tensor(name: str = "x", **facts: Any) -> Tensor:
    """A tensor about whose shape nothing is known."""
    return Tensor(Shape((fresh_pack(name),)), contiguous=None, **facts)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A cross entropy that is put together by hand, once it is: what is scored on what, and what the scores are to be.

    `gather` picks the scores of ids, `soft` weighs them with a distribution; `negated` says that the result is above zero already, and
    `spread` over which axis it has yet to be added up.
    """

    spelling: str
    family: Literal["gather", "soft"]
    scores: Tensor
    targets: Tensor
    takes: Literal["logits", "log_probs", "probs"]
    negated: bool = False
    spread: Spread | None = None
