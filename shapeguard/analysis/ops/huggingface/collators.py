"""Collators of transformers: how they pad inputs, what they write into the labels."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import ONE, Shape, axis, fresh
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Dim, Fill, LibObj, Map, Mask, Num, Seq, Swap, Tensor, Value, uid
from shapeguard.analysis.ops.huggingface.encoding import pad_batch, padded, rows_of
from shapeguard.analysis.ops.huggingface.tokenizers import special_id, tokenizer_of
from shapeguard.analysis.ops.table import Ctx, call, instance
from shapeguard.analysis.ops.tensors.members import arg
from shapeguard.analysis.ops.text.data import collated

_PACKAGE = "transformers."
_IGNORED = Dim.of(-100)
_POSITIONS: dict[str, tuple[str, ...]] = {
    "DataCollatorForLanguageModeling": ("tokenizer", "mlm", "mlm_probability"),
    "DataCollatorForWholeWordMask": ("tokenizer", "mlm", "mlm_probability"),
    "DataCollatorWithPadding": ("tokenizer", "padding", "max_length"),
    "DataCollatorForSeq2Seq": ("tokenizer", "model", "padding", "max_length", "pad_to_multiple_of", "label_pad_token_id"),
    "DataCollatorForTokenClassification": ("tokenizer", "padding", "max_length", "pad_to_multiple_of", "label_pad_token_id"),
}


def _constructor(cls: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        return LibObj(_PACKAGE + cls, args, uid=uid(), step=ctx.step(cls, f"{cls} makes the batches"))

    op.__doc__ = f"`{cls}(tokenizer, ...)`."
    call(_PACKAGE + cls, f"{_PACKAGE}data.data_collator.{cls}")(op)


for _cls in (*_POSITIONS, "DefaultDataCollator"):
    _constructor(_cls)


def _option(ctx: Ctx, obj: LibObj, name: str) -> Value | None:
    names = _POSITIONS.get(obj.cls.rpartition(".")[2], ())
    return obj.fact(name) or arg(ctx, obj.args, names.index(name) if name in names else None, name)


def _padded(ctx: Ctx, args: Args) -> tuple[LibObj | None, Map | None, Value]:
    """The collator, the batch that its tokenizer pads, and the features."""
    obj = ctx.get(args.pos[0])
    features = args.given(1, "features") or args.given(1, "examples") or UNKNOWN
    if not isinstance(obj, LibObj):
        return None, None, features
    tokenizer = tokenizer_of(ctx, _option(ctx, obj, "tokenizer"))
    if tokenizer is None:
        return obj, None, features
    width, padding = _option(ctx, obj, "max_length"), _option(ctx, obj, "padding")
    given = tuple((k, v) for k, v in (("max_length", width), ("padding", padding)) if v is not None)
    return obj, pad_batch(ctx, tokenizer, features, Args(kw=given), tensors=True), features


def _put(ctx: Ctx, batch: Map, name: str, value: Value) -> Map:
    return replace(batch, items=(*((k, v) for k, v in batch.items if k != name), (name, ctx.new(value))))


@instance(_PACKAGE + "DataCollatorForLanguageModeling", _PACKAGE + "DataCollatorForWholeWordMask")
def language_modeling(ctx: Ctx, args: Args) -> Value:
    """Labels are the ids: without mlm the *pad id* becomes -100 (an end id too, when it is the same); with mlm all that is not masked."""
    obj, batch, _ = _padded(ctx, args)
    ids = ctx.get(batch.get("input_ids") or UNKNOWN) if batch is not None else UNKNOWN
    if obj is None or batch is None or not isinstance(ids, Tensor):
        return UNKNOWN
    mlm = _option(ctx, obj, "mlm")
    if mlm == Const(False):
        pad = special_id(ctx, tokenizer, "pad") if (tokenizer := tokenizer_of(ctx, _option(ctx, obj, "tokenizer"))) else UNKNOWN
        by = pad.dim if isinstance(pad, Num) else None
        text = f"the collator turns {by if by is not None else 'the pad id'} into -100 in the labels"
        step = ctx.step("labels", text, ids.step, obj.step)
        mask = Mask("id", "id", by, ids.origin, uid(), step)
        return _put(ctx, batch, "labels", replace(ids, swaps=(*ids.swaps, Swap(by, _IGNORED, step, mask)), step=step))
    if mlm not in (None, Const(True)) or obj.args.more:
        return _put(ctx, batch, "labels", UNKNOWN)
    step = ctx.step("labels", "the collator turns all but the masked tokens into -100", ids.step, obj.step)
    swap = Swap(None, _IGNORED, step, Mask("given", "unknown", uid=uid(), step=step))
    return _put(ctx, batch, "labels", replace(ids, fills=(Fill(_IGNORED, step),), swaps=(*ids.swaps, swap), ends=(), step=step))


@instance(_PACKAGE + "DataCollatorWithPadding")
def with_padding(ctx: Ctx, args: Args) -> Value:
    """Inputs padded; a label a row."""
    _, batch, features = _padded(ctx, args)
    if batch is None:
        return UNKNOWN
    sample, size = rows_of(ctx, features)
    for name in ("label", "label_ids", "labels"):
        value = sample.get(name) if sample is not None else None
        if value is not None and sample is not None and any(k == name for k, _ in sample.items):
            batch = replace(batch, items=tuple((k, v) for k, v in batch.items if k != name))
            return _put(ctx, batch, "labels", collated(ctx, value, size))
    return batch


@instance(_PACKAGE + "DataCollatorForSeq2Seq", _PACKAGE + "DataCollatorForTokenClassification")
def with_labels(ctx: Ctx, args: Args) -> Value:
    """Inputs padded with the pad token, labels with `label_pad_token_id` (-100)."""
    obj, batch, features = _padded(ctx, args)
    ids = ctx.get(batch.get("input_ids") or UNKNOWN) if batch is not None else UNKNOWN
    if obj is None or batch is None or not isinstance(ids, Tensor):
        return UNKNOWN
    sample, size = rows_of(ctx, features)
    given = _option(ctx, obj, "label_pad_token_id")
    pad = _IGNORED if given is None and not obj.args.more else given.dim if isinstance(given, Num) else None
    row = sample.get("labels") if sample is not None else None
    tags = obj.cls.endswith("TokenClassification")
    time = ids.shape.at(1) if tags else None
    shape = Shape((axis(size), time if time is not None else axis(fresh("T", "time"))))
    step = ctx.step("labels", f"the collator pads the labels with {pad if pad is not None else 'a value'} -> {shape}", ids.step, obj.step)
    labels = padded(ctx, row if row is not None else UNKNOWN, shape, Fill(pad, step))
    batch = _put(ctx, batch, "labels", labels)
    if (_option(ctx, obj, "model") or NONE) != NONE and labels.origin is not None:
        shifted = replace(labels, origin=replace(labels.origin, start=labels.origin.start - ONE), ends=())
        batch = _put(ctx, batch, "decoder_input_ids", shifted)
    return batch


@call(_PACKAGE + "default_data_collator", _PACKAGE + "data.data_collator.default_data_collator")
def default_data_collator(ctx: Ctx, args: Args) -> Value:
    """Stacks what the features hold; `label` becomes `labels`."""
    features = arg(ctx, args, 0, "features")
    if not isinstance(features, Seq):
        return UNKNOWN
    sample, size = rows_of(ctx, features)
    if sample is None:
        return UNKNOWN
    items: list[tuple[str, Value]] = []
    for key, value in sample.items:
        name = "labels" if key in ("label", "label_ids") else str(key)
        items.append((name, ctx.new(_stacked(ctx, value, size))))
    return Map(tuple(items), None if sample.rest is None else UNKNOWN)


def _stacked(ctx: Ctx, value: Value, size: Dim) -> Value:
    facts = ctx.get(value)
    if isinstance(facts, Seq) and facts.items is None and not isinstance(ctx.get(facts.elem), (Seq, Map, Tensor)):
        # lists of ids become one tensor here, where torch's default_collate makes a list of tensors
        shape = Shape((axis(size), axis(facts.length)))
        return Tensor(shape, dtype="int64", scale="mask" if facts.mask is not None else "ids", fills=facts.fills, swaps=facts.swaps,
                      unpadded=facts.unpadded, origin=facts.origin, mask=facts.mask, low=facts.low, high=facts.high, ends=facts.ends,
                      step=ctx.step("default_data_collator", f"the features are stacked -> {shape}", facts.step, shape=shape))  # fmt: skip
    return collated(ctx, value, size)


@instance(_PACKAGE + "DefaultDataCollator")
def default_collator_object(ctx: Ctx, args: Args) -> Value:
    """`DefaultDataCollator()(features)`."""
    return default_data_collator(ctx, Args(args.pos[1:], args.kw, args.more))
