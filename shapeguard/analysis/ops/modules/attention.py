"""Attention: MultiheadAttention, the Transformer modules, scaled_dot_product_attention and the causal masks that they take."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    LibObj,
    Mask,
    Num,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.common import hides_later
from shapeguard.analysis.ops.modules.shared import (
    Reach,
    activation,
    argument,
    facts,
    fed_by,
    head,
    misread_batch,
    module_name,
    option,
    owner,
    retailed,
    size,
    switch,
    truth,
    with_tail,
)
from shapeguard.analysis.ops.table import Ctx, call, instance, object_method

Given: TypeAlias = "Value | None"


def _under(mask: Given, is_causal: Given) -> Reach:
    """What self-attention sees under this mask."""
    if is_causal is not None and truth(is_causal) is True:
        return "causal"
    if isinstance(mask, Tensor) and hides_later(mask):
        return "causal"
    unsure = mask is not None or (is_causal is not None and truth(is_causal) is None)
    return "mixed-time" if unsure else "bidirectional"


def _between(query: Tensor, key: Tensor, same: bool, mask: Given, is_causal: Given) -> Reach:
    """What attention from one tensor to another adds to what the query has seen of its own sequence."""
    a, b = set(fed_by(query)), set(fed_by(key))
    if same or (a and a == b):
        return _under(mask, is_causal)
    if a and b and not {o.source for o in a} & {o.source for o in b}:
        return ""  # other ids altogether: a source sentence, an image
    return "causal" if _under(mask, is_causal) == "causal" else "mixed-time"


@instance("torch.nn.MultiheadAttention")
def multihead(ctx: Ctx, args: Args) -> Value:
    """query (L, B, E) (batch_first: (B, L, E)) -> output of the query's shape, weights (B, L, S) or None."""
    obj, rest = owner(ctx, args)
    embed = size(ctx, obj, 0, "embed_dim")
    query, key, value = (argument(ctx, rest, i, n) for i, n in enumerate(("query", "key", "value")))
    query = with_tail(ctx, query, embed)
    same = rest.given(0, "query") == rest.given(1, "key")
    batch_first = switch(ctx, obj, 8, "batch_first", False)
    reach = _between(query, key, same, facts(ctx, rest, 5, "attn_mask"), facts(ctx, rest, 7, "is_causal"))
    misread = misread_batch(query, batch_first, "MultiheadAttention") or misread_batch(key, batch_first, "MultiheadAttention")
    inputs, words = [*_first(key, value, same), query], "MultiheadAttention"
    out = activation(ctx, "attention", words, query.shape, inputs, reach=reach, along=[query], misread=misread, contiguous=None)
    return Seq("tuple", (out, _weights(ctx, obj, rest, query, key, batch_first)), UNKNOWN, Dim.of(2))


def _first(key: Tensor, value: Tensor, same: bool) -> list[Tensor]:
    return [] if same else [key, value]


def _weights(ctx: Ctx, obj: LibObj, rest: Args, query: Tensor, key: Tensor, batch_first: bool | None) -> Value:
    """The attention weights, where the options say that they are given, averaged and without added keys."""
    asked = facts(ctx, rest, 4, "need_weights")
    if rest.given(4, "need_weights") is not None and (asked is None or truth(asked) is False):
        return NONE
    plain = switch(ctx, obj, 4, "add_bias_kv", False) is False and switch(ctx, obj, 5, "add_zero_attn", False) is False
    averaged = rest.given(6, "average_attn_weights") is None or truth(facts(ctx, rest, 6, "average_attn_weights") or UNKNOWN) is True
    known = asked is None or truth(asked) is True
    if not (plain and averaged and known) or query.shape.rank != 3 or key.shape.rank != 3 or batch_first is None or rest.more:
        return unknown_tensor("weights", fed=fed_by(query, key)) if known else UNKNOWN
    time = 1 if batch_first else 0
    batch, length, source = query.shape.at(1 - time), query.shape.at(time), key.shape.at(time)
    if batch is None or length is None or source is None:
        return unknown_tensor("weights")
    out = activation(ctx, "attention", "attention weights", Shape((batch, length, source)), [query, key], reach="mixed-time", scale="probs")
    return replace(out, norm=source)


@call("torch.nn.functional.scaled_dot_product_attention")
def scaled_dot_product(ctx: Ctx, args: Args) -> Value:
    """query (*, L, E), value (*, S, Ev) -> (*, L, Ev)."""
    query, key, value = (argument(ctx, args, i, n) for i, n in enumerate(("query", "key", "value")))
    query = with_tail(ctx, query, fresh("L"), fresh("E"))
    value = with_tail(ctx, value, fresh("S"), fresh("E"))
    last = value.shape.at(-1) if head(value.shape, 1) is not None else None
    same = args.given(0, "query") == args.given(1, "key")
    reach = _between(query, key, same, facts(ctx, args, 3, "attn_mask"), facts(ctx, args, 5, "is_causal"))
    shape = retailed(query.shape, 1, last if last is not None else Axis((fresh("E"),)))
    words = "scaled_dot_product_attention"
    return activation(ctx, "attention", words, shape, [*_first(key, value, same), query], reach=reach, along=[query], contiguous=None)


