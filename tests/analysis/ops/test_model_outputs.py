"""What is claimed of the models of the transformers library: which class shifts labels, and what calling one gives."""

from __future__ import annotations

from typing import Any

import pytest

from shapeguard.analysis.facts.shapes import Dim, Same, Shape
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    LibObj,
    Map,
    Num,
    Origin,
    Seq,
    SliceV,
    Tensor,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers as models
from tests.analysis.ops.modules_harness import SYMS, FakeCtx

B, T, S = (Dim.of(SYMS[n]) for n in "BTS")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("GPT2LMHeadModel", "causal"),
        ("GPT2DoubleHeadsModel", "causal"),
        ("AutoModelForCausalLM", "causal"),
        ("LlamaForCausalLM", "causal"),
        ("BertLMHeadModel", "causal"),
        ("T5ForConditionalGeneration", "seq2seq"),
        ("MBartForConditionalGeneration", "seq2seq"),
        ("AutoModelForSeq2SeqLM", "seq2seq"),
        ("MarianMTModel", "seq2seq"),
        ("VisionEncoderDecoderModel", "seq2seq"),
        ("BertForMaskedLM", "masked"),
        ("AutoModelForTokenClassification", "tokens"),
        ("BertForSequenceClassification", "sequence"),
        ("BertModel", "hidden"),
        ("AutoModel", "hidden"),
        ("BartForCausalLM", ""),  # a decoder that takes labels as they are
        ("XLNetLMHeadModel", ""),
        ("LlavaForConditionalGeneration", ""),
        ("BertForPreTraining", ""),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert models.is_model(f"transformers.{name}")
    assert models.kind_of(f"transformers.{name}") == kind


@pytest.mark.parametrize(
    "name", ["AutoTokenizer", "TFBertModel", "FlaxGPT2LMHeadModel", "Trainer", "GPT2Config", "DataCollatorForLanguageModeling"]
)
def test_what_is_no_model(name: str) -> None:
    assert not models.is_model(f"transformers.{name}")


def make(ctx: FakeCtx, dotted: str, *args: Value, **kw: Value) -> Value:
    op = models.call_fallback(f"transformers.{dotted}")
    assert op is not None
    return ctx.new(op(ctx, Args(args, tuple(kw.items()))))


def call(ctx: FakeCtx, model: Value, *args: Value, **kw: Value) -> Map:
    out = table.INSTANCES[models.BASE](ctx, Args((model, *args), tuple(kw.items())))
    assert isinstance(out, Map) and out.kind == "ModelOutput"
    return out


def tensor(ctx: FakeCtx, value: Any) -> Tensor:
    facts = ctx.get(value)
    assert isinstance(facts, Tensor), facts
    return facts


def ids(ctx: FakeCtx, *dims: Dim) -> Value:
    return ctx.new(Tensor(Shape.of(*(dims or (B, T))), dtype="int64", scale="ids", origin=Origin(uid())))


def attribute(ctx: FakeCtx, config: Value | None, name: str) -> Value:
    assert config is not None
    return table.ATTRS[f"{models.CONFIG}.{name}"](ctx, Args((config,)))


def config(ctx: FakeCtx, model: Value) -> Value | None:
    obj = ctx.get(model)
    assert isinstance(obj, LibObj)
    return obj.fact("config")


def test_a_causal_model() -> None:
    ctx = FakeCtx()
    model = make(ctx, "AutoModelForCausalLM.from_pretrained", Const("gpt2"))
    x = ids(ctx)
    out = call(ctx, model, x)
    logits = tensor(ctx, out.get("logits"))
    assert (str(logits.shape), logits.scale) == ("(B, T, vocab_size)", "logits")
    assert logits.fed == (tensor(ctx, x).origin,) and logits.note("causal")
    assert out.get(0) == out.get("logits") and not ctx.losses
    assert attribute(ctx, config(ctx, model), "vocab_size") == Num(_last(logits))
    assert _last(tensor(ctx, call(ctx, model, x).get("logits"))) == _last(logits)


def _last(x: Tensor) -> Dim:
    axis = x.shape.at(-1)
    assert axis is not None and axis.size is not None
    return axis.size


def test_labels_make_a_loss_and_put_it_first() -> None:
    ctx = FakeCtx()
    model = make(ctx, "GPT2LMHeadModel.from_pretrained", Const("gpt2"))
    x = ids(ctx)
    out = call(ctx, model, input_ids=x, attention_mask=UNKNOWN, labels=x)
    [(kind, obj, logits, targets)] = ctx.losses
    assert (kind, obj.cls, targets) == ("causal", "transformers.GPT2LMHeadModel", tensor(ctx, x))
    assert logits == tensor(ctx, out.get("logits"))
    assert tensor(ctx, out.get(0)).scale == "loss" and out.get(1) == out.get("logits")
    call(ctx, model, input_ids=x, labels=NONE)
    assert len(ctx.losses) == 1


def test_labels_that_may_be_none_leave_the_positions_open() -> None:
    ctx = FakeCtx()
    model = make(ctx, "GPT2LMHeadModel.from_pretrained", Const("gpt2"))
    labels = ctx.new(UNKNOWN)
    out = call(ctx, model, ids(ctx), labels=labels)
    assert out.get(0) == UNKNOWN and ctx.get(labels) == UNKNOWN
    assert len(ctx.losses) == 1


