"""The record of one loss that rules read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

from shapeguard.analysis.facts.contents import Mask
from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.steps import Site, Step
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.uses import After

# the record that rules read
Reduction: TypeAlias = Literal["mean", "sum", "none", ""]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arg(Generic[T]):
    """An option of a loss: its value, and whether it was written (`ignore_index=-100`) or left to its default."""

    value: T
    given: bool = False
    site: Site | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class LossCall:
    """One loss in one calling context: everything that a rule may ask."""

    uid: int
    spelling: str  # F.cross_entropy, nn.NLLLoss, model(labels=), masked_cross_entropy, gather, or a user's own name
    family: Literal["cross_entropy", "nll", "model", "masked", "gather"]
    site: Site  # the loss call itself
    calls: tuple[Site, ...]  # call sites through which it was reached, outermost first
    logits: Tensor
    targets: Tensor
    logits_step: Step | None
    targets_step: Step | None
    reduction: Arg[Reduction]  # "": not known
    ignore_index: Arg[Dim | None]  # None: not known; left out it is -100
    weight: Arg[object]  # None: no weight; a Tensor, or a value that is not known; see zero_weights
    label_smoothing: Arg[object]  # a float, or None: not known
    zero_weights: tuple[Dim, ...] = ()  # class ids whose weight is 0
    mask: Mask | None = None  # masked_cross_entropy's, or that of a boolean selection on the targets
    unused_masks: tuple[Mask, ...] = ()  # made for these targets in the same function, never read again
    stored_ignore: tuple[Step, ...] = ()  # an ignore_index / pad id stored on the object and never passed
    after: tuple[tuple[After, ...], ...] = ()  # maximal paths of what became of the result; one of "unknown" where there are too many
    step: Step | None = None  # the loss call as a step
    causal: bool | None = None  # whether the model that made the logits is known to see only the past
    scored: tuple[Dim, ...] = ()  # end ids of these targets that another loss does score
    looped: bool = False  # called once a token in a Python loop over rows
    doubted: bool = False  # what is called may be something else, and the code around may know it: no finding at it is sure
    end_ids: tuple[tuple[Dim, Step], ...] = ()  # ids known to end sequences in these targets
    real_ids: tuple[tuple[Dim, Step], ...] = ()  # ids known to be real classes of these targets (a tag set, 0 of binary labels)
    classes: Dim | None = None  # size of the class axis, where known
    contradicted: Step | None = None  # the annotation that an argument contradicts, of this loss or of a call that leads to it
    unchecked: Step | None = None  # the definition that holds the loss, where it has jaxtyping annotations that nothing checks
    made: Step | None = None  # where the criterion was made that was called, and given its options
    led: tuple[Step, ...] = ()  # what it rests on besides: functions that were entered for it, constants in its options
    discarded: bool = False  # its value is never read, and that is proven
