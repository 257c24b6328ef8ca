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
Reduction: TypeAlias = Literal["mean", "sum", "none", "batchmean", ""]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arg(Generic[T]):
    """An option of a loss: its value, and whether it was written (`ignore_index=-100`) or left to its default.

    `value` is what it is, as the field of the loss says; `given` is True where it was written, and `site` where (None where it was not).
    """

    value: T
    given: bool = False
    site: Site | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class LossCall:
    """One loss in one calling context: everything that a rule may ask."""

    uid: int
    """A number that no other loss of this run has.

    >>> padded.uid != masked.uid
    True
    """
    spelling: str
    """How it is written: `F.cross_entropy`, `nn.NLLLoss`, `model(labels=)`, `masked_cross_entropy`, `F.kl_div`, the name of a function that
    the configuration lists under `losses`; or what was written by hand: `gather`, `log_probs[ids]`, `logsumexp - gather`, `p * log_probs`.

    >>> padded.spelling, masked.spelling
    ('F.cross_entropy', 'nn.CrossEntropyLoss')
    """
    family: Literal["cross_entropy", "nll", "model", "masked", "gather", "soft"]
    """What it does, however it is spelled: `cross_entropy` and `nll` read axis 1 as the classes, `masked` the last one; `model` is a model
    that makes its own loss of `labels`; `gather` picks log-probabilities by hand, and `soft` weighs them with a distribution, as
    KL divergence does.

    >>> weighted.family
    'cross_entropy'
    """
    site: Site
    """Where the loss is computed: the call itself.

    >>> padded.site.place.row
    16
    """
    calls: tuple[Site, ...]
    """The calls through which it was reached, outermost first; empty where it was reached without one.

    >>> [call.place.row for call in weighted.calls]
    [25]
    """
    logits: Tensor
    """The scores, as the loss is given them: what is known of the tensor. `scale` says whether they are logits, or what else.

    >>> str(padded.logits.shape), padded.logits.scale
    ('(B, 20, T-1)', 'logits')
    """
    targets: Tensor
    """The labels, as the loss is given them: what pads them stands in `fills`, what was rewritten in `swaps`.

    >>> str(padded.targets.shape), [str(fill.id) for fill in padded.targets.fills]
    ('(B, T-1)', ['0'])
    """
    logits_step: Step | None
    """The last thing that was done to the scores; None where their history is not known.

    >>> padded.logits_step.op
    'transpose'
    """
    targets_step: Step | None
    """The last thing that was done to the labels; None where their history is not known.

    >>> padded.targets_step.text
    'takes 1: of T -> (B, T-1)'
    """
    reduction: Arg[Reduction]
    """Its value is "mean", "sum" or "none", of a divergence also "batchmean", and "" where that is not known.

    >>> padded.reduction.value, padded.reduction.given, masked.reduction.value
    ('mean', False, 'none')
    """
    ignore_index: Arg[Dim | None]
    """Its value is the id that is left out, as a Dim: the default is -100. None where it is not known.

    >>> str(padded.ignore_index.value), padded.ignore_index.given, str(masked.ignore_index.value)
    ('-100', False, '-1')
    """
    weight: Arg[object]
    """Its value is the tensor of class weights; None where there are none, UNKNOWN where they are not known. See `zero_weights`.

    >>> padded.weight.value is None, str(weighted.weight.value.shape)
    (True, '(20,)')
    """
    label_smoothing: Arg[object]
    """Its value is a float; something else where it is not known.

    >>> padded.label_smoothing.value
    0.0
    """
    zero_weights: tuple[Dim, ...] = ()
    """The class ids whose weight is 0: what has them as a label does not count.

    >>> [str(id) for id in weighted.zero_weights]
    ['0']
    """
    mask: Mask | None = None
    """What selects the positions that count: the mask of `masked_cross_entropy`, or a boolean one that the labels were indexed with.
    None where there is none; a mask that is multiplied later stands in `after`, and `masks_of` gives all.

    >>> masked.mask is None, selected.mask.keeps
    (True, 'others')
    """
    unused_masks: tuple[Mask, ...] = ()
    """Masks that were made of these labels in the same function, and that nothing reads.

    >>> [str(mask.id) for mask in unflattened.unused_masks]
    ['0']
    """
    stored_ignore: tuple[Step, ...] = ()
    """An ignored or padding id that was stored on the object of the loss, and never passed.

    >>> padded.stored_ignore
    ()
    """
    after: tuple[tuple[After, ...], ...] = ()
    """What became of the result: for each way that it went, the things done to it in order. One of `unknown` stands in it where it went
    more ways than are followed.

    >>> [[done.op for done in way] for way in masked.after]
    [['times', 'sum', 'div', 'backward']]
    """
    step: Step | None = None
    """The loss call as a step, for `because` of a Report; None only for a loss made by hand in a test.

    >>> padded.step.text
    'F.cross_entropy'
    """
    causal: bool | None = None
    """Whether the model that made the scores sees only what stands before; None where that is not known: notes of the scores may tell.

    >>> padded.causal, selected.causal
    (True, None)
    """
    scored: tuple[Dim, ...] = ()
    """The ids of ends that are left out here, and that another loss on the same labels does score.

    >>> padded.scored
    ()
    """
    looped: bool = False
    """Whether it is called once a row in a Python loop over rows.

    >>> padded.looped
    False
    """
    doubted: bool = False
    """Whether what is called may be something else, and the code around may know it: nothing that is found at it is sure.

    >>> padded.doubted
    False
    """
    end_ids: tuple[tuple[Dim, Step], ...] = ()
    """The ids that are known to end sequences in these labels, each with where that is seen: `tokenizer.eos_token_id` of the tokenizer that
    made them. `ends_of` has those too that were seen to be put there.

    >>> padded.end_ids
    ()
    """
    real_ids: tuple[tuple[Dim, Step], ...] = ()
    """The ids that are known to be classes of their own in these labels, each with where that is seen: the tag O, the 0 of two classes.

    >>> padded.real_ids
    ()
    """
    classes: Dim | None = None
    """The size of the class axis, None where it is not known.

    >>> str(padded.classes)
    '20'
    """
    contradicted: Step | None = None
    """The annotation that an argument contradicts, of this loss or of a call that leads to it; None where none does.

    >>> padded.contradicted is None
    True
    """
    unchecked: Step | None = None
    """The function that holds the loss, where it has jaxtyping annotations that nothing checks; None elsewhere.

    >>> padded.unchecked is None
    True
    """
    made: Step | None = None
    """Where the criterion was made that is called here, and given its options; None for a call of a function.

    >>> padded.made is None, masked.made.site.place.row
    (True, 13)
    """
    led: tuple[Step, ...] = ()
    """What it rests on besides its tensors: functions that were entered for it, constants in its options.

    >>> type(padded.led)
    <class 'tuple'>
    """
    takes: Literal["logits", "log_probs", "probs"] = "logits"
    """What the scores are to be for the number to be a cross entropy: `log(gather)` takes probabilities, `F.nll_loss` their logarithms.

    >>> padded.takes
    'logits'
    """
    discarded: bool = False
    """Whether its value is never read, and that is proven.

    >>> padded.discarded
    False
    """
    tried: bool = False
    """Whether it was only tried out: `model(x, x)` on ids that were drawn at random or counted up, in a run that trains nothing.

    >>> padded.tried
    False
    """
