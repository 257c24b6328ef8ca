"""What the chapters share: reading arguments, carrying facts along, joining them, and writing down what became of a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from shapeguard.analysis.facts.arith import stands_for_many
from shapeguard.analysis.facts.carried import Merged
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    After,
    Args,
    Const,
    Count,
    Dtype,
    Note,
    NoteKind,
    Num,
    Origin,
    Seq,
    Step,
    Tensor,
    Unknown,
    Uses,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.table import Ctx

T = TypeVar("T")
Get: TypeAlias = "Value | None"

DTYPES: dict[str, Dtype] = {
    "float": "float", "float32": "float", "float64": "double", "double": "double", "float16": "half", "half": "half",
    "bfloat16": "half", "long": "int64", "int64": "int64", "int": "int32", "int32": "int32", "int16": "int", "short": "int",
    "int8": "int", "uint8": "uint8", "uint16": "int", "bool": "bool", "bool_": "bool", "float_": "double", "int_": "int64",
    "longlong": "int64",
}  # fmt: skip
_ORDER: tuple[Dtype, ...] = ("bool", "uint8", "int", "int32", "int64", "half", "float", "double")
FLOATS: frozenset[Dtype] = frozenset(("half", "float", "double"))
INTS: frozenset[Dtype] = frozenset(("uint8", "int", "int32", "int64"))


# arguments


def read(ctx: Ctx, args: Args, *names: str) -> list[Get]:
    """The facts of the arguments, by position or by any of the names (`dim|axis`); None for one that was left out."""
    out: list[Get] = []
    for index, name in enumerate(names):
        found: Get = None
        for spelling in name.split("|"):
            found = args.given(index, spelling)
            if found is not None:
                break
        out.append(None if found is None else ctx.get(found))
    return out


def keyword(ctx: Ctx, args: Args, *names: str) -> Get:
    """The facts of a keyword-only argument."""
    for name in names:
        found = args.given(None, name)
        if found is not None:
            return ctx.get(found)
    return None


def tensor(ctx: Ctx, args: Args, index: int = 0, *names: str) -> Tensor | None:
    """The tensor among the arguments; something unknown that is used as a tensor is one from now on."""
    for name in names or ("input",):
        raw = args.given(index, name)
        if raw is not None:
            return as_tensor(ctx, raw)
    return None


def as_tensor(ctx: Ctx, raw: Value) -> Tensor | None:
    """A value as a tensor: numbers are 0-d, what is unknown becomes a tensor of unknown shape."""
    facts = ctx.get(raw)
    if isinstance(facts, Tensor):
        return facts
    if isinstance(facts, Unknown):
        made = unknown_tensor(facts.name or "x")
        if raw is not facts:
            ctx.set(raw, made)
        return made
    if isinstance(facts, Num):
        return Tensor(Shape(()), value=facts.dim, count=facts.count, dtype="int64", step=facts.step)
    if isinstance(facts, Const) and isinstance(facts.value, (bool, float)):
        return Tensor(Shape(()), dtype="bool" if isinstance(facts.value, bool) else "float", step=facts.step)
    return None


def number(value: Get) -> Dim | None:
    """The integer of a value: a number, or a tensor all of whose entries are the same."""
    if isinstance(value, Num):
        return value.dim
    if isinstance(value, Tensor):
        return value.value
    if isinstance(value, Const) and isinstance(value.value, float) and value.value.is_integer() and abs(value.value) < 2**53:
        return Dim.of(int(value.value))
    return None


def certain(value: Get) -> Dim | None:
    """`number`, but None for one that stands for many (any token)."""
    found = number(value)
    return None if found is None or stands_for_many(found) else found


def integer(value: Get) -> int | None:
    """The literal integer of a value."""
    return value.dim.const if isinstance(value, Num) else None


def flag(value: Get, default: bool = False) -> bool | None:
    """A boolean option: its default when left out, None when not known."""
    if value is None:
        return default
    if isinstance(value, Const):
        return bool(value.value)
    return bool(n) if (n := integer(value)) is not None else None


def text(value: Get) -> str | None:
    """The string of a value."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def is_none(value: Get) -> bool:
    """Whether the argument was left out or is None."""
    return value is None or (isinstance(value, Const) and value.value is None)


def items(ctx: Ctx, value: Get) -> list[Value] | None:
    """The facts of the elements of a list or tuple, where each is known."""
    if isinstance(value, Seq) and value.items is not None:
        return [ctx.get(i) for i in value.items]
    return None


