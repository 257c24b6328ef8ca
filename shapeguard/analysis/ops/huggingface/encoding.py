"""What tokenizers of transformers give for texts: ids, padded or not, and their attention mask."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shapeguard.analysis.facts import arith, floors
from shapeguard.analysis.facts.join import union
from shapeguard.analysis.facts.shapes import ONE, axis, fresh
from shapeguard.analysis.facts.texts import tokens_in
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    Dim,
    End,
    Fill,
    LibObj,
    Map,
    Mask,
    Num,
    Origin,
    Seq,
    Shape,
    Step,
    Tensor,
    Value,
    uid,
)
from shapeguard.analysis.ops.huggingface.tokenizers import (
    TOKENIZER,
    appends_eos,
    owner_of,
    special_id,
    token_count,
    tokenizer_of,
    written_ends,
)
from shapeguard.analysis.ops.table import Ctx, call, instance, object_method
from shapeguard.analysis.ops.tensors.members import arg, elem_of

How = Literal["one", "many", "unknown"]
IDS = ("input_ids", "attention_mask", "token_type_ids", "labels", "label", "special_tokens_mask")


def padding_of(ctx: Ctx, args: Args, default: Value) -> str:
    """How an encoding call pads: "no", "longest", "max_length" or "unknown"."""
    given = arg(ctx, args, None, "padding")
    old = arg(ctx, args, None, "pad_to_max_length")
    if given is None and old == Const(True):
        return "max_length"
    value = default if given is None else given
    if value in (NONE, Const(False), Const("do_not_pad")):
        return "no" if not args.more else "unknown"
    if value in (Const(True), Const("longest")):
        return "longest"
    return "max_length" if value == Const("max_length") else "unknown"


def _how(ctx: Ctx, text: Value | None, words: Value | None) -> tuple[How, Dim]:
    """Whether one text is encoded or many, and how many."""
    facts = ctx.get(text) if text is not None else UNKNOWN
    if isinstance(facts, Const) and (isinstance(facts.value, str) or tokens_in(facts)):
        return "one", ONE
    if not isinstance(facts, Seq):
        return "unknown", fresh("B", "batch")
    if words is not None and words != Const(False):
        nested = isinstance(ctx.get(elem_of(ctx, facts)), Seq)
        return ("many", facts.length) if nested else ("unknown", fresh("B", "batch"))
    return "many", facts.length


def where_padded(ctx: Ctx, obj: LibObj) -> str:
    """Behind the ids or before them."""
    side = ctx.get(obj.fact("padding_side") or NONE)
    if side == Const("left"):
        return "before"
    return "after" if side in (NONE, Const("right")) else "unknown"


def pad_fill(ctx: Ctx, obj: LibObj, text: str, *parents: Step | None) -> Fill:
    """The padding that a tokenizer writes."""
    pad = special_id(ctx, obj, "pad")
    step = ctx.step("tokenizer", text, pad.step if isinstance(pad, Num) else None, *parents)
    return Fill(pad.dim if isinstance(pad, Num) else None, step, where_padded(ctx, obj))


@instance(TOKENIZER)
@object_method(f"{TOKENIZER}.encode_plus", f"{TOKENIZER}.batch_encode_plus")
def encode_plus(ctx: Ctx, args: Args) -> Value:
    """`tokenizer(texts, padding=True, return_tensors="pt")`."""
    obj = tokenizer_of(ctx, args.pos[0])
    if obj is None:
        return UNKNOWN
    text = args.given(1, "text") or args.given(None, "batch_text_or_text_pairs") or args.given(1, "text_target")
    how, size = _how(ctx, text, arg(ctx, args, None, "is_split_into_words"))
    ids, mask = _encoded(ctx, obj, args, text, how, size)
    items: list[tuple[str, Value]] = [("input_ids", _held(ctx, ids))]
    if arg(ctx, args, None, "return_attention_mask") != Const(False):
        items.append(("attention_mask", _held(ctx, mask)))
    if "Bert" in str(obj.fact("class")) or arg(ctx, args, None, "return_token_type_ids") == Const(True):
        items.append(("token_type_ids", _held(ctx, _segments(ids))))
    if args.given(1, "text") is not None and args.given(None, "text_target") is not None:
        labels, _ = _encoded(ctx, obj, args, args.given(None, "text_target"), how, size)
        items.append(("labels", _held(ctx, labels)))
    if arg(ctx, args, None, "return_overflowing_tokens") == Const(True):
        return Map(tuple(items), UNKNOWN, kind="BatchEncoding")
    return Map(tuple(items), kind="BatchEncoding")


def _held(ctx: Ctx, value: Value) -> Value:
    return ctx.new(value) if isinstance(value, (Tensor, Seq)) else value


def _segments(ids: Value) -> Value:
    if isinstance(ids, Tensor):
        return replace(ids, fills=(), unpadded=False, origin=None, ends=(), scale="", low=Dim(), high=Dim.of(2))
    if isinstance(ids, Seq):
        return replace(ids, elem=UNKNOWN if isinstance(ids.elem, Num) else ids.elem, fills=(), unpadded=False, origin=None, ends=())
    return UNKNOWN


def _encoded(ctx: Ctx, obj: LibObj, args: Args, text: Value | None, how: How, size: Dim) -> tuple[Value, Value]:
    """The ids and the attention mask that encoding gives."""
    padding = padding_of(ctx, args, NONE)
    width = arg(ctx, args, None, "max_length")
    time = fresh("T", "time")
    if padding == "max_length":
        time = width.dim if isinstance(width, Num) else arith.symbol_for_key(owner_of(obj), "model_max_length", "max_length", "time")
    pads = padding == "max_length" or (padding == "longest" and how != "one")
    origin = Origin(uid())
    ends = _ends(ctx, obj, args, text)
    tensors = arg(ctx, args, None, "return_tensors")
    if tensors in (Const("pt"), Const("np")):
        shape = Shape((axis(size), axis(time)))
        fills = (pad_fill(ctx, obj, f"padding={padding!r} pads the ids -> {shape}", obj.step),) if pads else ()
        step = fills[0].step if fills else ctx.step("tokenizer", f"the ids are {shape}", obj.step, shape=shape)
        ids = Tensor(shape, dtype="int64", scale="ids", array=tensors == Const("np"), fills=fills, unpadded=_unpadded(padding, how),
                     origin=origin, low=Dim(), high=token_count(obj), ends=ends, step=step)  # fmt: skip
        return ids, replace(ids, scale="mask", fills=(), unpadded=False, low=None, high=None, ends=(), mask=_attention(ctx, origin))
    if tensors not in (None, NONE):
        return UNKNOWN, UNKNOWN
    fills = (pad_fill(ctx, obj, f"padding={padding!r} pads the ids", obj.step),) if pads else ()
    row = Seq("list", None, arith.any_id(), time, fills=fills, unpadded=_unpadded(padding, how), origin=origin, low=Dim(),
              high=token_count(obj), ends=ends, step=fills[0].step if fills else obj.step)  # fmt: skip
    mask = replace(row, fills=(), unpadded=False, low=None, high=None, ends=(), mask=_attention(ctx, origin), elem=arith.any_id("bit"))
    if how == "many":
        return Seq("list", None, row, size, step=row.step), Seq("list", None, mask, size, step=row.step)
    if how == "one":
        return row, mask
    # a list of ids, or a list of such lists: the facts of the ids hold of both, its length and members of neither
    vague = fresh("n", "time" if padding == "no" else "")
    return replace(row, elem=UNKNOWN, length=vague), replace(mask, elem=UNKNOWN, length=vague)


def _ends(ctx: Ctx, obj: LibObj, args: Args, text: Value | None) -> tuple[End, ...]:
    """The end ids that are seen to be in the rows: the tokenizer's own habit, or written into the text."""
    last = special_id(ctx, obj, "eos")
    if appends_eos(obj) and isinstance(last, Num) and arg(ctx, args, None, "add_special_tokens") != Const(False):
        return (End(last.dim, ctx.step("tokenizer", "the tokenizer ends each sequence in its end token", obj.step)),)
    return tuple(
        End(dim, replace(ctx.step("tokenizer", "the end token was written into the text", obj.step, step), sure=sure))
        for dim, step, sure in (written_ends(ctx, obj, text) if text is not None else ())
    )


