"""Other tokenizers: the tokenizers library, SentencePiece, tiktoken and fairseq-like dictionaries."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Dim, End, Fill, LibObj, Map, Num, Origin, Seq, Value, uid
from shapeguard.analysis.ops.table import Ctx, call, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg

TOKENIZER = "tokenizers.Tokenizer"
PIECES = "sentencepiece.SentencePieceProcessor"
TIKTOKEN = "tiktoken.Encoding"


def _object(ctx: Ctx, value: Value) -> LibObj | None:
    facts = ctx.get(value)
    return facts if isinstance(facts, LibObj) else None


def _ids(ctx: Ctx, obj: LibObj, fills: tuple[Fill, ...] = (), length: Dim | None = None) -> Seq:
    return Seq(
        "list", None, arith.any_id(), length or fresh("T", "time"), fills=fills, unpadded=not fills, origin=Origin(uid()),
        low=Dim(), high=_size(obj), step=fills[0].step if fills else obj.step,
    )  # fmt: skip


def _size(obj: LibObj) -> Dim:
    return arith.symbol_for_key(("vocabulary", obj.uid), "", "V", "class")


def _token(obj: LibObj, text: str) -> Num:
    return Num(arith.symbol_for_key(("token", obj.uid), text, text, role_of_token(text)))


# tokenizers.Tokenizer


@call(
    TOKENIZER, *(f"{TOKENIZER}.{n}" for n in ("from_file", "from_pretrained", "from_str")), "tokenizers.ByteLevelBPETokenizer",
    "tokenizers.BertWordPieceTokenizer", "tokenizers.SentencePieceBPETokenizer", "tokenizers.CharBPETokenizer",
    "tokenizers.implementations.ByteLevelBPETokenizer", "tokenizers.ByteLevelBPETokenizer.from_file",
)  # fmt: skip
def tokenizer(ctx: Ctx, args: Args) -> Value:
    """`Tokenizer.from_file(path)`."""
    return LibObj(TOKENIZER, args, uid=uid(), step=ctx.step("tokenizer", "the tokenizer is made here"))


@object_method(f"{TOKENIZER}.token_to_id", f"{PIECES}.piece_to_id", f"{PIECES}.PieceToId")
def token_to_id(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.token_to_id("[PAD]")`: one certain id."""
    obj = _object(ctx, args.pos[0])
    key = arith.literal(ctx.get(args.pos[1])) if len(args.pos) > 1 else None
    if obj is None:
        return UNKNOWN
    return _token(obj, key[0]) if key is not None and isinstance(key[0], str) else arith.any_id()


