"""Vocabularies of torchtext: which id a token has."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Dim, LibObj, Map, Num, Origin, Seq, Value, uid
from shapeguard.analysis.ops.python.containers import listlike
from shapeguard.analysis.ops.table import Ctx, call, instance, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg, make

VOCAB = "torchtext.vocab.Vocab"


@call("torchtext.vocab.build_vocab_from_iterator", "torchtext.vocab.vocab", VOCAB, "torchtext.legacy.vocab.Vocab")
def vocab(ctx: Ctx, args: Args) -> Value:
    """`build_vocab_from_iterator(..., specials=["<unk>", "<pad>"])`: specials are numbered in their order."""
    specials = arg(ctx, args, None, "specials")
    first = arg(ctx, args, None, "special_first") or arg(ctx, args, None, "specials_first")
    facts: tuple[tuple[str, Value], ...] = ()
    if isinstance(specials, Seq) and specials.items is not None and first in (None, Const(True)):
        facts = (("specials", specials),)
    return LibObj(VOCAB, args, facts, uid=uid())


def vocab_of(ctx: Ctx, value: Value) -> LibObj | None:
    facts = ctx.get(value)
    return facts if isinstance(facts, LibObj) and facts.cls == VOCAB else None


def token_id(ctx: Ctx, obj: LibObj, token: Value) -> Value:
    """The id of a token: its place among the specials, a symbol of its own for another known string, or any id."""
    key = arith.literal(ctx.get(token))
    if key is None or not isinstance(key[0], str):
        return arith.any_id()
    specials = obj.fact("specials")
    names = [arith.literal(ctx.get(i)) for i in specials.items] if isinstance(specials, Seq) and specials.items is not None else []
    if key in names and None not in names[: names.index(key)]:
        return Num(Dim.of(names.index(key)))
    return Num(arith.symbol_for_key(("vocab", obj.uid), key[0], key[0], role_of_token(key[0])))


def vocab_size(obj: LibObj) -> Dim:
    """The number of tokens of a vocabulary."""
    return arith.symbol_for_key(("vocab size", obj.uid), "", "V", "class")


@object_method(f"{VOCAB}.__len__")
def vocab_len(ctx: Ctx, args: Args) -> Value:
    """`len(vocab)`."""
    obj = vocab_of(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(vocab_size(obj))


@object_method(f"{VOCAB}.__getitem__", f"{VOCAB}.lookup_index")
def vocab_item(ctx: Ctx, args: Args) -> Value:
    """`vocab["<pad>"]`."""
    obj = vocab_of(ctx, args.pos[0])
    return UNKNOWN if obj is None or len(args.pos) < 2 else token_id(ctx, obj, args.pos[1])


@instance(VOCAB)
@object_method(f"{VOCAB}.lookup_indices", f"{VOCAB}.forward")
def vocab_call(ctx: Ctx, args: Args) -> Value:
    """`vocab(tokens)`: their ids."""
    obj = vocab_of(ctx, args.pos[0])
    tokens = listlike(ctx, args.pos[1]) if len(args.pos) > 1 else None
    if obj is None or tokens is None:
        return UNKNOWN
    if tokens.items is not None:
        return make(ctx, "list", tuple(token_id(ctx, obj, t) for t in tokens.items))
    size = tokens.length if tokens.length.role else fresh("T", "time")
    return Seq("list", None, arith.any_id(), size, origin=Origin(uid()), low=Dim(), high=vocab_size(obj))


@object_attribute(f"{VOCAB}.stoi")
@object_method(f"{VOCAB}.get_stoi")
def stoi(ctx: Ctx, args: Args) -> Value:
    """`vocab.stoi`: from tokens to ids."""
    obj = vocab_of(ctx, args.pos[0])
    if obj is None:
        return UNKNOWN
    specials = obj.fact("specials")
    names = specials.items if isinstance(specials, Seq) and specials.items is not None else ()
    keys = [arith.literal(ctx.get(i)) for i in names]
    known = tuple((k[0], token_id(ctx, obj, Const(k[0]))) for k in keys if k is not None)
    return Map(known, Num(arith.symbol_for_key(("any", obj.uid), "", "id", "token")))


@object_attribute(f"{VOCAB}.itos")
@object_method(f"{VOCAB}.get_itos")
def itos(ctx: Ctx, args: Args) -> Value:
    """`vocab.itos`: from ids to tokens."""
    obj = vocab_of(ctx, args.pos[0])
    return UNKNOWN if obj is None else Seq("list", None, UNKNOWN, vocab_size(obj))


@object_method(f"{VOCAB}.set_default_index", f"{VOCAB}.load_vectors")
def nothing(ctx: Ctx, args: Args) -> Value:
    """Calls that give nothing."""
    return NONE


@object_method(f"{VOCAB}.insert_token")
def insert_token(ctx: Ctx, args: Args) -> Value:
    """`vocab.insert_token(token, index)` renumbers all behind it."""
    obj = vocab_of(ctx, args.pos[0])
    if obj is not None:
        ctx.set(args.pos[0], replace(obj, facts=(), uid=uid()))
    return NONE
