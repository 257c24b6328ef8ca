"""Padding: F.pad, pad_sequence, and packed sequences, which have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shapeguard.analysis.facts.shapes import ONE, Axis, Dim, Pack, Shape, axis, fresh
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    Fill,
    LibObj,
    Mask,
    Origin,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops.common import (
    certain,
    changed,
    flag,
    is_none,
    items,
    joint_origin,
    keyword,
    listed,
    merged,
    noted,
    number,
    of_samples,
    read,
    steps,
    tensor,
    text,
)
from shapeguard.analysis.ops.table import Ctx, call
from shapeguard.analysis.ops.tensors.axes import UNIT, locate, vague
from shapeguard.analysis.ops.tensors.cuts import time_place
from shapeguard.analysis.ops.tensors.joins import parts_of, role_of
from shapeguard.analysis.ops.tensors.members import as_id
from shapeguard.analysis.ops.tensors.views import lost

PACKED = "torch.nn.utils.rnn.PackedSequence"


def _pad_value(ctx: Ctx, args: Args, index: int, name: str) -> Value | None:
    """The value that is padded with: an unknown setting is one certain id, `self.pad`, and the same wherever it is met."""
    raw = args.given(index, name)
    if raw is None:
        return None
    facts = ctx.get(raw)
    named = isinstance(facts, Unknown) and role_of_token(facts.name) == "pad" and not facts.name.endswith("value")
    return as_id(ctx, raw) or facts if named else facts


@call("torch.nn.functional.pad")
def pad(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    _, widths, mode, _ = read(ctx, args, "input", "pad", "mode", "value")
    value = _pad_value(ctx, args, 3, "value")
    if x is None:
        return UNKNOWN
    wanted = listed(ctx, widths) if widths is not None else None
    if wanted is None or len(wanted) % 2:
        return _filled(ctx, lost(ctx, x, "pad"), value, mode, None, None)
    pairs = [(number(wanted[i]), number(wanted[i + 1])) for i in range(0, len(wanted), 2)]
    for back, (lo, hi) in enumerate(pairs, 1):
        if (lo, hi) != (Dim(), Dim()):
            x, place = locate(ctx, x, -back)
            if place is None:
                return _filled(ctx, lost(ctx, x, "pad"), value, mode, None, None)
    if x.shape.rank is not None and len(pairs) > x.shape.rank:
        return lost(ctx, x, "pad")
    axes = list(x.shape.axes)
    before: Dim | None = Dim()
    after_: Dim | None = Dim()
    place = time_place(x)
    for back, (lo, hi) in enumerate(pairs, 1):
        if (lo, hi) == (Dim(), Dim()):
            continue
        at = len(axes) - back
        old = axes[at]
        size = old.size if isinstance(old, Axis) else None
        axes[at] = axis(size + lo + hi if size is not None and lo is not None and hi is not None else fresh("n", role_of(old)))
        if place is None or place == at:
            before, after_ = lo, hi
    shape = Shape(tuple(axes))
    if shape == x.shape:
        return replace(x, contiguous=True if x.contiguous else None, breaks=())
    y = replace(x, shape=shape, norm=None, contiguous=True if x.contiguous else None, breaks=())
    return _filled(ctx, y, value, mode, before, after_)


def _filled(ctx: Ctx, x: Tensor, value: Value | None, mode: Value | None, before: Dim | None, after_: Dim | None) -> Tensor:
    constant = is_none(mode) or text(mode) == "constant"
    fill = Dim() if is_none(value) else certain(value)
    shown = fill if fill is not None else "a value"
    words = f"pads with {shown} -> {x.shape}" if constant else f"pads -> {x.shape}"
    step = ctx.step("pad", words, x.step, shape=x.shape)
    y = replace(x, step=step, value=x.value if x.value is not None and x.value == fill else None)
    if y.within is not None and (not constant or fill != Dim()):
        y = replace(y, within=None)
    if before is None:
        y = replace(y, origin=None, fed=())
    elif before != Dim():
        y = replace(y, origin=Origin(x.origin.source, x.origin.start - before) if x.origin is not None else None)
        y = replace(y, fed=tuple(Origin(f.source, f.start - before) for f in x.fed))
    if not constant or x.scale not in ("ids", "", "mask"):
        return replace(y, unpadded=False) if constant else y
    if before is not None and before.const and after_ == Dim():
        return replace(y, low=None, high=None)  # a fixed number in front is a start token, not what makes rows equally long
    where = "after" if before == Dim() else "before" if after_ == Dim() else "unknown"
    return replace(y, fills=(*y.fills, Fill(fill, step, where)), unpadded=False, low=None, high=None)


@call("numpy.pad")
def numpy_pad(ctx: Ctx, args: Args) -> Value:
    """`np.pad(x, width, constant_values=0)`; the width is one pair for a row, or a pair for each axis."""
    x = tensor(ctx, args, 0, "array")
    if x is None:
        return UNKNOWN
    _, width, mode = read(ctx, args, "array", "pad_width", "mode")
    value = keyword(ctx, args, "constant_values")

    if x.shape.rank == 1 and isinstance(width, Seq) and (sides := items(ctx, width)):
        inner = items(ctx, sides[0]) if isinstance(sides[0], Seq) else sides
        lo, hi = (number(inner[0]), number(inner[-1])) if inner else (None, None)
        a = x.shape.axes[0]
        size = a.size if isinstance(a, Axis) else None
        new = size + lo + hi if size is not None and lo is not None and hi is not None else fresh("n", role_of(a))
        return _filled(ctx, replace(x, shape=Shape((axis(new),))), value, mode, lo, hi)

    if isinstance(width, Seq) and not items(ctx, width):
        return x
    shape = vague(x.shape) if x.shape.rank is None else Shape(tuple(axis(fresh("n", role_of(a))) for a in x.shape.axes))
    return _filled(ctx, replace(x, shape=shape), value, mode, None, None)


@call("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(ctx: Ctx, args: Args) -> Value:
    """`pad_sequence(rows, batch_first=False, padding_value=0.0)`: rows of lengths of their own, filled up to the longest."""
    value, batch_first = read(ctx, args, "sequences", "batch_first")
    fill = _pad_value(ctx, args, 2, "padding_value")
    side = keyword(ctx, args, "padding_side")
    found = parts_of(ctx, value)
    first = flag(batch_first)
    each_known = found is not None and found[1] is None

    if found is None or not found[0]:
        parts, times = [Tensor(Shape((axis(fresh("T", "time")), *vague(Shape(())).axes)))], fresh("B", "batch")
        if isinstance(value, Seq):
            times = value.length
    else:
        parts, times = found[0], found[1] if found[1] is not None else Dim.of(len(found[0]))
    parts = [p if p.shape.pack is None else locate(ctx, p, 0)[0] for p in parts]
    several = not (each_known and len(parts) == 1)

    pad_id = Dim() if is_none(fill) else certain(fill)
    lengths = [p.shape.axes[0] if p.shape.axes else UNIT for p in parts]
    time = _longest(lengths, each_known)
    if not times.role and times.const is None and times.sym is None:
        times = fresh("B", "batch")
    batch = axis(times)
    rest = parts[0].shape.axes[1:]
    alike = all(p.shape.axes[1:] == rest for p in parts)
    if not alike and any(len(p.shape.axes) != len(parts[0].shape.axes) for p in parts):
        rest = vague(parts[0].shape).axes
    head = (batch, time) if first else (time, batch)
    shape = Shape((*head, *rest)) if first is not None else Shape((axis(fresh("n")), axis(fresh("n")), *rest))

    words = f"pad_sequence pads with {pad_id if pad_id is not None else 'a value'} -> {shape}"
    step = ctx.step("pad_sequence", words, *steps(*parts), shape=shape)
    y = merged(parts, shape=shape, step=step, contiguous=True, norm=None)
    of_one_length = each_known and all(_has_size(a) and a == lengths[0] for a in lengths)
    windows = parts[0].step is not None and parts[0].step.kind == "windows"  # only the last can be shorter, where they do not fit
    fills = y.fills
    if several and not of_one_length and not windows:
        fills = (*fills, Fill(pad_id, step, "before" if text(side) == "left" else "after"))

    scale = y.scale or ("ids" if len(shape.axes) == 2 and y.dtype in ("int64", "int32") else "")
    value_ = y.value if y.value == pad_id else None
    y = replace(y, origin=joint_origin(parts), notes=of_samples(y.notes))
    if several and len(shape.axes) == 2 and parts[0].value == ONE and pad_id == Dim() and all(p.value == ONE for p in parts):
        mask = Mask("lengths", "real", uid=uid(), step=step)
        return replace(y, fills=(), unpadded=True, mask=mask, scale="mask", value=None, low=None)
    return replace(y, fills=fills, unpadded=y.unpadded and not fills, scale=scale, value=value_, low=None, high=y.high)


def _has_size(a: Axis | Pack) -> bool:
    """Whether an axis has a size that is written out."""
    return isinstance(a, Axis) and a.size is not None and a.size.const is not None


def _longest(lengths: Sequence[Axis | Pack], each: bool) -> Axis:
    consts = [a.size.const if isinstance(a, Axis) and a.size is not None else None for a in lengths]
    if each and all(c is not None for c in consts):
        return axis(max(c for c in consts if c is not None))
    first = lengths[0]
    if each and len(lengths) == 1 and isinstance(first, Axis):
        return first
    return axis(fresh("T", "time"))


# packed sequences: the object keeps the padded tensor's own facts


def _packed(ctx: Ctx, x: Tensor, batch_first: bool | None) -> Value:
    """`data` holds the real positions only, time by time."""
    rest = x.shape.axes[2:] if x.shape.pack is None else x.shape.axes[x.shape.axes.index(x.shape.pack) + 1 :]
    n = fresh("N")
    shape = Shape((axis(n), *rest)) if x.shape.pack is None else vague(x.shape)
    step = ctx.step("pack_padded_sequence", f"packed: only real positions, {shape}", x.step, shape=shape)
    kept = replace(x, shape=shape, step=step, fills=(), unpadded=True, contiguous=True, breaks=(), norm=None)
    data = replace(kept, notes=noted(kept, "packed", step))
    sizes = Tensor(Shape((axis(fresh("T", "time")),)), dtype="int64")
    first: Value = Const(batch_first) if batch_first is not None else UNKNOWN
    rows: tuple[tuple[str, Value], ...] = (("data", ctx.new(data)), ("batch_sizes", sizes), ("padded", x), ("batch_first", first))
    return LibObj(PACKED, Args(), rows, uid(), step)


@call("torch.nn.utils.rnn.pack_padded_sequence")
def pack_padded_sequence(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    first = flag(read(ctx, args, "input", "lengths", "batch_first")[2])
    return UNKNOWN if x is None else _packed(ctx, x, first)


@call("torch.nn.utils.rnn.pack_sequence")
def pack_sequence(ctx: Ctx, args: Args) -> Value:
    raw = args.given(0, "sequences")
    if raw is None:
        return UNKNOWN
    y = pad_sequence(ctx, Args((raw, Const(True))))
    return _packed(ctx, y, True) if isinstance(y, Tensor) else UNKNOWN


@call("torch.nn.utils.rnn.pad_packed_sequence")
def pad_packed_sequence(ctx: Ctx, args: Args) -> Value:
    packed, batch_first, fill, total = read(ctx, args, "sequence", "batch_first", "padding_value", "total_length")
    first = flag(batch_first)
    lengths = Tensor(Shape((axis(fresh("B", "batch")),)), dtype="int64")
    if not isinstance(packed, LibObj) or packed.cls != PACKED:
        y = Tensor(vague(Shape(())))
        return Seq("tuple", (y, lengths), UNKNOWN, Dim.of(2))
    raw, old = packed.fact("padded"), packed.fact("batch_first")
    x = ctx.get(raw) if raw is not None else UNKNOWN
    if not isinstance(x, Tensor):
        return Seq("tuple", (Tensor(vague(Shape(()))), lengths), UNKNOWN, Dim.of(2))
    was = flag(ctx.get(old)) if old is not None else None
    shape = _repadded(x, was, first, total)
    data = ctx.get(packed.fact("data") or UNKNOWN)
    base = data if isinstance(data, Tensor) else x
    pad_id = Dim() if is_none(fill) else certain(fill)
    step = ctx.step("pad_packed_sequence", f"pad_packed_sequence -> {shape}", *steps(base), shape=shape)
    notes = tuple(n for n in base.notes if n.kind != "packed")
    contiguous = True if first is False else None
    y = replace(base, shape=shape, step=step, notes=notes, contiguous=contiguous, breaks=(), norm=None, origin=x.origin)
    if x.scale == "ids":
        y = replace(y, fills=(Fill(pad_id, step),), unpadded=False)
    elif x.scale == "":
        y = replace(y, unpadded=False)
    b = shape.axes[0 if first else 1] if first is not None and shape.pack is None and len(shape.axes) > 1 else None
    if isinstance(b, Axis):
        lengths = replace(lengths, shape=Shape((b,)))
    return Seq("tuple", (y, lengths), UNKNOWN, Dim.of(2))


def _repadded(x: Tensor, was: bool | None, first: bool | None, total: Value | None) -> Shape:
    """The shape after packing and padding again: the time axis may be shorter than it was."""
    if was is None or first is None or x.shape.pack is not None or len(x.shape.axes) < 2:
        return vague(x.shape)
    batch, time = (x.shape.axes[0], x.shape.axes[1]) if was else (x.shape.axes[1], x.shape.axes[0])
    new: Axis | Pack = time if time == UNIT else axis(fresh("T", role_of(time) or "time"))
    if not is_none(total) and (n := number(total)) is not None:
        new = time if isinstance(time, Axis) and time.size == n else axis(n)
    return Shape(((batch, new) if first else (new, batch)) + x.shape.axes[2:])


@call("torch.nn.utils.rnn.unpad_sequence")
def unpad_sequence(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "padded_sequences")
    first = flag(read(ctx, args, "padded_sequences", "lengths", "batch_first")[2])
    if x is None or first is None or x.shape.pack is not None or len(x.shape.axes) < 2:
        return UNKNOWN
    batch = x.shape.axes[0 if first else 1]
    row = changed(x, scale=x.scale, shape=Shape((axis(fresh("T", "time")), *x.shape.axes[2:])), contiguous=None, breaks=())
    size = batch.size if isinstance(batch, Axis) else None
    return Seq("list", None, row, size if size is not None else fresh("B", "batch"))
