"""What the interpreter knows of a value, as plain frozen facts: tensors, ids, masks, criteria, containers, callables, losses."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from shapeguard.analysis.facts.shapes import ZERO, Axis, Dim, Pack, Shape, fresh_pack

_uids = itertools.count(1)


def uid() -> int:
    """A number that no other fact of this run has."""
    return next(_uids)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """Where in the source: a parsed module and one of its concrete nodes; `place` (path, rows, columns) is worked out when asked for.

    A rule asks for `place` alone: `module` and `node` are the parser's.
    """

    module: Any  # parse.Module; Any, because facts stand below the parser
    node: Any

    @property
    def place(self) -> Any:
        """The `parse.Place` of the node."""
        return self.module.span(self.node)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One link of a value's history; `text` is a margin note for people, such as `logits are (B, T, V)`.

    `site` is where it stands, `shape` what it gave (None where that is not known), and `parents` are the steps that led to it.
    """

    op: str  # the operation's short name: view, transpose, pad_sequence, cross_entropy, comment, annotation ...
    site: Site
    text: str
    shape: Shape | None = None
    sure: bool = True  # False where it rests on a name or a comment
    parents: tuple[Step, ...] = ()

    def history(self) -> tuple[Step, ...]:
        """This step and all that it rests on, oldest first, each once."""
        order: list[Step] = []
        done: set[int] = set()
        todo: list[tuple[Step, bool]] = [(self, False)]
        while todo:
            link, ready = todo.pop()
            if ready:
                order.append(link)
            elif id(link) not in done:
                done.add(id(link))
                todo.append((link, True))
                todo.extend((p, False) for p in reversed(link.parents))
        return tuple(order)


# facts that tensors (and lists on their way to tensors) carry