def integers(ctx: Ctx, value: Get) -> list[int] | None:
    """One literal integer, or the literal integers of a list or tuple."""
    one = integer(value)
    if one is not None:
        return [one]
    found = [integer(i) for i in items(ctx, value) or [UNKNOWN]]
    return None if None in found else [i for i in found if i is not None]


def spread(ctx: Ctx, args: Args, start: int, *names: str) -> list[Value] | None:
    """`f(2, 3)` and `f((2, 3))` alike: the facts of the sizes; None when they cannot be listed."""
    if args.more:
        return None
    for name in names:
        found = args.given(None, name)
        if found is not None:
            return listed(ctx, ctx.get(found))
    rest = [ctx.get(v) for v in args.pos[start:]]
    if len(rest) == 1 and isinstance(rest[0], Seq):
        return listed(ctx, rest[0])
    return rest


def listed(ctx: Ctx, value: Value) -> list[Value] | None:
    """The elements of a list or tuple, or of one number."""
    return items(ctx, value) if isinstance(value, Seq) else [value]


def size_of(value: Get, name: str = "n") -> Dim:
    """A number as a size; a fresh one when it is not known."""
    found = number(value)
    return found if found is not None else fresh(name)


def dtype_of(value: Get) -> Dtype | None:
    """The dtype that an argument names: `torch.long`, `np.int64`, `int`, `"float32"`; None when left out."""
    from shapeguard.analysis.facts.values import Lib

    if is_none(value):
        return None
    if isinstance(value, Lib):
        return DTYPES.get(value.name.rsplit(".", 1)[-1], "") if not value.name.startswith("builtins.") else _builtin(value.name)
    name = text(value)
    return DTYPES.get(name, "") if name else ""


def _builtin(name: str) -> Dtype:
    kinds: dict[str, Dtype] = {"builtins.float": "double", "builtins.int": "int64", "builtins.bool": "bool"}
    return kinds.get(name, "")


def promote(a: Dtype, b: Dtype) -> Dtype:
    """The dtype of arithmetic on two tensors."""
    if not a or not b:
        return ""
    if "half" in (a, b) and {a, b} & {"uint8", "int", "int32", "int64", "bool"}:
        return "half"
    if {a, b} == {"uint8", "int"}:
        return "int"
    return a if _ORDER.index(a) >= _ORDER.index(b) else b


def floating(x: Tensor) -> Dtype:
    """The dtype of a function of each entry whose results are fractions."""
    if x.dtype in FLOATS or not x.dtype:
        return x.dtype
    if x.array:  # NumPy takes half precision for small integers
        return "double" if x.dtype in ("int64", "int32") else ""
    return "float"


# facts


_OF_ENTRIES: dict[str, Any] = {f.name: f.default for f in fields(Tensor) if f.metadata["carried"].entries}


def changed(x: Tensor, **facts: Any) -> Tensor:
    """The tensor with other entries: shape, history, sources and losses stay, what was known of the entries is given anew or forgotten.

    This is the one to take for an operation that computes something. `replace` keeps every fact that it is not told to change:
    it is for the same entries in another place, shape or dtype, and for what is learnt of a tensor besides.
    """
    return replace(x, **{**_OF_ENTRIES, **facts})


def union(groups: Iterable[Sequence[T]]) -> tuple[T, ...]:
    """Everything in any of the groups, once, in order."""
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return tuple(dict.fromkeys(filled[0])) if filled else ()
    return tuple(dict.fromkeys(g for group in filled for g in group))


def agree(values: Iterable[T], otherwise: T) -> T:
    """The value that all have in common."""
    found = list(values)
    return found[0] if found and all(v == found[0] for v in found) else otherwise


def lowest(values: Sequence[Dim | None]) -> Dim | None:
    """The least of some bounds, where they can be compared."""
    return _bound(values, lambda a, b: a < b)


def highest(values: Sequence[Dim | None]) -> Dim | None:
    """The greatest of some bounds, where they can be compared."""
    return _bound(values, lambda a, b: a > b)


def _bound(values: Sequence[Dim | None], better: Callable[[int, int], bool]) -> Dim | None:
    best: Dim | None = None
    for v in values:
        if v is None:
            return None
        gap = None if best is None else (v - best).const
        if best is None:
            best = v
        elif gap is None:
            return None
        elif better(gap, 0):
            best = v
    return best


def never_padded(parts: Sequence[Tensor | Seq]) -> bool:
    """Whether what is made of parts cannot hold padding: every part was made in such a way."""
    return bool(parts) and all(p.padding == "none" for p in parts)


def _same_number(values: Sequence[Dim | None]) -> Dim | None:
    return agree((None if v is not None and stands_for_many(v) else v for v in values), None)


