"""Tensor views: new shapes over the same entries, axes regrouped, moved, added, dropped, repeated and cut into pieces."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Tensor, Value
from shapeguard.analysis.ops.common import (
    INTS,
    as_tensor,
    integer,
    integers,
    is_none,
    keeps_norm,
    listed,
    made,
    noted,
    number,
    read,
    spread,
    steps,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, call, method
from shapeguard.analysis.ops.tensors.axes import RANK, UNIT, Regrouped, is_one, locate, regroup, vague, with_axis_replaced


def lost(ctx: Ctx, x: Tensor, op: str) -> Tensor:
    """The same entries in a shape that is not known."""
    shape = vague(x.shape)
    return made(ctx, op, x, shape, f"{op} -> shape not known", norm=None, contiguous=None, breaks=())


# regrouping


def regrouped(ctx: Ctx, x: Tensor, op: str, found: Regrouped, copies: bool) -> Tensor:
    """What a view (or, where `copies`, a reshape) of x as these axes is."""
    shape = Shape(found.axes)
    merges = any(isinstance(a, Axis) and len(a.parts) > 1 for a in found.axes)
    flat = merges and len(found.axes) < len(x.shape.axes)
    words = f"{op} {'flattens to' if flat else '->'} {shape}"
    parents = steps(x)
    if found.mixed:
        words = f"{op} {x.shape} -> {shape} regroups the entries across axes"
    step = ctx.step(op, words, *parents, shape=shape)
    notes = x.notes
    if found.mixed and x.note("mixed-axes") is None:
        notes = noted(x, "mixed-axes", step)
    contiguous: bool | None = True if x.contiguous else None
    if not copies and x.contiguous is False and set(found.crossed) & set(x.breaks):
        notes = (*notes, *noted(replace(x, notes=()), "view-noncontiguous", step))
    return replace(
        x, shape=shape, step=step, notes=notes, contiguous=contiguous, breaks=(), norm=None if found.mixed else keeps_norm(x.norm, shape)
    )


def reshaped(ctx: Ctx, x: Tensor, op: str, wanted: list[Value] | None, copies: bool) -> Tensor:
    """View or reshape to the sizes that a call names."""
    if wanted is None:
        return lost(ctx, x, op)
    sizes: list[Dim | None] = []
    for w in wanted:
        d = number(w)
        sizes.append(fresh("n") if d is None else None if d.const == -1 else d)
    y = regrouped(ctx, x, op, regroup(x.shape, sizes), copies)
    return replace(y, unpadded=True) if _cut_evenly(x, y) else y


_STREAMS: tuple[StepKind, ...] = ("tensor", "stored", "empty")  # what makes one row of all ids that there are


def _cut_evenly(x: Tensor, y: Tensor) -> bool:
    """Whether one long row of ids was cut into rows of equal length: nothing is padded there."""
    only = x.shape.axes[0] if len(x.shape.axes) == 1 else None
    if not isinstance(only, Axis) or only.mixed or len(only.parts) != 1 or x.fills or x.padding != "unknown":
        return False
    if x.scale != "ids" and (x.scale or x.dtype not in INTS):
        return False
    whole = x.step is not None and all((s.shape is None or s.shape.rank in (0, 1)) and s.kind != "write" for s in x.step.history())
    rows = sum(not is_one(a) for a in y.shape.axes)
    return whole and rows > 1 and x.step is not None and any(s.kind in _STREAMS for s in x.step.history())


@method("view")
def view(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    given = args.given(1, "dtype")
    if given is not None and type(ctx.get(given)).__name__ == "Lib":
        from shapeguard.analysis.ops.tensors.casts import cast

        return replace(cast(ctx, x, ctx.get(given)), fills=(), unpadded=False, value=None)
    if x.array and len(args.pos) < 2:
        return x
    return reshaped(ctx, x, "view", spread(ctx, args, 1, "size", "shape"), copies=x.array)


@method("reshape")
@call("torch.reshape", "numpy.reshape")
def reshape(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    if x is None:
        return UNKNOWN
    return reshaped(ctx, x, "reshape", spread(ctx, args, 1, "shape", "newshape"), copies=True)


@method("view_as", "reshape_as")
def view_as(ctx: Ctx, args: Args) -> Value:
    x, other = tensor(ctx, args), tensor(ctx, args, 1, "other")
    if x is None or other is None:
        return UNKNOWN
    if other.shape.dims is None:
        return replace(made(ctx, "view_as", x, other.shape), contiguous=None, breaks=(), norm=None)
    sizes = [a.size for a in other.shape.dims]
    if None in sizes:
        return lost(ctx, x, "view_as")
    return regrouped(ctx, x, "view_as", regroup(x.shape, sizes), copies=False)


@method("flatten")
@call("torch.flatten")
def flatten(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    _, first, last = read(ctx, args, "input", "start_dim", "end_dim")
    if x.array:
        first = last = None
    start, end = (0 if first is None else integer(first)), (-1 if last is None else integer(last))
    if start is None or end is None:
        return lost(ctx, x, "flatten")
    if (start, end) == (0, -1):
        if x.shape.axes == ():
            return made(ctx, "flatten", x, Shape((UNIT,)))
        parts = tuple(p for p in x.shape.parts() if p != Dim.of(1))
        mixed = any(isinstance(a, Axis) and a.mixed for a in x.shape.axes)
        only = x.shape.axes[0] if len(x.shape.axes) == 1 else None
        whole = only if isinstance(only, Axis) else Axis(parts, mixed) if parts else UNIT
        return regrouped(ctx, x, "flatten", Regrouped((whole,)), copies=True)
    x, begin = locate(ctx, x, start)
    x, stop = locate(ctx, x, end)
    x, begin = locate(ctx, x, start)
    if begin is None or stop is None:
        return lost(ctx, x, "flatten")
    if stop < begin:
        return lost(ctx, x, "flatten")
    axes = x.shape.axes
    inner = axes[begin : stop + 1]
    parts = tuple(p for p in Shape(inner).parts() if p != Dim.of(1))
    single = len(inner) == 1 and isinstance(inner[0], Axis)
    mixed = any(isinstance(a, Axis) and a.mixed for a in inner)
    new = inner[0] if single else Axis(parts, mixed) if parts else UNIT
    return regrouped(ctx, x, "flatten", Regrouped((*axes[:begin], new, *axes[stop + 1 :])), copies=True)


@method("ravel")
@call("torch.ravel", "numpy.ravel")
def ravel(ctx: Ctx, args: Args) -> Value:
    return flatten(ctx, Args((args.given(0, "input") or args.given(0, "a") or UNKNOWN,)))


@method("unflatten")
@call("torch.unflatten")
def unflatten(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    _, dim, sizes = read(ctx, args, "input", "dim", "sizes")
    at = integer(dim)
    wanted = listed(ctx, sizes) if sizes is not None else None
    if x is None:
        return UNKNOWN
    if at is None or wanted is None:
        return lost(ctx, x, "unflatten")
    x, place = locate(ctx, x, at)
    if place is None:
        return lost(ctx, x, "unflatten")
    new = [fresh("n") if (d := number(w)) is None else None if d.const == -1 else d for w in wanted]
    found = regroup(Shape((x.shape.axes[place],)), new)
    shape = with_axis_replaced(x.shape, place, *found.axes)
    return regrouped(ctx, x, "unflatten", Regrouped(shape.axes, found.mixed), copies=False)


# adding and dropping axes of size one


@method("squeeze")
@call("torch.squeeze", "numpy.squeeze")
def squeeze(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, dim = read(ctx, args, "input", "dim|axis")
    if x is None:
        return UNKNOWN
    axes = x.shape.axes
    if is_none(dim):
        if any(not isinstance(a, Axis) or a.size is None for a in axes):
            return lost(ctx, x, "squeeze")
        # a symbolic size is taken not to be 1
        kept = tuple(a for a in axes if not is_one(a))
        return x if kept == axes else _thinner(ctx, x, "squeeze", Shape(kept))
    places = integers(ctx, dim)
    if places is None:
        return lost(ctx, x, "squeeze")
    drop: set[int] = set()
    for d in places:
        x, place = locate(ctx, x, d)
    for d in places:
        x, place = locate(ctx, x, d)
        if place is None:
            return lost(ctx, x, "squeeze")
        a = x.shape.axes[place]
        size = a.size if isinstance(a, Axis) else None
        if size is not None and size.const == 1:
            drop.add(place)
        elif size is None or _opaque(size):
            return lost(ctx, x, "squeeze")
        # any other size stays: torch leaves an axis that is not 1
    return _thinner(ctx, x, "squeeze", Shape(tuple(a for i, a in enumerate(x.shape.axes) if i not in drop))) if drop else x


def _opaque(size: Dim) -> bool:
    """A size that may well be 1: one symbol without a role (what a program writes as a name may be anything)."""
    return size.sym is not None and size.sym.uid > 0 and not size.sym.role


def _thinner(ctx: Ctx, x: Tensor, op: str, shape: Shape) -> Tensor:
    return made(ctx, op, x, shape, breaks=moved_breaks(x, shape), norm=keeps_norm(x.norm, shape))


def moved_breaks(x: Tensor, shape: Shape) -> tuple[int, ...]:
    """The breaks of x when only axes of size one came or went."""
    if not x.breaks:
        return ()
    old = [i - len(x.shape.axes) for i, a in enumerate(x.shape.axes) if not is_one(a)]
    new = [i - len(shape.axes) for i, a in enumerate(shape.axes) if not is_one(a)]
    if len(old) != len(new):
        return ()
    return tuple(b for a, b in zip(old, new, strict=True) if a in x.breaks)


@method("unsqueeze")
@call("torch.unsqueeze", "numpy.expand_dims")
def unsqueeze(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, dim = read(ctx, args, "input", "dim|axis")
    at = integer(dim)
    if x is None:
        return UNKNOWN
    if at is None:
        return lost(ctx, x, "unsqueeze")
    return unsqueezed(ctx, x, at)


def unsqueezed(ctx: Ctx, x: Tensor, at: int, new: Axis = UNIT) -> Tensor:
    """x with a new axis at an index of the result."""
    if abs(at) > RANK:
        return lost(ctx, x, "unsqueeze")
    if at > 0:
        x, _ = locate(ctx, x, at - 1)
    elif at < -1:
        x, _ = locate(ctx, x, at + 1)
    axes = x.shape.axes
    place = at if at >= 0 else len(axes) + at + 1
    cut = axes.index(x.shape.pack) if x.shape.pack is not None else -1
    if x.shape.pack is not None and at >= 0 and place > cut:
        shape = Shape((*axes[:cut], *(axis(fresh("n")) for _ in range(at - cut)), new, fresh_pack("x")))
        return made(ctx, "unsqueeze", x, shape, breaks=(), norm=None)
    if not 0 <= place <= len(axes) or (x.shape.pack is not None and place <= cut and at < 0):
        return lost(ctx, x, "unsqueeze")
    shape = Shape((*axes[:place], new, *axes[place:]))
    return made(ctx, "unsqueeze", x, shape, breaks=moved_breaks(x, shape))


# copies


@method("contiguous")
@call("numpy.ascontiguousarray")
def contiguous(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "input")
    x = as_tensor(ctx, raw) if raw is not None else None
    return UNKNOWN if x is None else replace(x, contiguous=True, breaks=())


@method("is_contiguous")
def is_contiguous(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return Const(x.contiguous) if x is not None and x.contiguous is not None else UNKNOWN
