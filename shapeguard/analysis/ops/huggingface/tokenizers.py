"""Tokenizers of transformers: which special tokens they have, which ids those are, and what assigning them changes."""

from __future__ import annotations

import re
from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.texts import Token, ends_in
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Dim, Inst, LibObj, Map, Method, Num, Seq, Step, Value, uid
from shapeguard.analysis.ops.table import Ctx, call, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg, elem_of

TOKENIZER = "transformers.PreTrainedTokenizer"
ROLES = ("pad", "eos", "bos", "unk", "cls", "sep", "mask")
_CLASSES = (
    "Auto", "Bert", "BertJapanese", "GPT2", "Roberta", "DistilBert", "T5", "MT5", "Albert", "XLNet", "XLMRoberta", "XLM", "Electra", "Bart",
    "Barthez", "MBart", "MBart50", "Camembert", "Llama", "CodeLlama", "Gemma", "Qwen2", "Bloom", "CodeGen", "OpenAIGPT", "TransfoXL",
    "Longformer", "Deberta", "DebertaV2", "Marian", "Pegasus", "Nllb", "M2M100", "ByT5", "Phobert", "MobileBert", "GPTNeoX",
    "Blenderbot", "BlenderbotSmall", "LED", "MPNet", "Reformer", "RoFormer", "BigBird", "Flaubert", "Funnel", "ProphetNet", "Speech2Text",
    "Whisper", "Wav2Vec2CTC", "CTRL", "CLIP", "LayoutLM", "Esm", "Herbert", "PLBart", "Cohere", "Bertweet", "XGLM", "CPM", "ConvBert",
)  # fmt: skip
_BASES = ("PreTrainedTokenizer", "PreTrainedTokenizerFast", "BertWordPieceTokenizer")
_PACKAGES = ("transformers", "pytorch_transformers", "pytorch_pretrained_bert")

_BERT = {"pad": 0, "unk": 100, "cls": 101, "sep": 102, "mask": 103}
_ROBERTA = {"bos": 0, "cls": 0, "pad": 1, "eos": 2, "sep": 2, "unk": 3}
# pretrained names whose special ids are published, and those that come without a pad token
_KNOWN: tuple[tuple[str, dict[str, int]], ...] = (
    (r"(google-bert/)?bert-(base|large)-.*|(distilbert/)?distilbert-base-.*|google/electra-.*|huawei-noah/TinyBERT.*", _BERT),
    (r"((FacebookAI/)?(xlm-)?roberta-(base|large)|facebook/bart-(base|large).*|(distilbert/)?distilroberta-base)", _ROBERTA),
    (r"((google-t5/)?t5-.*|google/(flan-t5|mt5|t5)-.*)", {"pad": 0, "eos": 1, "unk": 2}),
)
_GPT2 = re.compile(r"(openai-community/)?gpt2(-.*)?|(distilbert/)?distilgpt2|EleutherAI/gpt-(neo|j)-.*|microsoft/DialoGPT-.*")
_NO_PAD = re.compile(r"gpt2|gpt-?neo|gpt-?j|dialogpt|pythia|llama|mistral", re.IGNORECASE)
_OWN_PAD = re.compile(  # which have a pad token that is not the end token
    r"Qwen/(Qwen(1\.5|2|2\.5)-.*(Instruct|Chat)|QwQ-|Qwen3-(?!.*Base)).*|google/gemma.*|facebook/(opt|xglm)-.*|bigscience/bloom.*"
)
_APPENDS_EOS = re.compile(r"t5|bart|marian|opus|pegasus", re.IGNORECASE)


def tokenizer_of(ctx: Ctx, value: Value | None) -> LibObj | None:
    """The tokenizer behind a value; none behind one whose class pads in a way of its own."""
    facts = ctx.get(value) if value is not None else None
    if isinstance(facts, Inst) and not any(isinstance(ctx.attr(facts, name), Method) for name in ("pad", "_pad")):
        facts = ctx.get(ctx.attr(facts, "__lib__"))
    return facts if isinstance(facts, LibObj) and facts.cls == TOKENIZER else None


def _made(cls: str, pretrained: bool) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        name = arg(ctx, args, 0, "pretrained_model_name_or_path") if pretrained else None
        facts: list[tuple[str, Value]] = [("class", Const(cls)), ("name", name if isinstance(name, Const) else NONE)]
        facts += [(k, v) for k, v in args.kw if k.endswith(("_token", "padding_side"))]
        return LibObj(TOKENIZER, args, tuple(facts), uid=uid(), step=ctx.step("tokenizer", "the tokenizer is made here"))

    op.__doc__ = f"`{cls}{'.from_pretrained' if pretrained else ''}(...)`."
    for package in _PACKAGES:
        call(f"{package}.{cls}{'.from_pretrained' if pretrained else ''}")(op)


for _name in (*(f"{c}Tokenizer{s}" for c in _CLASSES for s in ("", "Fast")), *_BASES):
    _made(_name, pretrained=True)
    _made(_name, pretrained=False)