_MERGED: dict[Merged, Callable[[Sequence[Any]], Any]] = {
    "first": lambda values: values[0], "same number": _same_number, "and": all, "union": union, "lowest": lowest, "highest": highest,
    "losses": Uses.together,
}  # fmt: skip


def _agreeing(default: Any) -> Callable[[Sequence[Any]], Any]:
    return lambda values: agree(values, default)


_PARTS: dict[str, Callable[[Sequence[Any]], Any]] = {
    f.name: _agreeing(f.default) if how == "same" else _MERGED[how]
    for f in fields(Tensor)
    if (how := f.metadata["carried"].merged) not in ("caller", "default")
}


def merged(parts: Sequence[Tensor], **facts: Any) -> Tensor:
    """Something that is made of parts (cat, stack, where), each fact as its field says; the shape is the caller's to give."""
    for name, how in _PARTS.items():
        if name not in facts:
            facts[name] = how([getattr(p, name) for p in parts])
    return Tensor(**facts)


def of_samples(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """The notes of samples that become a batch: what was flattened inside of one was one sequence, not rows of several."""
    return tuple(n for n in notes if n.kind != "shift-after-flatten")


@lru_cache(maxsize=4096)
def _combined(rows: tuple[tuple[int, Dim], ...]) -> int:
    return uid()


def joint_origin(parts: Sequence[Tensor]) -> Origin:
    """The origin of rows put side by side: batches of the same rows, cut alike, are parts of the same ids."""
    return side_by_side([p.origin for p in parts]) or Origin(uid())


def side_by_side(found: Sequence[Origin | None]) -> Origin | None:
    """The origin of rows of these origins, in this order; None where one of them is not known."""
    first = found[0] if found else None
    known = [o for o in found if o is not None]
    if first is None or len(known) < len(found):
        return None
    if all(o == first for o in known):
        return first
    return Origin(_combined(tuple((o.source, o.start - first.start) for o in known)), first.start)


def noted(x: Tensor, kind: NoteKind, step: Step, mask: Any = None) -> tuple[Note, ...]:
    """The notes of a tensor and one more."""
    return (*x.notes, Note(kind, step, mask))


def hides_later(mask: Tensor) -> bool:
    """Whether a triangle went into a mask: by whatever else it was joined with, it hides the later positions."""
    return mask.note("triangle") is not None or (mask.mask is not None and mask.mask.kind == "causal")


def steps(*values: Value | None) -> tuple[Step | None, ...]:
    """The histories of some facts."""
    return tuple(s if isinstance(s := getattr(v, "step", None), Step) else None for v in values)


def after(x: Tensor, what: After) -> Tensor:
    """The tensor with one more thing done to each loss in it."""
    return x if x.losses is None else replace(x, losses=x.losses.then(what))


def counted(value: Get) -> Count | None:
    """What a number counts, by its own word or by the roles in its size."""
    if isinstance(value, (Num, Tensor)) and value.count is not None:
        return value.count
    dim = number(value)
    if dim is None or dim.const is not None:
        return None
    roles = {s.role for s in dim.symbols}
    if roles == {"batch", "time"}:
        return Count("numel")
    if len(roles) == 1:
        role = roles.pop()
        return Count(role) if role in ("batch", "time", "class") else None  # type: ignore[arg-type]
    return None


def made(ctx: Ctx, op: str, x: Tensor, shape: Shape, words: str = "", parents: Sequence[Step | None] | None = None, **facts: Any) -> Tensor:
    """The tensor with another shape and a step that says how it came about."""
    line = words or f"{op} -> {shape}"
    step = ctx.step(op, line, *(steps(x) if parents is None else parents), shape=shape)
    return replace(x, shape=shape, step=step, **facts)


def pair(first: Value, second: Value, names: tuple[str, str] = ("values", "indices")) -> Seq:
    """A result of two, such as that of max with a dim."""
    return Seq("tuple", (first, second), UNKNOWN, Dim.of(2), names)


def keeps_norm(norm: Axis | None, shape: Shape) -> Axis | None:
    """The normalised axis, while it is an axis of its own or lies whole within one other; two of one size can not be told apart."""
    if norm is None or norm in shape.axes:
        return norm if shape.axes.count(norm) < 2 else None
    width = len(norm.parts)
    wholes = [a.parts for a in shape.axes if isinstance(a, Axis) and not a.mixed]
    places = [i for parts in wholes for i in range(len(parts) - width + 1) if parts[i : i + width] == norm.parts]
    return norm if len(places) == 1 and not norm.mixed else None
