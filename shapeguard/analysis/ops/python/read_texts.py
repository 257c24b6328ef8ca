"""Texts that a program reads: files, their lines and words, in which nothing was padded yet."""

from __future__ import annotations

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.token_names import plain_text
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Dim, Origin, Seq, Unknown, Value, uid
from shapeguard.analysis.ops.table import Ctx, call, object_method
from shapeguard.analysis.ops.tensors.members import arg

TEXT = Unknown(text=True)


def is_text(value: Value) -> bool:
    """Whether a value is a text that was read, or one that is written out and no padding."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return plain_text(value.value)
    return isinstance(value, Unknown) and value.text


def text_of(op: str, a: Value, b: Value) -> Unknown | None:
    """`line + "\\n"`: a text still."""
    read = any(isinstance(v, Unknown) and v.text for v in (a, b))
    return TEXT if op == "+" and read and is_text(a) and is_text(b) else None


def _opened(default: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        given = args.given(1, "mode")
        mode = Const(default) if given is None else ctx.get(given)
        letters = mode.value if isinstance(mode, Const) and isinstance(mode.value, str) else "b"
        return TEXT if "b" not in letters and ("r" in letters or "t" in letters) and not set(letters) & set("wax") else UNKNOWN

    op.__doc__ = "`open(path)`: a file of text; going over it gives its lines."
    call(*(("builtins.open", "io.open", "codecs.open") if default == "r" else ("gzip.open", "bz2.open", "lzma.open")))(op)


_opened("r")
_opened("rb")


def _same(ctx: Ctx, args: Args) -> Value:
    """A text made of another one."""
    return TEXT


def _parts(ctx: Ctx, args: Args) -> Value:
    """The parts of a text."""
    return Seq("list", None, TEXT, fresh("n"), unpadded=True)


def _filled(ctx: Ctx, args: Args) -> Value:
    """`text.replace(old, new)`: still a text, unless padding is put in."""
    new = arg(ctx, args, 2, "new")
    return TEXT if (new is not None and is_text(new)) or new == Const("") else UNKNOWN


def _bytes(ctx: Ctx, args: Args) -> Value:
    """`text.encode("utf-8")`: ids of bytes."""
    one = arith.any_id("byte", Dim(), Dim.of(256))
    return Seq("list", None, one, fresh("T", "time"), unpadded=True, origin=Origin(uid()), low=Dim(), high=Dim.of(256))


for _name in ("read", "readline", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "swapcase",
              "removeprefix", "removesuffix", "__enter__", "decode"):  # fmt: skip
    object_method(f"text.{_name}")(_same)
for _name in ("split", "rsplit", "splitlines", "readlines", "partition", "rpartition"):
    object_method(f"text.{_name}")(_parts)
object_method("text.replace")(_filled)
object_method("text.encode")(_bytes)


def _of_text(position: int, name: str, parts: bool) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        found = arg(ctx, args, position, "string")
        read = isinstance(found, Unknown) and found.text
        if name == "re.sub":
            new = arg(ctx, args, 1, "repl")
            read = read and isinstance(new, Const) and (new.value == "" or is_text(new))
        return UNKNOWN if not read else _parts(ctx, args) if parts else TEXT

    op.__doc__ = f"`{name}` of a text."
    call(name)(op)


for _name, _at in (("re.sub", 2), ("unicodedata.normalize", 1)):
    _of_text(_at, _name, parts=False)
for _name, _at in (("re.split", 1), ("re.findall", 1), ("nltk.word_tokenize", 0), ("nltk.tokenize.word_tokenize", 0), ("csv.reader", 0),
                   ("nltk.sent_tokenize", 0), ("nltk.tokenize.sent_tokenize", 0)):  # fmt: skip
    _of_text(_at, _name, parts=True)


