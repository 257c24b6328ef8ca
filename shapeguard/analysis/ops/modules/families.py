"""Families of transformers models: which class is a model, what it does with labels, which positions its outputs see."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from shapeguard.analysis.ops.modules.shared import Reach

Kind: TypeAlias = Literal["causal", "seq2seq", "masked", "tokens", "sequence", "hidden", ""]
PACKAGES = ("transformers.", "pytorch_transformers.")

# which classes do what, read off transformers 4.57: the name alone does not tell
HEADS: tuple[tuple[str, Kind], ...] = (
    ("ForMaskedLM", "masked"), ("ForTokenClassification", "tokens"), ("ForSequenceClassification", "sequence"),
    ("ForSeq2SeqLM", "seq2seq"), ("ForCausalLM", "causal"), ("DoubleHeadsModel", "causal"), ("LMHeadModel", "causal"),
)  # fmt: skip
_OTHER_HEADS = ("ForConditionalGeneration", "ForPreTraining", "ForQuestionAnswering", "ForMultipleChoice", "WithLMHead", "WithLMHeadModel")
# decoders of translation models and permutation models: the loss takes the labels as they are
_NO_SHIFT = re.compile(
    r"^(Bart|BigBirdPegasus|Blenderbot|BlenderbotSmall|CpmAnt|MBart|Marian|Mvp|PLBart|Pegasus|ProphetNet|XLMProphetNet|TrOCR|Speech2Text2|"
    r"Whisper|Musicgen|MusicgenMelody|Git)ForCausalLM$|^XLNetLMHeadModel$|^BlipTextLMHeadModel$|^TransfoXLLMHeadModel$|WithLMHead"
)
# labels are shifted right to feed the decoder, the loss takes them as they are
_SEQ2SEQ = re.compile(
    r"^(Bart|BigBirdPegasus|Blenderbot|BlenderbotSmall|FSMT|LED|LongT5|M2M100|MBart|MT5|Mvp|NllbMoe|PLBart|Pegasus|PegasusX|ProphetNet|"
    r"Speech2Text|SwitchTransformers|T5|UMT5|T5Gemma|Whisper|XLMProphetNet|Pix2Struct|Udop|Moonshine)ForConditionalGeneration$"
    r"|^(VisionEncoderDecoder|SpeechEncoderDecoder|EncoderDecoder|MarianMT)Model$"
)
BASE_SEQ2SEQ = re.compile(
    r"^(Bart|BigBirdPegasus|Blenderbot|BlenderbotSmall|FSMT|LED|LongT5|M2M100|MBart|MT5|Marian|Mvp|NllbMoe|PLBart|Pegasus|PegasusX|"
    r"ProphetNet|Speech2Text|SwitchTransformers|T5|UMT5|T5Gemma|Whisper|XLMProphetNet)Model$"
)
ENCODERS = re.compile(
    r"^(Bert|Roberta|XLMRoberta|DistilBert|Albert|Electra|Camembert|Deberta|DebertaV2|MPNet|Longformer|BigBird|ModernBert|MobileBert|"
    r"Ernie|NomicBert|ConvBert|RoFormer|RoBertaPreLayerNorm)(Model|For\w+|LMHeadModel)$"
)
_DECODERS = re.compile(
    r"^(GPT2|GPTNeo|GPTNeoX|GPTJ|GPTBigCode|OPT|Llama|Mistral|Mixtral|Gemma|Gemma2|Qwen2|Qwen3|Phi|Phi3|Bloom|Falcon|CTRL|OpenAIGPT|CodeGen|"
    r"StableLm|Mpt|Starcoder2|Olmo|Olmo2|Granite|SmolLM3)(Model|For\w+|LMHeadModel|DoubleHeadsModel)$"
)
# arguments under which the positions of the output are those of the ids
TEXT = frozenset({
    "input_ids", "attention_mask", "token_type_ids", "position_ids", "head_mask", "inputs_embeds", "labels", "output_attentions",
    "output_hidden_states", "return_dict", "past_key_values", "use_cache", "decoder_input_ids", "decoder_attention_mask",
    "encoder_outputs", "encoder_hidden_states", "encoder_attention_mask", "decoder_head_mask", "cross_attn_head_mask",
    "decoder_inputs_embeds", "cache_position", "num_items_in_batch", "next_sentence_label", "mc_token_ids", "mc_labels", "past",
    "lm_labels", "masked_lm_labels",
})  # fmt: skip


def last(dotted: str) -> str:
    return dotted.rsplit(".", 1)[-1]


def is_model(dotted: str) -> bool:
    """Whether a dotted name is a model class of transformers."""
    if not dotted.startswith(PACKAGES):
        return False
    name = last(dotted)
    if name.startswith(("TF", "Flax")):
        return False
    return name.endswith("Model") or any(name.endswith(h) for h, _ in HEADS) or name.endswith(_OTHER_HEADS)


def kind_of(cls: str) -> Kind:
    """What a model class does with `labels`.

    causal   shifts them inside: logits at t are scored against labels at t + 1
    seq2seq  feeds them, shifted right, to its decoder, and scores logits at t against labels at t
    masked, tokens, sequence   takes them as they are; hidden: has no head; "": not known
    """
    name = last(cls)
    if _SEQ2SEQ.search(name):
        return "seq2seq"
    if _NO_SHIFT.search(name):
        return ""
    for suffix, kind in HEADS:
        if name.endswith(suffix):
            return kind
    return "hidden" if name.endswith("Model") else ""


def reach(cls: str, kind: Kind) -> Reach:
    """Which other positions an output sees."""
    name = last(cls)
    if kind == "seq2seq" or _DECODERS.match(name):
        return "causal"
    if ENCODERS.match(name):
        # as a language model it may have been told to be a decoder
        return "mixed-time" if kind == "causal" else "bidirectional"
    if kind == "masked":
        return "bidirectional"
    return "causal" if kind == "causal" else "mixed-time"
