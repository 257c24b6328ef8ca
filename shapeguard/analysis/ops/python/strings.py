"""Methods and constants of strings."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith, texts
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.token_names import plain_words
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Seq, Value
from shapeguard.analysis.ops.python.read_texts import TEXT, is_text
from shapeguard.analysis.ops.table import Ctx, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import make

LONGEST = 1_000_000  # characters of a string that is made

_STRING_METHODS = (
    "split", "rsplit", "splitlines", "lower", "upper", "strip", "lstrip", "rstrip", "replace", "startswith", "endswith", "title",
    "isdigit", "isalpha", "count", "find", "rfind", "zfill", "removeprefix", "removesuffix", "partition", "casefold", "encode",
)  # fmt: skip


def _string_method(name: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        known = [arith.literal(ctx.get(a)) for a in args.pos]
        values = [k[0] for k in known if k is not None]
        if len(values) == len(known) and not args.kw and not args.more and values and isinstance(values[0], str):
            if name == "replace" and len(values) > 2 and len(values[0]) * len(str(values[2])) > LONGEST:
                return UNKNOWN
            if any(isinstance(v, int) and v > LONGEST for v in values):  # zfill
                return UNKNOWN
            try:
                made = _fact(ctx, getattr(str, name)(*values))
                return replace(made, unpadded=_plain(made)) if isinstance(made, Seq) else made
            except (TypeError, ValueError, LookupError, OverflowError):
                return UNKNOWN
        return Seq("list", None, UNKNOWN, fresh("n")) if "split" in name else UNKNOWN

    op.__doc__ = f"`str.{name}`."
    object_method(f"str.{name}")(op)


def _fact(ctx: Ctx, value: Any) -> Value:
    if isinstance(value, (list, tuple)):
        return make(ctx, "tuple" if isinstance(value, tuple) else "list", tuple(arith.constant(v) for v in value))
    return arith.constant(value)


def _plain(parts: Seq) -> bool:
    """Whether the parts of a text that is written out do not end in padding."""
    words = [i.value for i in parts.items or () if isinstance(i, Const) and isinstance(i.value, str)]
    return parts.items is not None and len(words) == len(parts.items) and plain_words(words)


for _name in _STRING_METHODS:
    _string_method(_name)


@object_method("str.format")
def str_format(ctx: Ctx, args: Args) -> Value:
    """`"{} {}".format(text, token)`: which special tokens are in it."""
    values, named = [ctx.get(v) for v in args.pos[1:]], [(k, ctx.get(v)) for k, v in args.kw]
    return texts.filled_in(ctx.get(args.pos[0]), values, named) or UNKNOWN


@object_method("str.join")
def str_join(ctx: Ctx, args: Args) -> Value:
    """`sep.join(parts)`."""
    sep = arith.literal(ctx.get(args.pos[0]))
    parts = ctx.get(args.pos[1]) if len(args.pos) > 1 else UNKNOWN
    if sep is not None and is_text(ctx.get(parts.elem) if isinstance(parts, Seq) and parts.unpadded else parts):
        return TEXT
    if sep is None or not isinstance(parts, Seq) or parts.items is None:
        return UNKNOWN
    marked = texts.joined(map(ctx.get, parts.items))
    if marked is not None:
        return marked
    known = [arith.literal(ctx.get(i)) for i in parts.items]
    pieces = [k[0] for k in known if k is not None and isinstance(k[0], str)]
    if sum(map(len, pieces)) + len(pieces) * len(str(sep[0])) > LONGEST:
        return UNKNOWN
    return Const(str(sep[0]).join(pieces)) if len(pieces) == len(known) else UNKNOWN


_CONSTANTS = {
    "ascii_letters": string.ascii_letters, "ascii_lowercase": string.ascii_lowercase, "ascii_uppercase": string.ascii_uppercase,
    "digits": string.digits, "hexdigits": string.hexdigits, "octdigits": string.octdigits, "printable": string.printable,
    "punctuation": string.punctuation, "whitespace": string.whitespace,
}  # fmt: skip

for _name, _value in _CONSTANTS.items():
    object_attribute(f"string.{_name}")(lambda ctx, args, value=_value: Const(value))