def test_a_model_that_feeds_its_labels_to_the_decoder() -> None:
    ctx = FakeCtx()
    model = make(ctx, "T5ForConditionalGeneration.from_pretrained", Const("t5-small"))
    src, labels = ids(ctx), ids(ctx, B, S)
    logits = tensor(ctx, call(ctx, model, input_ids=src, labels=labels).get("logits"))
    assert str(logits.shape) == "(B, S, vocab_size)"
    origin = tensor(ctx, labels).origin
    assert origin is not None and logits.fed[-1] == Origin(origin.source, Dim.of(-1)), "position t is fed the label before it"
    given = tensor(ctx, call(ctx, model, input_ids=src, decoder_input_ids=labels).get("logits"))
    assert given.fed == (tensor(ctx, src).origin, origin)


def test_hidden_states() -> None:
    ctx = FakeCtx()
    model = make(ctx, "BertModel.from_pretrained", Const("bert-base-uncased"))
    out = call(ctx, model, ids(ctx), attention_mask=UNKNOWN)
    state = tensor(ctx, out.get("last_hidden_state"))
    assert (str(state.shape), state.scale) == ("(B, T, hidden_size)", "embedding")
    assert state.note("bidirectional") and out.get("pooler_output") == UNKNOWN
    assert attribute(ctx, config(ctx, model), "hidden_size") == Num(_last(state))


def test_an_image_model_gets_no_positions() -> None:
    ctx = FakeCtx()
    images = ctx.new(unknown_tensor("images"))
    model = make(ctx, "AutoModel.from_pretrained", Const("google/vit"))
    assert tensor(ctx, call(ctx, model, images).get("last_hidden_state")).shape.pack is not None
    mixed = make(ctx, "AutoModelForCausalLM.from_pretrained", Const("llava"))
    assert tensor(ctx, call(ctx, mixed, input_ids=ids(ctx), pixel_values=images).get("logits")).shape.pack is not None


def test_heads_take_their_sizes_from_the_configuration() -> None:
    ctx = FakeCtx()
    nine = Num(Dim.of(9))
    tags = make(ctx, "BertForTokenClassification.from_pretrained", Const("bert-base-uncased"), num_labels=nine)
    assert str(tensor(ctx, call(ctx, tags, ids(ctx)).get("logits")).shape) == "(B, T, 9)"
    sequence = make(ctx, "AutoModelForSequenceClassification.from_pretrained", Const("x"), num_labels=nine)
    assert str(tensor(ctx, call(ctx, sequence, ids(ctx)).get("logits")).shape) == "(B, 9)"
    own = make(ctx, "GPT2Config", vocab_size=Num(Dim.of(50)), n_embd=Num(Dim.of(8)))
    small = make(ctx, "GPT2LMHeadModel", own)
    assert str(tensor(ctx, call(ctx, small, ids(ctx)).get("logits")).shape) == "(B, T, 50)"
    assert attribute(ctx, own, "hidden_size") == Num(Dim.of(8))


def test_ids_of_a_configuration_are_its_own() -> None:
    ctx = FakeCtx()
    a = make(ctx, "GPT2LMHeadModel.from_pretrained", Const("gpt2"))
    pad, eos = (attribute(ctx, config(ctx, a), n) for n in ("pad_token_id", "eos_token_id"))
    assert isinstance(pad, Num) and isinstance(eos, Num) and pad.dim.same(eos.dim) is Same.MAYBE
    assert (pad.dim.role, eos.dim.role) == ("pad", "eos")
    held = config(ctx, a)
    obj = ctx.get(held) if held is not None else UNKNOWN
    assert isinstance(obj, LibObj) and held is not None
    ctx.set(held, obj.with_fact("pad_token_id", eos))
    assert attribute(ctx, held, "pad_token_id") == eos


def test_resized_embeddings_change_the_head() -> None:
    ctx = FakeCtx()
    model = make(ctx, "GPT2LMHeadModel.from_pretrained", Const("gpt2"))
    before = _last(tensor(ctx, call(ctx, model, ids(ctx)).get("logits")))
    table.METHODS[f"{models.BASE}.resize_token_embeddings"](ctx, Args((model, Num(Dim.of(50300)))))
    after = _last(tensor(ctx, call(ctx, model, ids(ctx)).get("logits")))
    assert before != after and after == Dim.of(50300)


def test_outputs_by_position() -> None:
    ctx = FakeCtx()
    model = make(ctx, "GPT2LMHeadModel.from_pretrained", Const("gpt2"))
    x = ids(ctx)
    out = ctx.new(call(ctx, model, x, labels=x))
    item = table.METHODS["ModelOutput.__getitem__"]
    both = item(ctx, Args((out, SliceV(hi=Num(Dim.of(2))))))
    assert isinstance(both, Seq) and both.items is not None and tensor(ctx, both.items[1]).scale == "logits"
    assert item(ctx, Args((out, Num(Dim.of(-1))))) == UNKNOWN, "what comes last is not known"
    assert tensor(ctx, item(ctx, Args((out, Const("logits"))))).scale == "logits"