@object_method(f"{TOKENIZER}.enable_padding")
def enable_padding(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.enable_padding(pad_id=3, length=...)`: the default id is 0."""
    obj = _object(ctx, args.pos[0])
    if obj is None:
        return NONE
    pad = arg(ctx, args, None, "pad_id")
    made = obj.with_fact("pad", Num(Dim()) if pad is None else pad)
    made = made.with_fact("length", arg(ctx, args, None, "length") or NONE).with_fact("side", arg(ctx, args, None, "direction") or NONE)
    ctx.set(args.pos[0], made)
    return NONE


@object_method(f"{TOKENIZER}.no_padding")
def no_padding(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.no_padding()`."""
    obj = _object(ctx, args.pos[0])
    if obj is not None:
        ctx.set(args.pos[0], replace(obj, facts=tuple((k, v) for k, v in obj.facts if k != "pad")))
    return NONE


def _encoding(ctx: Ctx, obj: LibObj, many: bool) -> Value:
    pad = obj.fact("pad")
    length = obj.fact("length")
    width = length.dim if isinstance(length, Num) else None
    fills: tuple[Fill, ...] = ()
    if pad is not None and (many or width is not None):
        known = pad.dim if isinstance(pad, Num) else None
        step = ctx.step("tokenizer", f"the tokenizer pads with {known if known is not None else 'its pad id'}", obj.step)
        fills = (Fill(known, step, "before" if obj.fact("side") == Const("left") else "after"),)
    ids = _ids(ctx, obj, fills, width)
    return Map((("ids", ctx.new(ids)), ("tokens", UNKNOWN), ("attention_mask", UNKNOWN)), UNKNOWN, kind="Encoding")


@object_method(f"{TOKENIZER}.encode")
def encode(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.encode(text)`: an encoding with `.ids`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else _encoding(ctx, obj, many=False)


@object_method(f"{TOKENIZER}.encode_batch")
def encode_batch(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.encode_batch(texts)`."""
    obj = _object(ctx, args.pos[0])
    texts = arg(ctx, args, 1, "input")
    size = texts.length if isinstance(texts, Seq) else fresh("B", "batch")
    return UNKNOWN if obj is None else Seq("list", None, _encoding(ctx, obj, many=True), size)


@object_method(f"{TOKENIZER}.get_vocab_size", f"{PIECES}.get_piece_size", f"{PIECES}.vocab_size", f"{PIECES}.__len__")
@object_attribute(f"{TIKTOKEN}.n_vocab", f"{TIKTOKEN}.max_token_value")
def size(ctx: Ctx, args: Args) -> Value:
    """The size of the vocabulary."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(_size(obj))


@object_method(f"{TOKENIZER}.get_vocab")
def vocab(ctx: Ctx, args: Args) -> Value:
    """`tokenizer.get_vocab()`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else Map((), Num(arith.symbol_for_key(("any", obj.uid), "", "id", "token")))


# SentencePiece


@call(PIECES)
def pieces(ctx: Ctx, args: Args) -> Value:
    """`SentencePieceProcessor(model_file=...)`."""
    return LibObj(PIECES, args, uid=uid(), step=ctx.step("SentencePieceProcessor", "the tokenizer is made here"))


@object_method(f"{PIECES}.load", f"{PIECES}.Load")
def load(ctx: Ctx, args: Args) -> Value:
    """`sp.load(path)`."""
    return NONE


def _special(role: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        obj = _object(ctx, args.pos[0])
        return UNKNOWN if obj is None else Num(arith.symbol_for_key(("special", obj.uid), role, f"{role}_id", role))

    op.__doc__ = f"`sp.{role}_id()`."
    object_method(f"{PIECES}.{role}_id")(op)


for _role in ("pad", "bos", "eos", "unk"):
    _special(_role)


@object_method(f"{PIECES}.encode", f"{PIECES}.Encode", f"{PIECES}.encode_as_ids", f"{PIECES}.EncodeAsIds", f"{PIECES}.tokenize")
def encode_pieces(ctx: Ctx, args: Args) -> Value:
    """`sp.encode(text, out_type=int)`: never padded."""
    obj = _object(ctx, args.pos[0])
    text = arg(ctx, args, 1, "input")
    kind = args.given(None, "out_type")
    if obj is None or (kind is not None and getattr(ctx.get(kind), "name", "") != "builtins.int"):
        return UNKNOWN
    ids = _ids(ctx, obj)
    if arg(ctx, args, None, "add_eos") == Const(True):
        step = ctx.step("encode", "add_eos=True ends each sequence", obj.step)
        ids = replace(ids, ends=(End(arith.symbol_for_key(("special", obj.uid), "eos", "eos_id", "eos"), step),))
    return Seq("list", None, ids, text.length) if isinstance(text, Seq) else ids


# tiktoken


@call("tiktoken.get_encoding", "tiktoken.encoding_for_model", TIKTOKEN)
def tiktoken(ctx: Ctx, args: Args) -> Value:
    """`tiktoken.get_encoding("gpt2")`."""
    return LibObj(TIKTOKEN, args, uid=uid(), step=ctx.step("tiktoken", "the tokenizer is made here"))


@object_method(f"{TIKTOKEN}.encode", f"{TIKTOKEN}.encode_ordinary")
def encode_tiktoken(ctx: Ctx, args: Args) -> Value:
    """`enc.encode(text)`: never padded."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else _ids(ctx, obj)


@object_method(f"{TIKTOKEN}.encode_batch", f"{TIKTOKEN}.encode_ordinary_batch")
def encode_tiktoken_batch(ctx: Ctx, args: Args) -> Value:
    """`enc.encode_batch(texts)`."""
    obj = _object(ctx, args.pos[0])
    texts = arg(ctx, args, 1, "text")
    return UNKNOWN if obj is None else Seq("list", None, _ids(ctx, obj), texts.length if isinstance(texts, Seq) else fresh("n"))


@object_attribute(f"{TIKTOKEN}.eot_token")
def eot_token(ctx: Ctx, args: Args) -> Value:
    """`enc.eot_token`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(arith.symbol_for_key(("special", obj.uid), "eot", "eot_token", "eos"))