@call("torch.nn.functional.multi_head_attention_forward")
def multi_head_forward(ctx: Ctx, args: Args) -> Value:
    """(output of the query's shape, weights that are not known)."""
    query, key = argument(ctx, args, 0, "query"), argument(ctx, args, 1, "key")
    out = activation(
        ctx, "attention", "multi_head_attention_forward", query.shape, [key, query], reach="mixed-time", along=[query], contiguous=None
    )
    return Seq("tuple", (out, UNKNOWN), UNKNOWN, Dim.of(2))


# the Transformer modules


@instance("torch.nn.TransformerEncoderLayer")
def encoder_layer(ctx: Ctx, args: Args) -> Value:
    """src -> the same shape."""
    obj, rest = owner(ctx, args)
    x = with_tail(ctx, argument(ctx, rest, 0, "src"), size(ctx, obj, 0, "d_model"))
    return _encoded(ctx, obj, x, facts(ctx, rest, 1, "src_mask"), facts(ctx, rest, 3, "is_causal"), _layer_order(ctx, obj))


@instance("torch.nn.TransformerEncoder")
def encoder(ctx: Ctx, args: Args) -> Value:
    """src -> the same shape, through layers of a kind."""
    obj, rest = owner(ctx, args)
    layer = option(ctx, obj, 0, "encoder_layer")
    x = argument(ctx, rest, 0, "src")
    order: bool | None = None
    if isinstance(layer, LibObj) and layer.cls == "torch.nn.TransformerEncoderLayer":
        x = with_tail(ctx, x, size(ctx, layer, 0, "d_model"))
        order = _layer_order(ctx, layer)
    elif not isinstance(layer, Unknown):
        return _own_layer(ctx, obj.args.given(0, "encoder_layer"), [rest.given(0, "src")], rest, ("src_key_padding_mask",))
    return _encoded(ctx, obj, x, facts(ctx, rest, 1, "mask"), facts(ctx, rest, 3, "is_causal"), order)


def _encoded(ctx: Ctx, obj: LibObj, x: Tensor, mask: Given, is_causal: Given, order: bool | None) -> Tensor:
    misread = misread_batch(x, order, module_name(obj))
    reach = _under(mask, is_causal)
    return activation(ctx, "encoder", module_name(obj), x.shape, [x], reach=reach, misread=misread, contiguous=None)


@instance("torch.nn.TransformerDecoderLayer")
def decoder_layer(ctx: Ctx, args: Args) -> Value:
    """tgt, memory -> the shape of tgt."""
    obj, rest = owner(ctx, args)
    x = with_tail(ctx, argument(ctx, rest, 0, "tgt"), size(ctx, obj, 0, "d_model"))
    return _decoded(ctx, obj, x, argument(ctx, rest, 1, "memory"), rest, _layer_order(ctx, obj))


@instance("torch.nn.TransformerDecoder")
def decoder(ctx: Ctx, args: Args) -> Value:
    """tgt, memory -> the shape of tgt, through layers of a kind."""
    obj, rest = owner(ctx, args)
    layer = option(ctx, obj, 0, "decoder_layer")
    x, memory = argument(ctx, rest, 0, "tgt"), argument(ctx, rest, 1, "memory")
    order: bool | None = None
    if isinstance(layer, LibObj) and layer.cls == "torch.nn.TransformerDecoderLayer":
        x = with_tail(ctx, x, size(ctx, layer, 0, "d_model"))
        order = _layer_order(ctx, layer)
    elif not isinstance(layer, Unknown):
        return _own_layer(ctx, obj.args.given(0, "decoder_layer"), [rest.given(0, "tgt"), rest.given(1, "memory")], rest, _MASKS)
    return _decoded(ctx, obj, x, memory, rest, order)


_MASKS = ("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask")


def _decoded(ctx: Ctx, obj: LibObj, x: Tensor, memory: Tensor, rest: Args, order: bool | None) -> Tensor:
    reach = _under(facts(ctx, rest, 2, "tgt_mask"), facts(ctx, rest, 6, "tgt_is_causal"))
    misread = misread_batch(x, order, module_name(obj)) or misread_batch(memory, order, module_name(obj))
    reach = _with_memory(reach, x, memory, facts(ctx, rest, 3, "memory_mask"))
    return activation(
        ctx, "decoder", module_name(obj), x.shape, [memory, x], reach=reach, along=[x], misread=misread, contiguous=None
    )  # fmt: skip


