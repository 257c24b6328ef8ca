"""What is known of the entries of a tensor or list: padding, rewritten ids, ends, classes, where they come from, masks, counts, notes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from shapeguard.analysis.facts.shapes import ZERO, Dim
from shapeguard.analysis.facts.steps import Step


@dataclass(frozen=True, slots=True)
class Fill:
    """Padding that was written into ids: which value, by which step.

    `step` wrote it. `lengths` is where the lengths of the rows were written down beside them, None where that was not seen.
    """

    id: Dim | None  # None: padding with a value that is not known
    step: Step = field(compare=False)
    where: str = "after"  # after | before | unknown
    token: str | None = None  # the string that was written, where it is yet to become an id
    open: bool = False  # as long as something that is no difference to another length: only where the row ends is it padding
    lengths: Step | None = field(default=None, compare=False)


Padding: TypeAlias = Literal["unknown", "none", "seen"]


def padding(fills: tuple[Fill, ...], unpadded: bool) -> Padding:
    """Whether padding was seen, or there can be none."""
    return "seen" if fills else "none" if unpadded else "unknown"


@dataclass(frozen=True, slots=True)
class Swap:
    """Positions rewritten: `labels[labels == by] = new`, masked_fill, where. `by` None: by a mask that is no id comparison.

    They hold `new` now (None where that is not known); `step` rewrote them, and `mask` says which, where that is known.
    """

    by: Dim | None
    new: Dim | None
    step: Step = field(compare=False)
    mask: Mask | None = None
    partly: bool = False  # on some of the ways that lead here: another branch, or an earlier pass of a loop, left them as they were


@dataclass(frozen=True, slots=True)
class End:
    """An id that was put behind every sequence, such as `ids + [EOS]`."""

    id: Dim
    step: Step | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Real:
    """An id that is known to be a class or token of its own, such as the tag O or the digit 0."""

    id: Dim
    step: Step | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which ids these are, and at which of their time positions these begin: `y[:, 1:]` is Origin(y, 1).

    `start` is 0 for the whole of them.
    """

    source: int  # uid of the tensor or list that was cut
    start: Dim = ZERO


@dataclass(frozen=True, slots=True)
class Mask:
    """A boolean (or 0/1) selection of positions.

    kind   id: `x != id`, kept where not equal (keeps="others") or equal (keeps="id")
           lengths: `arange(T) < lengths` (keeps="real"), `>=` (keeps="pad"), `<=` (keeps="one too many")
           attention: a tokenizer's attention_mask (keeps="real"), a key_padding_mask made as such (keeps="pad")
           threshold: ids that are at least as large as `id` (keeps="from") or smaller (keeps="below"), or a comparison of floats
           random: drawn, as for masked language models: some positions (keeps="some") or the rest of them (keeps="rest"). Where `id` is
           None the ids were not looked at, and some of the padding is among both; else none of the drawn positions holds `id`
           given: an argument or unknown; keeps="unknown"

    `kind` says how it was made, and `keeps` what is True in it; `step` made it.
    """

    kind: Literal["id", "lengths", "attention", "threshold", "random", "given", "causal"]
    keeps: Literal["others", "id", "real", "pad", "one too many", "from", "below", "some", "rest", "unknown"]
    id: Dim | None = None  # of kind id, threshold and random
    of: Origin | None = None  # the ids (kind id) or the source that it was made from
    uid: int = field(default=0, compare=False)  # of this construction, to know whether it was used
    step: Step | None = field(default=None, compare=False)
    others: bool = False  # made from other ids than those that it was used on
    rows: tuple[Origin, ...] = field(default=(), compare=False)  # of kind lengths, marked row by row: the ids of each row so far
    also: tuple[Dim | None, ...] = ()  # `(x != id) & (x != another)`: the further ids, None for one that is not known

    @property
    def ids(self) -> tuple[Dim | None, ...]:
        """Every id that it tells from the rest."""
        return (self.id, *self.also)

    def inverted(self) -> Mask:
        """`~mask`."""
        flip: dict[str, Any] = {"others": "id", "id": "others", "real": "pad", "pad": "real", "from": "below", "below": "from"}
        flip |= {"some": "rest", "rest": "some"}
        return replace(self, keeps=flip.get(self.keeps, "unknown"))


@dataclass(frozen=True, slots=True)
class Within:
    """Entries that are 0 wherever a mask is false: what is left of a tensor that was multiplied by it, or a number times the mask.

    `value` is that number, and None where they are the entries of `whole`: the tensor before it was multiplied.
    """

    mask: Mask
    value: Dim | None = None
    whole: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Count:
    """What a number counts: tokens kept by a mask, all positions, rows of the batch, batches, steps of time, classes.

    `kind` says which of these; `mask` is that of kind mask, where it is known.
    """

    kind: Literal["mask", "numel", "batch", "batches", "time", "lengths", "class", "unknown"]
    mask: Mask | None = None


NoteKind: TypeAlias = Literal[
    "mixed-axes",  # view/reshape regrouped axes out of order (SG103)
    "misread-batch",  # a torch module read batch as time or time as batch: batch_first (SG104)
    "view-noncontiguous",  # .view on a tensor that is not contiguous (SG107)
    "shift-after-flatten",  # sliced by a constant along an axis into which several were flattened (SG502)
    "masked-logits",  # multiplied by a mask (SG207)
    "zeroed",  # log-probabilities, or chances of a draw, that are 0 where a mask says so: what is picked there costs nothing
    "int-mask-index",  # indexed by an integer mask (SG208)
    "softmax-axis",  # (log_)softmax over an axis that is not the class axis (SG403)
    "softmax-twice",  # softmax of what a softmax or sigmoid has made already (SG401)
    "implicit-softmax-dim",  # softmax/log_softmax/LogSoftmax/Softmax without dim (SG403)
    "half-rows",  # rows picked by a mask or filter (any reason)
    "python-filter",  # rows picked one by one in Python (SG601)
    "causal",  # attention under a causal mask, or a unidirectional recurrence: output t sees inputs <= t
    "bidirectional",  # output t sees later inputs too
    "pairs",  # scores of each position of a sequence for each of its own; `mask` hides some
    "pairs-across",  # scores of each position for each of another sequence
    "triangle",  # made of a triangle: a mask that hides later positions
    "mixed-time",  # output t sees other inputs, which ones is not known (attention under an unknown mask, a convolution)
    "shifts-inside",  # a library model that shifts labels itself
    "one-hot",  # one_hot made it (SG106)
    "packed",  # data of a PackedSequence
    "packed-whole",  # a PackedSequence where a tensor belongs (SG106)
    "rows-filtered",  # boolean-mask selection kept only some rows; `mask` says which
    "contradicted",  # a call handed it over against the annotation of a parameter (SG701)
]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to a tensor and stays true of it.

    `kind` says what, `step` where, and `mask` by which mask (None where there is none, or it is not known).
    """

    kind: NoteKind
    step: Step = field(compare=False)
    mask: Mask | None = None