def _unpadded(padding: str, how: How) -> bool:
    return how == "one" and padding in ("no", "longest")


def _attention(ctx: Ctx, origin: Origin) -> Mask:
    return Mask("attention", "real", of=origin, uid=uid(), step=ctx.step("attention_mask", "the attention mask is 1 at real tokens"))


@object_method(f"{TOKENIZER}.encode", f"{TOKENIZER}.apply_chat_template")
def encode(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.encode(text)`: one list of ids, or (1, T) with return_tensors."""
    obj = tokenizer_of(ctx, args.pos[0])
    if obj is None or arg(ctx, args, None, "tokenize") == Const(False) or arg(ctx, args, None, "return_dict") == Const(True):
        return UNKNOWN
    ids, _ = _encoded(ctx, obj, args, args.given(1, "text"), "one", ONE)
    return ids


@object_method(f"{TOKENIZER}.tokenize")
def tokenize(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.tokenize(text)`: a list of strings."""
    return Seq("list", None, UNKNOWN, fresh("T", "time"))


@object_method("BatchEncoding.to", "BatchEncoding.convert_to_tensors", "Batch.to", "BatchEncoding.copy")
def itself(ctx: Ctx, args: Args) -> Value:
    """`encoding.to(device)`: the same facts."""
    return args.pos[0]


@object_method("BatchEncoding.word_ids", "BatchEncoding.sequence_ids", "BatchEncoding.tokens")
def word_ids(ctx: Ctx, args: Args) -> Value:
    """`encoding.word_ids(i)`: for each token its word, or None."""
    return Seq("list", None, UNKNOWN, fresh("T", "time"))


@call("transformers.BatchEncoding", "transformers.tokenization_utils_base.BatchEncoding")
def batch_encoding(ctx: Ctx, args: Args) -> Value:
    """`BatchEncoding(data)`."""
    data = arg(ctx, args, 0, "data")
    return replace(data, kind="BatchEncoding") if isinstance(data, Map) else UNKNOWN


# padding what was encoded before


def rows_of(ctx: Ctx, encoded: Value) -> tuple[Map | None, Dim]:
    """One sample of `[{"input_ids": ...}, ...]` or of `{"input_ids": [...], ...}`, and how many there are."""
    facts = ctx.get(encoded)
    if isinstance(facts, Seq):
        sample = ctx.get(elem_of(ctx, facts))
        if isinstance(sample, (Seq, Tensor)):
            sample = Map((("input_ids", sample),))
        return (sample if isinstance(sample, Map) else None), facts.length
    if not isinstance(facts, Map):
        return None, fresh("B", "batch")
    size = fresh("B", "batch")
    items: list[tuple[str, Value]] = []
    for key, value in facts.items:
        column = ctx.get(value)
        if isinstance(column, Seq):
            size = column.length
            items.append((key, ctx.get(elem_of(ctx, column))))
    return Map(tuple(items), facts.rest), size


def padded(ctx: Ctx, row: Value, shape: Shape, fill: Fill) -> Tensor:
    """Rows of ids like this one, padded to one width."""
    facts = ctx.get(row)
    if isinstance(facts, (Seq, Tensor)):
        origin = facts.origin or Origin(uid())
        return Tensor(shape, dtype="int64", scale="ids", fills=union(facts.fills, (fill,)), swaps=facts.swaps, unpadded=False,
                      origin=origin, low=facts.low, high=facts.high, ends=facts.ends, step=fill.step)  # fmt: skip
    return Tensor(shape, dtype="int64", scale="ids", fills=(fill,), unpadded=False, origin=Origin(uid()), step=fill.step)


def pad_batch(ctx: Ctx, obj: LibObj, encoded: Value, args: Args, tensors: bool) -> Map:
    """`tokenizer.pad(...)` of rows: ids padded with the pad token, and the attention mask; labels are not padded."""
    sample, size = rows_of(ctx, encoded)
    width = arg(ctx, args, None, "max_length")
    fixed = padding_of(ctx, args, Const(True)) == "max_length" and isinstance(width, Num)
    time = width.dim if fixed and isinstance(width, Num) else fresh("T", "time")
    shape = Shape((axis(size), axis(time)))
    row = sample.get("input_ids") if sample is not None else None
    fill = pad_fill(ctx, obj, f"the tokenizer pads the ids -> {shape}", obj.step)
    ids = padded(ctx, row if row is not None else UNKNOWN, shape, fill)
    held = ctx.get(row) if row is not None else UNKNOWN
    one_size = isinstance(held, Seq) and (held.length.const is not None or floors.divides_some(held.length))
    if not fixed and isinstance(held, Seq) and one_size and held.padding == "none" and held.items is None:
        ids = replace(ids, fills=(), unpadded=True)  # windows of one size: there is nothing to fill up
    elif not fixed and isinstance(held, Seq) and floors.may_be_full(held.length):
        ids = replace(ids, fills=(), unpadded=False)
    origin = ids.origin or Origin(uid())
    mask = Tensor(shape, dtype="int64", scale="mask", origin=origin, mask=_attention(ctx, origin), step=fill.step)
    items: list[tuple[str, Value]] = [("input_ids", ctx.new(ids)), ("attention_mask", ctx.new(mask))]
    if not tensors:
        items = [(k, ctx.new(as_lists(ctx.get(v)))) for k, v in items]
    others = [(k, v) for k, v in (sample.items if sample is not None else ()) if k not in ("input_ids", "attention_mask")]
    items += [(str(k), Seq("list", None, v, size)) for k, v in others]
    return Map(tuple(items), None if sample is not None and sample.rest is None else UNKNOWN, kind="BatchEncoding")


def as_lists(ids: Value) -> Value:
    """A (B, T) tensor of ids as a list of lists."""
    if not isinstance(ids, Tensor) or ids.shape.dims is None or len(ids.shape.dims) != 2:
        return UNKNOWN
    size, time = (a.size if a.size is not None else fresh("n") for a in ids.shape.dims)
    row = Seq("list", None, arith.any_id(), time, fills=ids.fills, swaps=ids.swaps, unpadded=ids.unpadded, origin=ids.origin, low=ids.low,
              high=ids.high, ends=ids.ends, mask=ids.mask, step=ids.step)  # fmt: skip
    return Seq("list", None, row, size, step=ids.step)


@object_method(f"{TOKENIZER}.pad")
def pad(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.pad(features, return_tensors="pt")`."""
    obj = tokenizer_of(ctx, args.pos[0])
    encoded = args.given(1, "encoded_inputs")
    if obj is None or encoded is None:
        return UNKNOWN
    return pad_batch(ctx, obj, encoded, args, arg(ctx, args, None, "return_tensors") == Const("pt"))
