"""What the modules of torch.nn share: constructor options, sizes that stay the same for one object, tails of shapes, results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from shapeguard.analysis.facts.arith import symbol_for_key
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, fresh_pack
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    Fill,
    LibObj,
    Note,
    NoteKind,
    Num,
    Origin,
    Ref,
    Scale,
    Tensor,
    Unknown,
    Value,
    unknown_tensor,
)
from shapeguard.analysis.ops.common import as_tensor, items, union
from shapeguard.analysis.ops.table import Ctx

_CARRIED: frozenset[NoteKind] = frozenset(
    ("mixed-axes", "misread-batch", "view-noncontiguous", "shift-after-flatten", "int-mask-index", "half-rows", "python-filter", "packed",
     "rows-filtered", "contradicted")
)  # fmt: skip
Reach: TypeAlias = Literal["", "causal", "bidirectional", "mixed-time"]  # which other positions an output sees; "": none, or as before
_REACHES: tuple[Reach, ...] = ("bidirectional", "mixed-time", "causal")  # the first that holds of any input wins


# options of a constructor


def owner(ctx: Ctx, args: Args) -> tuple[LibObj, Args]:
    """The module that is called, and the arguments of the call itself."""
    obj = ctx.get(args.pos[0])
    rest = Args(args.pos[1:], args.kw, args.more)
    return (obj, rest) if isinstance(obj, LibObj) else (LibObj("", Args(more=True)), rest)


def option(ctx: Ctx, obj: LibObj, index: int | None, name: str, default: Value = UNKNOWN) -> Value:
    """The facts of a constructor argument, or its default where it was certainly left out."""
    assigned = obj.fact(name)
    if assigned is not None:
        return ctx.get(assigned)
    given = obj.args.given(index, name)
    if given is None:
        return UNKNOWN if obj.args.more else default
    return ctx.get(given)


def stable(obj: LibObj, name: str, role: str = "") -> Dim:
    """A size that is not known but belongs to the object: asking again gives the same."""
    return symbol_for_key(("module", obj.uid), name, name, role)


def size(ctx: Ctx, obj: LibObj, index: int | None, name: str, default: int | None = None, role: str = "") -> Dim:
    """An integer option as a size; one that is not known has a symbol that stays the same."""
    value = option(ctx, obj, index, name, UNKNOWN if default is None else Num(Dim.of(default)))
    if isinstance(value, Num):
        return value.dim
    raw = obj.fact(name) or obj.args.given(index, name)
    if isinstance(value, Unknown) and isinstance(raw, Ref):
        # it can only be an integer: from now on the same one wherever this value goes, as in `view(-1, self.vocab_size)`
        found = symbol_for_key(("size", raw.id), "", value.name or name, role)
        ctx.set(raw, Num(found))
        return found
    return stable(obj, name, role)


def switch(ctx: Ctx, obj: LibObj, index: int | None, name: str, default: bool) -> bool | None:
    """A boolean option; None where it is not known."""
    return truth(option(ctx, obj, index, name, Const(default)))


def truth(value: Value) -> bool | None:
    """A literal boolean (or 0 and 1, or None for false)."""
    if isinstance(value, Const) and (value.value is None or isinstance(value.value, bool)):
        return bool(value.value)
    if isinstance(value, Num) and value.dim.const is not None:
        return bool(value.dim.const)
    return None


def pair_of(ctx: Ctx, value: Value, n: int) -> list[Dim | None]:
    """An integer or a tuple of n integers as n sizes; None where one is not known."""
    if isinstance(value, Num):
        return [value.dim] * n
    found = items(ctx, value)
    if found is None or len(found) != n:
        return [None] * n
    return [v.dim if isinstance(v, Num) else None for v in found]


# arguments of a call


def argument(ctx: Ctx, args: Args, index: int, *names: str) -> Tensor:
    """An argument that can only be a tensor; one of unknown shape where nothing is known of it."""
    for name in names:
        raw = args.given(index, name)
        if raw is not None:
            found = as_tensor(ctx, raw)
            return unknown_tensor("x") if found is None else found
    return unknown_tensor("x")


def facts(ctx: Ctx, args: Args, index: int | None, name: str) -> Value | None:
    """The facts of an argument; None where it was left out or is None."""
    raw = args.given(index, name)
    if raw is None:
        return UNKNOWN if args.more else None
    value = ctx.get(raw)
    return None if isinstance(value, Const) and value.value is None else value


# shapes


def with_tail(ctx: Ctx, x: Tensor, *tail: Dim) -> Tensor:
    """The tensor, known to have at least these last axes: a leading pack is bound to a smaller pack and the missing ones."""
    shape = x.shape
    pack = shape.pack
    if pack is None or shape.axes[0] != pack:
        return x
    missing = len(tail) - (len(shape.axes) - 1)
    if missing <= 0:
        return x
    axes: tuple[Axis | Pack, ...] = (fresh_pack(pack.name), *(Axis((d,)) for d in tail[:missing]))
    ctx.bind(pack, axes)
    return replace(x, shape=shape.substitute(pack, axes))


def exactly(ctx: Ctx, x: Tensor, *dims: Dim) -> Tensor:
    """The tensor, taken to have these axes: where a pack stands for the rest, it is bound to the ones that are missing."""
    shape = x.shape
    pack = shape.pack
    if pack is None:
        return x
    before = shape.axes.index(pack)
    missing = len(dims) - (len(shape.axes) - 1)
    if missing < 0:
        return x
    axes: tuple[Axis | Pack, ...] = tuple(Axis((d,)) for d in dims[before : before + missing])
    ctx.bind(pack, axes)
    return replace(x, shape=shape.substitute(pack, axes))


def head(shape: Shape, n: int) -> tuple[Any, ...] | None:
    """The axes before the last n; None where the last n are not known to be axes."""
    tail = shape.axes[len(shape.axes) - n :] if n else ()
    if len(shape.axes) < n or not all(isinstance(a, Axis) for a in tail):
        return None
    return shape.axes[: len(shape.axes) - n]


def retailed(shape: Shape, n: int, *new: Axis | Dim) -> Shape:
    """The shape with its last n axes replaced; wholly unknown where these are not known to be axes."""
    front = head(shape, n)
    if front is None:
        return Shape((fresh_pack("x"),))
    return Shape((*front, *(a if isinstance(a, Axis) else Axis((a,)) for a in new)))


# facts


def fed_by(*inputs: Tensor) -> tuple[Origin, ...]:
    """The ids that made the inputs, or that the inputs are."""
    return union(x.fed or ((x.origin,) if x.origin is not None and x.scale == "ids" else ()) for x in inputs)


def _padded_by(*inputs: Tensor) -> tuple[Fill, ...]:
    """The padding of the ids that made the inputs, or that the inputs are."""
    return union(x.fed_fills or (x.fills if x.scale == "ids" else ()) for x in inputs)


def reach_of(*inputs: Tensor) -> Reach:
    """Which other positions these tensors have seen, as far as their notes tell."""
    kinds = {n.kind for x in inputs for n in x.notes}
    for reach in _REACHES:
        if reach in kinds:
            return reach
    return ""


def wider(before: Reach, own: Reach) -> Reach:
    """The reach of a module on an input that has a reach already."""
    for reach in _REACHES:
        if reach in (before, own):
            return reach
    return ""


def carried(inputs: Iterable[Tensor]) -> tuple[Note, ...]:
    """The notes of the inputs that stay true of what a module makes of them."""
    found: dict[NoteKind, Note] = {}
    for x in inputs:
        for n in x.notes:
            if n.kind in _CARRIED:
                found.setdefault(n.kind, n)
    return tuple(found.values())


def activation(
    ctx: Ctx,
    op: str,
    words: str,
    shape: Shape,
    inputs: Sequence[Tensor],
    *,
    reach: Reach = "",
    along: Sequence[Tensor] | None = None,
    misread: str = "",
    scale: Scale = "embedding",
    contiguous: bool | None = True,
) -> Tensor:
    """What a module makes of its inputs: floats of this shape, with the inputs' sources and the notes that stay true.

    `reach` is the module's own, `along` the inputs whose positions are the output's (all by default), and `misread` says
    how the module misread batch and time, if it certainly did.
    """
    from_ = inputs if along is None else along
    step = ctx.step(op, f"{words} -> {shape}" + (f", {misread}" if misread else ""), *(x.step for x in inputs), shape=shape)
    notes = carried(inputs)
    total: Reach = "" if misread else wider(reach_of(*from_), reach)
    if total:
        old = next((n for x in from_ for n in x.notes if n.kind == total), None)
        notes = (*notes, old if old is not None else Note(total, step))
    if misread and not any(n.kind == "misread-batch" for n in notes):
        notes = (*notes, Note("misread-batch", step))
    return Tensor(
        shape,
        dtype=float_type(inputs),
        scale=scale,
        contiguous=contiguous,
        fed=fed_by(*inputs),
        fed_fills=_padded_by(*inputs),
        notes=notes,
        step=step,
    )


def float_type(inputs: Sequence[Tensor]) -> Any:
    """The dtype of activations made of these."""
    return next((x.dtype for x in inputs if x.dtype in ("half", "double")), "float")


def misread_batch(x: Tensor, batch_first: bool | None, what: str) -> str:
    """How a module that expects batch and time in one order misreads an input of the other, in words; '' where it does not or may not."""
    dims = x.shape.dims
    if batch_first is None or dims is None or len(dims) != 3:
        return ""
    first, second = dims[0].role, dims[1].role
    if first == second or any(a.size is not None and a.size.const == 1 for a in dims[:2]):
        return ""
    # one axis is known to be the batch; the other can then only be time
    if first == "batch" and second in ("time", "") and not batch_first:
        return f"but {what} reads axis 0 ({dims[0]}) as time: batch_first is False"
    if second == "batch" and first in ("time", "") and batch_first:
        return f"but {what} reads axis 0 ({dims[0]}) as the batch: batch_first is True"
    return ""


def module_name(obj: LibObj) -> str:
    """The class without its package."""
    return obj.cls.rsplit(".", 1)[-1]
