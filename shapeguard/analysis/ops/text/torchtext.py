"""torchtext: fields, data sets, and iterators whose batches are padded."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import axis, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    Count,
    Dim,
    End,
    Fill,
    LibObj,
    Map,
    Num,
    Origin,
    Seq,
    Shape,
    Tensor,
    Value,
    uid,
)
from shapeguard.analysis.ops.table import Ctx, call, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg, elem_of, joined, make
from shapeguard.analysis.ops.text.vocabularies import VOCAB, token_id, vocab_of, vocab_size

FIELD = "torchtext.data.Field"
DATASET = "torchtext.data.Dataset"
ITERATOR = "torchtext.data.Iterator"
_PACKAGES = ("torchtext.data", "torchtext.legacy.data", "torchtext.data.field", "torchtext.legacy.data.field")
_FIELD_ORDER = ("sequential", "use_vocab", "init_token", "eos_token", "fix_length")
_FIELD_DEFAULTS: dict[str, Value] = {
    "sequential": Const(True), "use_vocab": Const(True), "init_token": NONE, "eos_token": NONE, "fix_length": NONE,
    "include_lengths": Const(False), "batch_first": Const(False), "pad_token": Const("<pad>"), "unk_token": Const("<unk>"),
}  # fmt: skip


def _names(*classes: str) -> tuple[str, ...]:
    return tuple(f"{p}.{c}" for p in _PACKAGES for c in classes)


@call(*_names("Field", "ReversibleField"))
def field(ctx: Ctx, args: Args) -> Value:
    """`Field(pad_token=..., batch_first=...)`."""
    return LibObj(FIELD, args, uid=uid(), step=ctx.step("Field", "the field pads its batches"))


@call(*_names("LabelField"))
def label_field(ctx: Ctx, args: Args) -> Value:
    """`LabelField()`: one label a row, no special tokens."""
    facts = (("sequential", Const(False)), ("unk_token", NONE), ("pad_token", NONE))
    return LibObj(FIELD, args, facts, uid=uid())


def option(ctx: Ctx, obj: LibObj, name: str) -> Value:
    """An option of a field: set later, passed, or its default; UNKNOWN where `**options` may hold it."""
    index = _FIELD_ORDER.index(name) if name in _FIELD_ORDER else None
    value = obj.fact(name) or obj.args.given(index, name)
    if value is not None:
        return ctx.get(value)
    return UNKNOWN if obj.args.more else _FIELD_DEFAULTS[name]


def _field(ctx: Ctx, value: Value | None) -> LibObj | None:
    facts = ctx.get(value) if value is not None else None
    return facts if isinstance(facts, LibObj) and facts.cls == FIELD else None


def _option_attribute(name: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        obj = _field(ctx, args.pos[0])
        return UNKNOWN if obj is None else option(ctx, obj, name)

    op.__doc__ = f"`field.{name}`."
    object_attribute(f"{FIELD}.{name}")(op)


for _name in ("pad_token", "unk_token", "init_token", "eos_token", "batch_first", "include_lengths", "fix_length"):
    _option_attribute(_name)


@object_method(f"{FIELD}.build_vocab")
def build_vocab(ctx: Ctx, args: Args) -> Value:
    """`field.build_vocab(train, min_freq=2)`."""
    return NONE


@object_attribute(f"{FIELD}.vocab")
def field_vocab(ctx: Ctx, args: Args) -> Value:
    """`field.vocab`: torchtext numbers the special tokens first: unk, pad, init, eos."""
    obj = _field(ctx, args.pos[0])
    if obj is None:
        return UNKNOWN
    given = obj.fact("vocab")
    return given if given is not None else _vocab_of(ctx, obj)


def _vocab_of(ctx: Ctx, obj: LibObj) -> LibObj:
    specials: list[Value] = []
    for name in ("unk_token", "pad_token", "init_token", "eos_token"):
        token = option(ctx, obj, name)
        if token != NONE and token not in specials:
            specials.append(token)
    return LibObj(VOCAB, Args(), (("specials", make(ctx, "tuple", tuple(specials))),), uid=-obj.uid)


# datasets and iterators

_SPLITS = {
    "Multi30k": ("src", "trg"), "IWSLT": ("src", "trg"), "WMT14": ("src", "trg"), "TranslationDataset": ("src", "trg"),
    "IMDB": ("text", "label"), "SST": ("text", "label"), "TREC": ("text", "label"), "WikiText2": ("text",), "WikiText103": ("text",),
    "PennTreebank": ("text",), "LanguageModelingDataset": ("text",), "TabularDataset": (), "UDPOS": (), "SequenceTaggingDataset": (),
    "CoNLL2000Chunking": (), "SNLI": ("premise", "hypothesis", "label"), "MultiNLI": ("premise", "hypothesis", "label"), "Dataset": (),
}  # fmt: skip


def _dataset_names(suffix: str) -> tuple[str, ...]:
    packages = ("torchtext.data", "torchtext.datasets", "torchtext.legacy.data", "torchtext.legacy.datasets")
    return tuple(f"{p}.{c}{suffix}" for p in packages for c in _SPLITS if suffix or p != "torchtext.datasets")


def _fields(ctx: Ctx, args: Args, names: tuple[str, ...]) -> Map | None:
    """Which attribute of a batch comes from which field."""
    given = arg(ctx, args, None, "fields")
    if given is None:
        given = next((f for a in args.pos if isinstance(f := ctx.get(a), (Seq, Map)) and _has_fields(ctx, f)), None)
    if given is None:
        found = [a for a in args.pos if _field(ctx, a) is not None]
        keyed = [(k.removesuffix("_field"), v) for k, v in args.kw if _field(ctx, v) is not None]
        pairs = [*zip(names, found, strict=False), *keyed]
        return Map(tuple(pairs)) if pairs else None
    if isinstance(given, Map):
        pairs = [p for _, v in given.items for p in _named(ctx, v)]
        return Map(tuple(pairs))
    if not isinstance(given, Seq) or given.items is None:
        return None
    if all(_field(ctx, i) is not None for i in given.items):
        return Map(tuple(zip(names, given.items, strict=False)))
    return Map(tuple(p for i in given.items for p in _named(ctx, i)))


def _named(ctx: Ctx, value: Value) -> list[tuple[str, Value]]:
    facts = ctx.get(value)
    if not isinstance(facts, Seq) or facts.items is None or len(facts.items) != 2:
        return []
    name = arith.literal(ctx.get(facts.items[0]))
    if name is not None and isinstance(name[0], str):
        return [(name[0], facts.items[1])]
    return [p for i in facts.items for p in _named(ctx, i)]  # (("text", "chars"), (TEXT, CHARS)) is left out


def _has_fields(ctx: Ctx, facts: Seq | Map) -> bool:
    values = [v for _, v in facts.items] if isinstance(facts, Map) else list(facts.items or ())
    return any(_field(ctx, v) is not None or any(_field(ctx, f) is not None for _, f in _named(ctx, v)) for v in values)


def _dataset(name: str, splits: bool) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        fields = _fields(ctx, args, _SPLITS[name])
        if fields is None:
            return UNKNOWN
        one = LibObj(DATASET, args, (("fields", fields),), uid=uid())
        return Seq("tuple", None, one, fresh("n")) if splits else one

    op.__doc__ = f"`{name}{'.splits' if splits else ''}(...)`."
    call(*(n for n in _dataset_names(".splits" if splits else "") if n.split(".")[-2 if splits else -1] == name))(op)


for _name in _SPLITS:
    _dataset(_name, splits=True)
    _dataset(_name, splits=False)


@object_method(f"{DATASET}.split")
def dataset_split(ctx: Ctx, args: Args) -> Value:
    """`dataset.split(...)`."""
    return Seq("tuple", None, ctx.get(args.pos[0]), fresh("n"))


@call(*_names("BucketIterator", "Iterator", "BPTTIterator"))
def iterator(ctx: Ctx, args: Args) -> Value:
    """`BucketIterator(dataset, batch_size)`."""
    dataset = args.given(0, "dataset")
    bptt = args.given(None, "bptt_len")
    facts = (("dataset", dataset or UNKNOWN), *((("bptt", bptt),) if bptt is not None else ()))
    return LibObj(ITERATOR, args, facts, uid=uid())


@call(*(f"{n}.splits" for n in _names("BucketIterator", "Iterator", "BPTTIterator")))
def iterator_splits(ctx: Ctx, args: Args) -> Value:
    """`BucketIterator.splits((train, valid, test), ...)`."""
    datasets = arg(ctx, args, 0, "datasets")
    if not isinstance(datasets, Seq):
        return UNKNOWN
    bptt = args.given(None, "bptt_len")
    more = (("bptt", bptt),) if bptt is not None else ()
    if datasets.items is None:
        return Seq("tuple", None, LibObj(ITERATOR, args, (("dataset", elem_of(ctx, datasets)), *more), uid=uid()), datasets.length)
    made = tuple(LibObj(ITERATOR, args, (("dataset", d), *more), uid=uid()) for d in datasets.items)
    return Seq("tuple", made, joined(ctx, made), Dim.of(len(made)))


@object_method(f"{ITERATOR}.__len__")
def iterator_len(ctx: Ctx, args: Args) -> Value:
    """`len(iterator)`: the number of batches."""
    obj = ctx.get(args.pos[0])
    return Num(arith.symbol_for_key(("batches", obj.uid if isinstance(obj, LibObj) else 0), "", "batches"), Count("batches"))


@object_method(f"{ITERATOR}.__iter__")
def iterator_batch(ctx: Ctx, args: Args) -> Value:
    """One batch: an attribute for each field."""
    obj = ctx.get(args.pos[0])
    dataset = ctx.get(obj.fact("dataset") or UNKNOWN) if isinstance(obj, LibObj) else UNKNOWN
    fields = dataset.fact("fields") if isinstance(dataset, LibObj) else None
    if not isinstance(fields, Map) or not isinstance(obj, LibObj):
        return UNKNOWN
    size = fresh("B", "batch")
    items: list[tuple[str, Value]] = []
    for name, value in fields.items:
        one = _field(ctx, value)
        if one is None:
            continue
        if obj.fact("bptt") is not None:
            items += _bptt(ctx, one, str(name), size)
        else:
            items.append((str(name), numericalized(ctx, one, str(name), size)))
    return Map((*items, ("batch_size", Num(size))), kind="Batch")


def numericalized(ctx: Ctx, obj: LibObj, name: str, size: Dim) -> Value:
    """The tensor of one field: (T, B) by default, padded, ids of its vocabulary."""
    sequential, first = option(ctx, obj, "sequential"), option(ctx, obj, "batch_first")
    given = obj.fact("vocab")
    own = _vocab_of(ctx, obj) if given is None else vocab_of(ctx, given)
    high = vocab_size(own) if own is not None and option(ctx, obj, "use_vocab") == Const(True) else None
    if sequential == Const(False):
        return ctx.new(Tensor(Shape.of(size), dtype="int64", scale="ids", unpadded=True, origin=Origin(uid()), low=Dim(), high=high))
    if sequential != Const(True) or first not in (Const(True), Const(False)):
        return UNKNOWN
    fixed = option(ctx, obj, "fix_length")
    width = fixed.dim if isinstance(fixed, Num) else fresh("T", "time")
    shape = Shape((axis(size), axis(width)) if first == Const(True) else (axis(width), axis(size)))
    pad = ctx.get(token_id(ctx, own, option(ctx, obj, "pad_token"))) if own is not None else UNKNOWN
    pad_id = pad.dim if isinstance(pad, Num) and not arith.stands_for_many(pad.dim) else None
    text = f"batch.{name} is {shape}, padded with {pad_id if pad_id is not None else 'the pad token'}"
    step = ctx.step("Field", text, obj.step, shape=shape)
    ends: tuple[End, ...] = ()
    if own is not None and option(ctx, obj, "eos_token") != NONE:
        last = ctx.get(token_id(ctx, own, option(ctx, obj, "eos_token")))
        ends = (End(last.dim, step),) if isinstance(last, Num) and not arith.stands_for_many(last.dim) else ()
    ids = Tensor(shape, dtype="int64", scale="ids", fills=(Fill(pad_id, step),), unpadded=False, origin=Origin(uid()), low=Dim(), high=high,
                 ends=ends, step=step)  # fmt: skip
    if option(ctx, obj, "include_lengths") != Const(True):
        return ctx.new(ids)
    lengths = Tensor(Shape.of(size), dtype="int64", origin=ids.origin, unpadded=True)
    pair = (ctx.new(ids), ctx.new(lengths))
    return Seq("tuple", pair, UNKNOWN, Dim.of(2))


def _bptt(ctx: Ctx, obj: LibObj, name: str, size: Dim) -> list[tuple[str, Value]]:
    """Text and target of a language model: equal windows, the target one later."""
    text = numericalized(ctx, replace(obj, facts=(*obj.facts, ("include_lengths", Const(False)))), name, size)
    ids = ctx.get(text)
    if not isinstance(ids, Tensor):
        return []
    origin = Origin(uid())
    cut = replace(ids, fills=(), unpadded=True, ends=(), origin=origin)
    return [(name, ctx.new(cut)), ("target", ctx.new(replace(cut, origin=replace(origin, start=Dim.of(1)))))]