@dataclass(frozen=True, slots=True)
class Fill:
    """Padding that was written into ids: which value, by which step.

    `step` wrote it.
    """

    id: Dim | None  # None: padding with a value that is not known
    step: Step = field(compare=False)
    where: str = "after"  # after | before | unknown


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
           given: an argument or unknown; keeps="unknown"

    `kind` says how it was made, and `keeps` what is True in it; `step` made it.
    """

    kind: Literal["id", "lengths", "attention", "threshold", "given", "causal"]
    keeps: Literal["others", "id", "real", "pad", "one too many", "from", "below", "unknown"]
    id: Dim | None = None  # of kind id and threshold
    of: Origin | None = None  # the ids (kind id) or the source that it was made from
    uid: int = field(default=0, compare=False)  # of this construction, to know whether it was used
    step: Step | None = field(default=None, compare=False)
    others: bool = False  # made from other ids than those that it was used on

    def inverted(self) -> Mask:
        """`~mask`."""
        flip: dict[str, Any] = {"others": "id", "id": "others", "real": "pad", "pad": "real", "from": "below", "below": "from"}
        return replace(self, keeps=flip.get(self.keeps, "unknown"))


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
    "zeroed",  # log-probabilities that are 0 where a mask says so: what is picked there costs nothing
    "int-mask-index",  # indexed by an integer mask (SG208)
    "softmax-axis",  # (log_)softmax over an axis that is not the class axis (SG403)
    "implicit-softmax-dim",  # softmax/log_softmax/LogSoftmax/Softmax without dim (SG403)
    "half-rows",  # rows picked by a mask or filter (any reason)
    "python-filter",  # rows picked one by one in Python (SG601)
    "causal",  # attention under a causal mask, or a unidirectional recurrence: output t sees inputs <= t
    "bidirectional",  # output t sees later inputs too
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


@dataclass(frozen=True, slots=True)
class After:
    """One thing done to a loss after it was computed.

    `op` says what, and `step` where (None where that is not known).
    """

    op: Literal["times", "div", "sum", "mean", "select", "backward", "return", "item", "add", "accumulate", "other", "unknown"]
    mask: Mask | None = None  # of times and select
    count: Count | None = None  # of div and times
    text: str = ""  # `/ batch_size`
    factor: bool = False  # times or divided by a number that is written out
    step: Step | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """That a value is made of losses: a loss itself, something done to what was made of some, or several of these together.

    Each keeps what it was made of, so that a sum of any number of losses is one more link; `aftermath.paths` reads the ways off.
    """

    parents: tuple[Uses, ...] = ()
    what: After | None = None  # done to its one parent
    loss: int | None = None  # the uid of the LossCall that this is
    number: int = field(default_factory=uid)

    def then(self, what: After) -> Uses:
        """After one more thing was done."""
        return Uses((self,), what)

    @staticmethod
    def together(uses: Iterable[Uses | None]) -> Uses | None:
        """Those of several values; None where none is made of a loss."""
        found = tuple(dict.fromkeys(use for use in uses if use is not None))
        return found[0] if len(found) == 1 else Uses(found) if found else None


Scale: TypeAlias = Literal["", "logits", "log_probs", "probs", "sigmoid", "ids", "mask", "loss", "one_hot", "embedding"]
Dtype: TypeAlias = Literal["", "float", "half", "double", "int64", "int32", "int", "uint8", "bool"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A torch tensor or a NumPy array.

    `shape` holds its axes, and `scale` says what its numbers are; `dtype` is "" where it is not known. `fills` is the padding that was
    written into it, `swaps` what was rewritten in it, `notes` what else happened to it. `mask` is which mask it is, and `losses` which
    losses it is made of: None where it is no mask, and made of none. `step` is the last thing that was done to it, None where that is
    not known.
    """

    shape: Shape
    array: bool = False  # NumPy
    dtype: Dtype = ""
    scale: Scale = ""
    norm: Axis | None = None  # the axis that a (log_)softmax normalised over, where known
    contiguous: bool | None = True  # None: not known
    breaks: tuple[int, ...] = ()  # where it is not contiguous: -n says that no view can merge axes -n-1 and -n
    fills: tuple[Fill, ...] = ()
    swaps: tuple[Swap, ...] = ()
    padding: Literal["unknown", "none", "seen"] = "unknown"  # none: made in a way that cannot hold padding
    origin: Origin | None = None  # of ids (and of masks, lengths made from them)
    fed: tuple[Origin, ...] = ()  # the ids that made these activations, innermost module input last
    mask: Mask | None = None
    count: Count | None = None  # a scalar that counts something
    value: Dim | None = None  # the value of every entry, where one (zeros, full, a 0-d tensor)
    low: Dim | None = None  # ids may be as small as this
    high: Dim | None = None  # ids may be as large as this minus one (Linear/Embedding sizes, randint, vocabulary)
    zeroed: tuple[Dim, ...] = ()  # of class weights: the entries that were set to 0
    losses: Uses | None = None
    notes: tuple[Note, ...] = ()
    ends: tuple[End, ...] = ()  # ids that end every sequence in it
    real: tuple[Real, ...] = ()  # ids that are known to be classes of what it holds
    picked: int = 0  # by the indices of how many Python loops this one entry was picked
    rest: object = None  # what writes have left of what it was made with, see ops/tensors/covered.py
    step: Step | None = field(default=None, compare=False)

    def note(self, kind: NoteKind) -> Note | None:
        """The first note of a kind."""
        return next((n for n in self.notes if n.kind == kind), None)


def unknown_tensor(name: str = "x", **facts: Any) -> Tensor:
    """A tensor about whose shape nothing is known."""
    return Tensor(Shape((fresh_pack(name),)), contiguous=None, **facts)