def _with_memory(reach: Reach, x: Tensor, memory: Tensor, mask: Given) -> Reach:
    """A memory made of the same ids shows the decoder what its own mask hides."""
    shared = {o.source for o in fed_by(x)} & {o.source for o in fed_by(memory)}
    return "mixed-time" if shared and reach == "causal" and _under(mask, None) != "causal" else reach


def _own_layer(ctx: Ctx, layer: Value | None, inputs: list[Value | None], rest: Args, names: tuple[str, ...]) -> Value:
    """A layer of the user's own: what one of them gives, when it keeps the shape."""
    if layer is None or None in inputs:
        return unknown_tensor("x")
    kw = tuple((k, v) for k, v in rest.kw if k in names)
    out = ctx.get(ctx.call(layer, Args(tuple(i for i in inputs if i is not None), kw, rest.more)))
    first = ctx.get(inputs[0]) if inputs[0] is not None else UNKNOWN
    if isinstance(out, Tensor) and isinstance(first, Tensor) and out.shape == first.shape:
        return out
    return unknown_tensor("x", fed=out.fed if isinstance(out, Tensor) else ())


def _layer_order(ctx: Ctx, layer: LibObj) -> bool | None:
    return switch(ctx, layer, 6, "batch_first", False)


@instance("torch.nn.Transformer")
def transformer(ctx: Ctx, args: Args) -> Value:
    """src, tgt -> the shape of tgt."""
    obj, rest = owner(ctx, args)
    width = size(ctx, obj, 0, "d_model", 512)
    order = switch(ctx, obj, 10, "batch_first", False)
    src = with_tail(ctx, argument(ctx, rest, 0, "src"), width)
    tgt = with_tail(ctx, argument(ctx, rest, 1, "tgt"), width)
    reach = _under(facts(ctx, rest, 3, "tgt_mask"), facts(ctx, rest, 9, "tgt_is_causal"))
    reach = _with_memory(reach, tgt, src, facts(ctx, rest, 4, "memory_mask"))
    misread = misread_batch(src, order, "Transformer") or misread_batch(tgt, order, "Transformer")
    return activation(
        ctx, "transformer", "Transformer", tgt.shape, [src, tgt], reach=reach, along=[tgt], misread=misread, contiguous=None
    )  # fmt: skip


# causal masks


@call("torch.nn.Transformer.generate_square_subsequent_mask", "torch.nn.modules.transformer._generate_square_subsequent_mask")
def subsequent_mask(ctx: Ctx, args: Args) -> Value:
    """(n, n) with -inf above the diagonal."""
    raw = args.given(0, "sz")
    value = ctx.get(raw) if raw is not None else UNKNOWN
    n = value.dim if isinstance(value, Num) else fresh("n")
    shape = Shape.of(n, n)
    given = value.step if isinstance(value, Num) else None
    step = ctx.step("causal_mask", f"causal mask {shape}", given, shape=shape)
    return Tensor(shape, dtype="float", scale="mask", mask=Mask("causal", "real", uid=uid(), step=step), step=step)


@object_method("torch.nn.Transformer.generate_square_subsequent_mask")
def subsequent_mask_by_method(ctx: Ctx, args: Args) -> Value:
    """The same, asked of an instance."""
    return subsequent_mask(ctx, Args(args.pos[1:], args.kw, args.more))


@object_method("torch.nn.Transformer.encoder")
def transformer_encoder(ctx: Ctx, args: Args) -> Value:
    """`self.transformer.encoder(src, mask=...)`."""
    return encoder(ctx, Args((_part(ctx, args, "TransformerEncoder"), *args.pos[1:]), args.kw, args.more))


@object_method("torch.nn.Transformer.decoder")
def transformer_decoder(ctx: Ctx, args: Args) -> Value:
    """`self.transformer.decoder(tgt, memory, ...)`."""
    return decoder(ctx, Args((_part(ctx, args, "TransformerDecoder"), *args.pos[1:]), args.kw, args.more))


def _part(ctx: Ctx, args: Args, kind: str) -> LibObj:
    """The encoder or decoder inside a Transformer, as a module of its own."""
    obj, _ = owner(ctx, args)
    given = obj.args
    first = given.given(10, "batch_first")
    kw: tuple[tuple[str, Value], ...] = () if first is None else (("batch_first", first),)
    layer = LibObj(f"torch.nn.{kind}Layer", Args((Num(size(ctx, obj, 0, "d_model", 512)),), kw, given.more), (), obj.uid)
    return LibObj(f"torch.nn.{kind}", Args((layer,)), (), obj.uid)