# which id a special token has


def owner_of(obj: LibObj) -> object:
    """What two tokenizers must share for their ids to be the same: the pretrained name, or being one object."""
    name = _text(obj.fact("name"))
    return ("pretrained", name) if name else ("tokenizer", obj.uid)


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def _published(obj: LibObj) -> dict[str, int]:
    name = _text(obj.fact("name"))
    return next((ids for pattern, ids in _KNOWN if re.fullmatch(pattern, name)), {}) if name else {}


def _gpt2(obj: LibObj) -> bool:
    return _text(obj.fact("class")).startswith("GPT2") or bool(_GPT2.fullmatch(_text(obj.fact("name"))))


def lacks_pad(obj: LibObj) -> bool:
    """Whether the tokenizer is known to come without a pad token."""
    cls = _text(obj.fact("class"))
    if cls.startswith(("GPT2", "Llama", "CodeLlama", "CodeGen", "GPTNeoX")):
        return True
    return cls.startswith("Auto") and bool(_NO_PAD.search(_text(obj.fact("name"))))


def appends_eos(obj: LibObj) -> bool:
    """Whether encoding ends every sequence in the end token."""
    option = obj.fact("add_eos_token")
    if option is not None:
        return option == Const(True)
    return bool(_APPENDS_EOS.search(_text(obj.fact("class")) + " " + _text(obj.fact("name"))))


def written_ends(ctx: Ctx, obj: LibObj, text: Value) -> tuple[tuple[Dim, Step | None, bool], ...]:
    """The ids of end tokens that were written into a text by hand, and whether each is this tokenizer's for sure."""
    facts = ctx.get(text)
    if isinstance(facts, Seq):
        each = [written_ends(ctx, obj, part) for part in facts.items or (elem_of(ctx, facts),)]
        return each[0] if each and all(each) else ()
    found: list[tuple[Dim, Step | None, bool]] = []
    for token in ends_in(facts):
        made = _id_of_token(ctx, obj, "", Const(token))
        end = made if isinstance(made, Num) else special_id(ctx, obj, "eos")
        if token.role == "eos" and isinstance(end, Num):
            found.append((end.dim, facts.step if isinstance(facts, Const) else None, isinstance(made, Num)))
    return tuple(found)


def special_id(ctx: Ctx, obj: LibObj, role: str) -> Value:
    """The id of a special token: Num, NONE where there is none, UNKNOWN."""
    for name, value in reversed(obj.facts):
        if name == f"{role}_token_id":
            facts = ctx.get(value)
            return facts if isinstance(facts, Num) or facts == NONE else UNKNOWN
        if name == f"{role}_token":
            return _id_of_token(ctx, obj, role, ctx.get(value))
    return _base_id(obj, role)


def _base_id(obj: LibObj, role: str) -> Value:
    published = _published(obj)
    if role in published:
        return Num(Dim.of(published[role]))
    if role == "pad" and lacks_pad(obj):
        return NONE
    if _gpt2(obj) and role in ("bos", "unk", "eos"):
        return Num(arith.symbol_for_key(owner_of(obj), "eos", "eos_token_id", "eos"))
    return Num(arith.symbol_for_key(owner_of(obj), role, f"{role}_token_id", role))


def _id_of_token(ctx: Ctx, obj: LibObj, role: str, token: Value) -> Value:
    if token == NONE:
        return NONE
    if isinstance(token, Const) and isinstance(token.value, Token):
        if token.value.owner != owner_of(obj):
            return UNKNOWN
        found = special_id(ctx, obj, token.value.role) if token.value.role != role else _base_id(obj, role)
        return replace(found, step=token.step) if isinstance(found, Num) else found
    text = _text(token)
    return replace(id_of_text(ctx, obj, text), step=token.step if isinstance(token, Const) else None) if text else UNKNOWN


def id_of_text(ctx: Ctx, obj: LibObj, text: str) -> Num:
    """The id of a token by its text."""
    if text == "<|endoftext|>" and _gpt2(obj):
        found = _base_id(obj, "eos")
        return found if isinstance(found, Num) else arith.any_id()
    published = _published(obj)
    role = role_of_token(text)
    if published is _BERT and text in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
        return Num(Dim.of(_BERT[text.strip("[]").lower()]))
    if published and published is not _BERT and text in ("<pad>", "<s>", "</s>") and role in published:
        return Num(Dim.of(published[role]))
    return Num(arith.symbol_for_key(owner_of(obj), ("text", text), text, role))