# other values


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known; `why` for --show-unknown. `name` is the source name it came under, for hints only."""

    why: str = field(default="", compare=False)
    name: str = field(default="", compare=False)


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Const:
    """A literal that is no integer: float, str, bytes, bool, None, Ellipsis, slice of such ..."""

    value: Any
    step: Step | None = field(default=None, compare=False)


NONE = Const(None)


@dataclass(frozen=True, slots=True)
class Num:
    """An integer (or a float derived from counts): a literal, a size, an id. Ids of the same uid-symbol are the same id."""

    dim: Dim
    count: Count | None = None
    step: Step | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Seq:
    """A list, tuple or set. `items` where each element is known, else `elem` stands for all of them."""

    kind: Literal["list", "tuple", "set"]
    items: tuple[Value, ...] | None
    elem: Value  # join of the items; UNKNOWN when empty
    length: Dim
    names: tuple[str, ...] = ()  # NamedTuple / namedtuple fields
    fills: tuple[Fill, ...] = ()
    swaps: tuple[Swap, ...] = ()
    padding: Literal["unknown", "none", "seen"] = "unknown"
    origin: Origin | None = None
    low: Dim | None = None
    high: Dim | None = None
    sizes: Shape | None = None  # what `x.shape` gives: the shape that it was read from (ops/tensors/sizes.py unpacks and indexes it)
    ends: tuple[End, ...] = ()  # ids that end every sequence in it
    real: tuple[Real, ...] = ()  # ids that are known to be classes of what it holds
    mask: Mask | None = None  # 1s and 0s written as a mask: `[1] * n + [0] * (size - n)`, a tokenizer's attention_mask
    run: bool = False  # one element over and over: `[PAD] * n`
    unique: bool = False  # no member twice
    sifted: bool = False  # what a condition left of something
    holds: tuple[Dim, ...] = ()  # certain ids that were appended to it, somewhere
    step: Step | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SliceV:
    """A slice as an index, `lo:hi:step`; NONE where a part is left out."""

    lo: Value = NONE
    hi: Value = NONE
    step: Value = NONE


@dataclass(frozen=True, slots=True)
class Map:
    """A dict, or an object with dict-like keys (BatchEncoding, ModelOutput): known keys, then `rest` for any other."""

    items: tuple[tuple[Any, Value], ...]  # key (a str, int, tuple ...) -> value
    rest: Value | None = None  # None: no other keys
    kind: str = "dict"  # dict | BatchEncoding | ModelOutput | ...
    size: Dim | None = None  # how many keys there are, where known though they are not

    def get(self, key: Any) -> Value | None:
        """The value under a key, `rest`, or None."""
        for k, v in self.items:
            if k == key and type(k) is type(key):
                return v
        return self.rest


@dataclass(frozen=True, slots=True)
class Ref:
    """A mutable value by reference: `Ctx.get` gives its present facts."""

    id: int


@dataclass(frozen=True, slots=True)
class Lib:
    """Something of a library, by dotted name: `torch.nn.functional.cross_entropy`, `torch.nn.Linear`, `numpy`."""

    name: str


@dataclass(frozen=True, slots=True)
class LibObj:
    """An instance of a library class: nn.LSTM(...), a tokenizer, a DataLoader, a torchtext Field, a criterion."""

    cls: str  # canonical dotted name
    args: Args
    facts: tuple[tuple[str, Value], ...] = ()  # attributes known or assigned (pad_token, padding_side, ...)
    uid: int = 0
    step: Step | None = field(default=None, compare=False)

    def fact(self, name: str) -> Value | None:
        """An attribute, where known."""
        return next((v for k, v in self.facts if k == name), None)

    def with_fact(self, name: str, value: Value) -> LibObj:
        """The same object with an attribute set."""
        return replace(self, facts=(*((k, v) for k, v in self.facts if k != name), (name, value)))


@dataclass(frozen=True, slots=True)
class BoundLib:
    """A method of a library value before it is called: `x.view`, `tokenizer.encode`."""

    self: Value  # Ref or facts
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Func:
    """A function, method or lambda of the project."""

    node: Any  # syntax.FuncDef | syntax.Lambda
    module: Any
    frame: int  # the enclosing frame, whose names it sees
    cls: Class | None = None  # the class in whose body it stands
    defaults: tuple[tuple[str, Value], ...] = ()
    kind: Literal["function", "static", "class", "property"] = "function"


@dataclass(frozen=True, slots=True)
class Method:
    """A function bound to its first argument."""

    func: Func
    self: Value


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the project."""

    node: Any  # syntax.ClassDef
    module: Any
    frame: int  # the frame of the class body: its own names
    bases: tuple[Value, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Inst:
    """An instance of a project class; attributes live in the store under its uid."""

    cls: Class
    uid: int


@dataclass(frozen=True, slots=True, eq=False)
class Mod:
    """A module of the project."""

    module: Any
    frame: int


@dataclass(frozen=True, slots=True)
class Lazy:
    """What an import brings, not looked at before its name is used: a module of the project, or a name in it."""

    path: str
    name: str | None  # None: the module itself


@dataclass(frozen=True, slots=True)
class Partial:
    """functools.partial."""

    func: Value
    args: Args


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` inside a method."""

    cls: Class
    self: Value


@dataclass(frozen=True, slots=True)
class Either:
    """One of a few callables or criteria; never of tensors."""

    options: tuple[Value, ...]


_Data: TypeAlias = "Unknown | Const | Num | Tensor | Seq | Map | Ref | SliceV"
_Named: TypeAlias = "Lib | LibObj | BoundLib | Func | Method | Class | Inst | Mod | Lazy | Partial | Super | Either"
Value: TypeAlias = "_Data | _Named"


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one call."""

    pos: tuple[Value, ...] = ()
    kw: tuple[tuple[str, Value], ...] = ()
    more: bool = False  # there were * or ** arguments that could not be followed; a list behind * then stands last in `pos`

    def given(self, index: int | None, name: str) -> Value | None:
        """The argument at a position or of a name, as passed (perhaps a Ref), or None when left out."""
        for k, v in self.kw:
            if k == name:
                return v
        return self.pos[index] if index is not None and index < len(self.pos) else None


# the record that rules read


@dataclass(frozen=True, slots=True)
class Arg:
    """An option of a loss: its value, and whether it was written (`ignore_index=-100`) or left to its default.

    `value` is what it is, as the field of the loss says; `given` is True where it was written, and `site` where (None where it was not).
    """

    value: Any  # Dim for ignore_index (None: not known), str for reduction, float for label_smoothing, Tensor|None for weight
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
    """How it is written: `F.cross_entropy`, `nn.NLLLoss`, `model(labels=)`, `masked_cross_entropy`, `gather`, or the name of a function
    that the configuration lists under `losses`.

    >>> padded.spelling, masked.spelling
    ('F.cross_entropy', 'nn.CrossEntropyLoss')
    """
    family: Literal["cross_entropy", "nll", "model", "masked", "gather"]
    """What it does, however it is spelled: `cross_entropy` and `nll` read axis 1 as the classes, `masked` the last one; `model` is a model
    that makes its own loss of `labels`; `gather` picks log-probabilities by hand.

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
    reduction: Arg
    """Its value is "mean", "sum" or "none", and "" where that is not known.

    >>> padded.reduction.value, padded.reduction.given, masked.reduction.value
    ('mean', False, 'none')
    """
    ignore_index: Arg
    """Its value is the id that is left out, as a Dim: the default is -100. None where it is not known.

    >>> str(padded.ignore_index.value), padded.ignore_index.given, str(masked.ignore_index.value)
    ('-100', False, '-1')
    """
    weight: Arg
    """Its value is the tensor of class weights; None where there are none, UNKNOWN where they are not known. See `zero_weights`.

    >>> padded.weight.value is None, str(weighted.weight.value.shape)
    (True, '(20,)')
    """
    label_smoothing: Arg
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
    discarded: bool = False
    """Whether its value is never read, and that is proven.

    >>> padded.discarded
    False
    """


__all__ = [
    "NONE", "UNKNOWN", "After", "Arg", "Args", "Axis", "BoundLib", "Class", "Const", "Count", "Dim", "Dtype", "Either", "End", "Fill",
    "Func", "Inst", "Lazy", "Lib", "LibObj", "LossCall", "Map", "Mask", "Method", "Mod", "Note", "NoteKind", "Num", "Origin",
    "Pack", "Partial", "Real", "Ref", "Scale", "Seq", "Shape", "Site", "SliceV", "Step", "Super", "Swap", "Tensor", "Unknown", "Uses",
    "Value", "fresh_pack", "uid", "unknown_tensor",
]  # fmt: skip
