"""Tensor views: new shapes over the same entries, axes regrouped, moved, added, dropped, repeated and cut into pieces."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.ops.axes import UNIT, Regrouped, is_one, locate, put, regroup, vague
from shapeguard.analysis.ops.common import (
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
from shapeguard.analysis.values import UNKNOWN, Args, Const, Num, Seq, Tensor, Value
from shapeguard.shapes import Axis, Dim, Pack, Same, Shape, axis, fresh, fresh_pack


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
    return regrouped(ctx, x, op, regroup(x.shape, sizes), copies)


@method("view")
def view(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    given = args.given(1, "dtype")
    if given is not None and type(ctx.get(given)).__name__ == "Lib":
        from shapeguard.analysis.ops.casts import cast

        return replace(cast(ctx, x, ctx.get(given)), fills=(), padding="unknown", value=None)
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
    shape = put(x.shape, place, *found.axes)
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
    return made(ctx, op, x, shape, breaks=_moved_breaks(x, shape), norm=keeps_norm(x.norm, shape))


def _moved_breaks(x: Tensor, shape: Shape) -> tuple[int, ...]:
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
    axes = x.shape.axes
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
    return made(ctx, "unsqueeze", x, shape, breaks=_moved_breaks(x, shape))


# repeating


@method("expand")
@call("torch.broadcast_to", "numpy.broadcast_to")
def expand(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "array")
    if x is None:
        return UNKNOWN
    return _expanded(ctx, x, spread(ctx, args, 1, "size", "sizes", "shape"), "expand")


def _expanded(ctx: Ctx, x: Tensor, wanted: list[Value] | None, op: str) -> Tensor:
    if wanted is None:
        return lost(ctx, x, op)
    axes: list[Axis | Pack] = []
    for back, w in enumerate(reversed(wanted), 1):
        x, place = locate(ctx, x, -back) if x.shape.pack is not None and number(w) == Dim.of(-1) else (x, _from_right(x, back))
        old = x.shape.axes[place] if place is not None else None
        d = number(w)
        if d is not None and d.const == -1:
            axes.append(old if isinstance(old, Axis) else axis(fresh("n")))
        elif isinstance(old, Axis) and not is_one(old) and (d is None or old.size is None or old.size.same(d) is not Same.NO):
            # expand leaves an axis that is not 1 as it is: a size that differs by name must be equal, or the axis was 1
            same = d is None or old.size == d or (old.size is not None and old.size.const is not None)
            axes.append(old if same or d is None else axis(d))
        else:
            axes.append(axis(d if d is not None else fresh("n")))
    shape = Shape(tuple(reversed(axes)))
    if shape.axes == x.shape.axes:
        return x
    grown = len(shape.axes) > len(x.shape.axes) or any(
        is_one(a) and not is_one(b) for a, b in zip(reversed(x.shape.axes), reversed(shape.axes), strict=False)
    )
    sure = x.shape.pack is None and grown and x.contiguous is not None and not all(map(is_one, shape.axes))
    really = sure and any(
        not is_one(b) and (i >= len(x.shape.axes) or is_one(x.shape.axes[-1 - i])) for i, b in enumerate(reversed(shape.axes))
    )
    return made(ctx, op, x, shape, contiguous=False if really else x.contiguous if not grown and x.contiguous else None, breaks=())


def _from_right(x: Tensor, back: int) -> int | None:
    place = len(x.shape.axes) - back
    if place < 0 or (x.shape.pack is not None and place <= x.shape.axes.index(x.shape.pack)):
        return None
    return place


@method("expand_as")
def expand_as(ctx: Ctx, args: Args) -> Value:
    x, other = tensor(ctx, args), tensor(ctx, args, 1, "other")
    if x is None or other is None:
        return UNKNOWN
    if other.shape.dims is None:
        return made(ctx, "expand_as", x, other.shape, contiguous=None, breaks=())
    wanted: list[Value] = [Num(a.size if a.size is not None else fresh("n")) for a in other.shape.dims]
    y = _expanded(ctx, x, wanted, "expand_as")
    if y.shape.dims is None or len(y.shape.dims) != len(other.shape.dims):
        return y
    pairs = zip(y.shape.dims, other.shape.dims, strict=True)
    return replace(y, shape=Shape(tuple(b if a.same_size(b) is Same.YES and len(b.parts) > len(a.parts) else a for a, b in pairs)))


@method("repeat")
def repeat(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    if x.array and args.given(1, "repeats") is not None:
        return repeat_interleave(ctx, args)
    return _tiled(ctx, x, spread(ctx, args, 1, "repeats"), "repeat")


@method("tile")
@call("torch.tile", "numpy.tile")
def tile(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "A")
    return UNKNOWN if x is None else _tiled(ctx, x, spread(ctx, args, 1, "dims", "reps"), "tile")


def _tiled(ctx: Ctx, x: Tensor, times: list[Value] | None, op: str) -> Tensor:
    if times is None:
        return lost(ctx, x, op)
    old = list(x.shape.axes)
    if x.shape.pack is not None:
        x, _ = locate(ctx, x, -1) if op == "tile" else (x, None)
        from shapeguard.analysis.ops.axes import exactly

        if op == "repeat" and x.shape.min_rank > len(times):
            return lost(ctx, x, op)
        return _vague_tile(ctx, x, times, op) if x.shape.min_rank != len(times) else _tiled(ctx, exactly(ctx, x, len(times)), times, op)
    counts = [number(t) for t in times]
    while len(old) < len(counts):
        old.insert(0, UNIT)
    while len(counts) < len(old):
        counts.insert(0, Dim.of(1))
    axes: list[Axis | Pack] = []
    for a, n in zip(old, counts, strict=True):
        assert isinstance(a, Axis)
        if n is not None and n.const == 1:
            axes.append(a)
        elif is_one(a):
            axes.append(axis(n if n is not None else fresh("n")))
        elif n is None:
            axes.append(axis(fresh("n")))
        else:
            axes.append(Axis((n, *a.parts), a.mixed))
    shape = Shape(tuple(axes))
    return made(ctx, op, x, shape, contiguous=True, breaks=(), norm=keeps_norm(x.norm, shape))


def _vague_tile(ctx: Ctx, x: Tensor, times: list[Value], op: str) -> Tensor:
    axes = tuple(axis(fresh("n")) for _ in times) if op == "repeat" else (fresh_pack("x"),)
    return made(ctx, op, x, Shape(axes), contiguous=True, breaks=(), norm=None)


@method("repeat_interleave")
@call("torch.repeat_interleave", "numpy.repeat")
def repeat_interleave(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "input", "a")
    _, times, dim = read(ctx, args, "input", "repeats", "dim|axis")
    if x is None:
        return UNKNOWN
    n = number(times) if not isinstance(times, Tensor) or times.shape.rank == 0 else None
    many = [number(t) for t in listed(ctx, times) or [UNKNOWN]] if isinstance(times, Seq) else [n]
    if len(many) == 1:
        n = many[0]
    if is_none(dim):
        whole = Axis(tuple(p for p in x.shape.parts() if p != Dim.of(1)) or (Dim.of(1),))
        new = Axis((*whole.parts, n)) if n is not None else axis(fresh("n"))
        return made(ctx, "repeat_interleave", x, Shape((new,)), contiguous=True, breaks=(), norm=None)
    at = integer(dim)
    x, place = locate(ctx, x, at) if at is not None else (x, None)
    if place is None:
        return lost(ctx, x, "repeat_interleave")
    a = x.shape.axes[place]
    assert isinstance(a, Axis)
    known = n is not None and len(many) == 1
    new = a if known and n == Dim.of(1) else Axis((*a.parts, n), a.mixed) if known and n is not None else axis(fresh("n"))
    if known and n is not None and is_one(a):
        new = axis(n)
    shape = put(x.shape, place, new)
    return made(ctx, "repeat_interleave", x, shape, contiguous=True, breaks=(), norm=keeps_norm(x.norm, shape))


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