def _id_attribute(role: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        obj = tokenizer_of(ctx, args.pos[0])
        return UNKNOWN if obj is None else special_id(ctx, obj, role)

    op.__doc__ = f"`tokenizer.{role}_token_id`."
    object_attribute(f"{TOKENIZER}.{role}_token_id")(op)


def _token_attribute(role: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        obj = tokenizer_of(ctx, args.pos[0])
        if obj is None:
            return UNKNOWN
        given = obj.fact(f"{role}_token")
        if given is not None:
            return given
        if role == "pad":
            # a loaded tokenizer may or may not have one
            known = _published(obj) or not _auto(obj) or _OWN_PAD.fullmatch(_text(obj.fact("name")))
            return NONE if lacks_pad(obj) else _own(ctx, obj, role) if known else UNKNOWN
        return _own(ctx, obj, role)

    op.__doc__ = f"`tokenizer.{role}_token`."
    object_attribute(f"{TOKENIZER}.{role}_token")(op)


def _auto(obj: LibObj) -> bool:
    return _text(obj.fact("class")).startswith(("Auto", "PreTrained"))


def _own(ctx: Ctx, obj: LibObj, role: str) -> Const:
    if _gpt2(obj) and role in ("bos", "unk"):
        role = "eos"
    return Const(Token(role, owner_of(obj)), step=ctx.step(f"{role}_token", f"the tokenizer's own {role}_token is taken"))


for _role in ROLES:
    _id_attribute(_role)
    _token_attribute(_role)


@object_attribute(f"{TOKENIZER}.padding_side")
def padding_side(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.padding_side`."""
    obj = tokenizer_of(ctx, args.pos[0])
    return (obj.fact("padding_side") if obj is not None else None) or UNKNOWN


@object_method(f"{TOKENIZER}.add_special_tokens")
def add_special_tokens(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.add_special_tokens({"pad_token": "[PAD]"})`."""
    obj = tokenizer_of(ctx, args.pos[0])
    given = arg(ctx, args, 1, "special_tokens_dict")
    if obj is None:
        return UNKNOWN
    step: Step = ctx.step("add_special_tokens", "special tokens are added")
    made = replace(obj, facts=(*obj.facts, ("added", Const(len(obj.facts)))))
    for key, value in given.items if isinstance(given, Map) else ():
        facts = ctx.get(value)
        made = made.with_fact(str(key), replace(facts, step=facts.step or step) if isinstance(facts, Const) else facts)
    if not isinstance(given, Map):
        made = made.with_fact("pad_token", UNKNOWN)
    ctx.set(args.pos[0], made)
    return Num(fresh("n"))


@object_method(f"{TOKENIZER}.add_tokens", f"{TOKENIZER}.resize")
def add_tokens(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.add_tokens([...])`."""
    obj = tokenizer_of(ctx, args.pos[0])
    if obj is not None:
        ctx.set(args.pos[0], replace(obj, facts=(*obj.facts, ("added", Const(len(obj.facts))))))
    return Num(fresh("n"))


def token_count(obj: LibObj) -> Dim:
    """`len(tokenizer)`: another number each time that tokens were added."""
    added = sum(1 for name, _ in obj.facts if name == "added")
    return arith.symbol_for_key(owner_of(obj), ("len", added), "len(tokenizer)", "class")


@object_method(f"{TOKENIZER}.__len__")
def length(ctx: Ctx, args: Args) -> Value:
    """`len(tokenizer)`."""
    obj = tokenizer_of(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(token_count(obj))


@object_attribute(f"{TOKENIZER}.vocab_size")
def vocab_size(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.vocab_size`: without the added tokens."""
    obj = tokenizer_of(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(arith.symbol_for_key(owner_of(obj), "vocab_size", "vocab_size", "class"))


@object_attribute(f"{TOKENIZER}.vocab")
@object_method(f"{TOKENIZER}.get_vocab", f"{TOKENIZER}.get_added_vocab")
def vocab(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.vocab`, `tokenizer.get_vocab()`."""
    obj = tokenizer_of(ctx, args.pos[0])
    return UNKNOWN if obj is None else Map((), Num(arith.symbol_for_key(owner_of(obj), "any", "id", "token")))


@object_method(f"{TOKENIZER}.convert_tokens_to_ids")
def convert_tokens_to_ids(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.convert_tokens_to_ids(token or tokens)`."""
    obj = tokenizer_of(ctx, args.pos[0])
    tokens = arg(ctx, args, 1, "tokens")
    if obj is None or tokens is None:
        return UNKNOWN
    if isinstance(tokens, Seq):
        known = None if tokens.items is None else tuple(_converted(ctx, obj, ctx.get(t)) for t in tokens.items)
        return replace(tokens, kind="list", items=known, elem=arith.any_id(), fills=tuple(replace(f, id=None) for f in tokens.fills))
    return _converted(ctx, obj, tokens)


def _converted(ctx: Ctx, obj: LibObj, token: Value) -> Value:
    if isinstance(token, Const) and isinstance(token.value, Token):
        return _id_of_token(ctx, obj, "", token)
    text = _text(token)
    return id_of_text(ctx, obj, text) if text else UNKNOWN


@object_method(f"{TOKENIZER}.save_pretrained", f"{TOKENIZER}.save_vocabulary")
def nothing(ctx: Ctx, args: Args) -> Value:
    """Calls that change nothing."""
    return NONE
