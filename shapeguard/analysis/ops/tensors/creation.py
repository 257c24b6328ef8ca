"""Making tensors: zeros, full, randint, arange, torch.tensor of lists, and the same in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh
from shapeguard.analysis.facts.tensors import Part
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    Dtype,
    Mask,
    Note,
    Num,
    Origin,
    Scale,
    Seq,
    Tensor,
    Unknown,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.common import (
    INTS,
    certain,
    changed,
    dtype_of,
    is_none,
    keyword,
    listed,
    noted,
    number,
    read,
    size_of,
    spread,
    tensor,
)
from shapeguard.analysis.ops.table import Ctx, Op, call, method
from shapeguard.analysis.ops.tensors.axes import locate, vague
from shapeguard.analysis.ops.tensors.written_attention import hidden


def shaped(ctx: Ctx, wanted: Sequence[Value] | None, name: str = "x") -> Shape:
    """A shape from the sizes that a call names."""
    if wanted is None:
        return unknown_tensor(name).shape
    return Shape(tuple(axis(size_of(w)) for w in wanted))


def asked_dtype(ctx: Ctx, args: Args, otherwise: Dtype) -> Dtype:
    """The dtype that a call names, or the one that it has `otherwise`."""
    found = dtype_of(keyword(ctx, args, "dtype"))
    return otherwise if found is None else found


def new(ctx: Ctx, op: str, shape: Shape, words: str, **facts: Any) -> Tensor:
    """A tensor made here."""
    return Tensor(shape, step=ctx.step(op, f"{words} {shape}", shape=shape), **facts)


def _value(op: str, value: Dim | None, otherwise: Dtype, array: bool, start: int = 0) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        wanted = spread(ctx, args, start, "size", "shape")
        if array:
            first = args.given(start, "shape")
            wanted = listed(ctx, ctx.get(first)) if first is not None else None
        return _filled(ctx, op, shaped(ctx, wanted), value, asked_dtype(ctx, args, _array_kind(ctx, args, otherwise, array)), array)

    return run


def _array_kind(ctx: Ctx, args: Args, otherwise: Dtype, array: bool) -> Dtype:
    if array and len(args.pos) > 1:
        return dtype_of(ctx.get(args.pos[1])) or ""
    return otherwise


def _filled(ctx: Ctx, op: str, shape: Shape, value: Dim | None, dtype: Dtype, array: bool) -> Tensor:
    if dtype == "bool" and value is not None and value.const not in (0, 1):
        value = None if value.const is None else Dim.of(1)
    words = f"full of {value}," if value is not None else op
    return new(ctx, op, shape, words, value=value, dtype=dtype, array=array, low=value, high=value + 1 if value is not None else None)


for _name, _number in (("zeros", 0), ("ones", 1), ("empty", None), ("rand", None), ("randn", None)):
    _dim = Dim.of(_number) if _number is not None else None
    call(f"torch.{_name}")(_value(_name, _dim, "float", array=False))
    if _name in ("zeros", "ones", "empty"):
        call(f"numpy.{_name}")(_value(_name, _dim, "double", array=True))
        method(f"new_{_name}")(_value(f"new_{_name}", _dim, "", array=False, start=1))


@call("numpy.random.rand", "numpy.random.randn")
def numpy_rand(ctx: Ctx, args: Args) -> Value:
    return new(ctx, "rand", shaped(ctx, spread(ctx, args, 0)), "random", dtype="double", array=True)


@call("numpy.random.random", "numpy.random.uniform", "numpy.random.normal", "numpy.random.random_sample")
def numpy_random(ctx: Ctx, args: Args) -> Value:
    raw = args.given(None, "size") or (args.pos[-1] if args.pos and isinstance(ctx.get(args.pos[-1]), Seq) else None)
    return new(ctx, "rand", shaped(ctx, listed(ctx, ctx.get(raw)) if raw is not None else None), "random", dtype="double", array=True)


def _full(array: bool) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        size, fill = read(ctx, args, "size|shape", "fill_value")
        value = certain(fill)
        shape = shaped(ctx, listed(ctx, size) if size is not None else None)
        default: Dtype = (
            "int64" if isinstance(fill, Num) else "bool" if isinstance(fill, Const) and fill.value in (True, False) else "float"
        )
        dtype = asked_dtype(ctx, args, dtype_of(ctx.get(args.pos[2])) or "" if array and len(args.pos) > 2 else default)
        return _filled(ctx, "full", shape, value, dtype, array)

    return run


call("torch.full")(_full(array=False))
call("numpy.full")(_full(array=True))


@method("new_full")
def new_full(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    _, size, fill = read(ctx, args, "input", "size", "fill_value")
    shape = shaped(ctx, listed(ctx, size) if size is not None else None)
    y = _filled(ctx, "new_full", shape, certain(fill), asked_dtype(ctx, args, x.dtype if x is not None else ""), False)
    return replace(y, part=Part("flat"))


def _like(op: str, value: int | None) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args, 0, "input", "a")
        if x is None:
            return UNKNOWN
        fill = read(ctx, args, "input", "fill_value")[1] if op == "full" else None
        number_ = certain(fill) if op == "full" else Dim.of(value) if value is not None else None
        y = _filled(ctx, f"{op}_like", x.shape, number_, asked_dtype(ctx, args, x.dtype), x.array)
        if op == "full":
            y = replace(y, part=Part("flat"))
        return replace(y, contiguous=True if x.contiguous else None)

    return run


for _name, _known in (("zeros", 0), ("ones", 1), ("empty", None), ("full", None), ("rand", None), ("randn", None)):
    call(f"torch.{_name}_like", *((f"numpy.{_name}_like",) if not _name.startswith("rand") else ()))(_like(_name, _known))


@call("torch.randint")
def randint(ctx: Ctx, args: Args) -> Value:
    """`randint(high, size)` or `randint(low, high, size)`: no padding can be in it."""
    found = [ctx.get(v) for v in args.pos]
    size = keyword(ctx, args, "size")
    if size is None and found and isinstance(found[-1], (Seq, Unknown)):
        size = found.pop()
    low, high = keyword(ctx, args, "low"), keyword(ctx, args, "high")
    if len(found) == 2:
        low, high = found
    elif len(found) == 1:
        low, high = (low, found[0]) if high is None else (found[0], high)
    return _random(
        ctx, "randint", shaped(ctx, listed(ctx, size) if size is not None else None), low, high, asked_dtype(ctx, args, "int64"), False
    )


def _random(ctx: Ctx, op: str, shape: Shape, low: Value | None, high: Value | None, dtype: Dtype, array: bool) -> Tensor:
    bottom = Dim() if low is None else number(low)
    words = f"random integers below {h}," if (h := number(high)) is not None else "random integers"
    return new(
        ctx, op, shape, words, dtype=dtype, scale="ids", unpadded=True, origin=Origin(uid()), low=bottom, high=number(high), array=array
    )  # fmt: skip


@call("numpy.random.randint")
def numpy_randint(ctx: Ctx, args: Args) -> Value:
    low, high, size = read(ctx, args, "low", "high", "size")
    if is_none(high):
        low, high = None, low
    return _random(ctx, "randint", Shape(()) if is_none(size) else shaped(ctx, listed(ctx, size or UNKNOWN)), low, high, "int64", True)


@call("torch.randint_like")
def randint_like(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    _, one, two = read(ctx, args, "input", "high" if len(args.pos) < 3 else "low", "high")
    if x is None:
        return UNKNOWN
    low, high = (None, one) if two is None else (one, two)
    return replace(_random(ctx, "randint", x.shape, low, high, x.dtype, False), contiguous=True if x.contiguous else None)


def _arange(array: bool) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        found = [ctx.get(v) for v in args.pos]
        start, end, by = (keyword(ctx, args, n) for n in ("start", "end", "step"))
        end = keyword(ctx, args, "stop") if end is None else end
        if len(found) == 1:
            end = found[0] if end is None else end
            start = found[0] if end is not found[0] and start is None else start
        elif len(found) >= 2:
            start, end = found[0], found[1]
            by = found[2] if len(found) > 2 else by

        first, last = Dim() if start is None else number(start), number(end)
        step = Dim.of(1) if by is None else number(by)
        count: Dim | None = None
        if first is not None and last is not None and step is not None and step.const:
            gap = last - first
            if step.const == 1:
                count = gap if gap.const is None or gap.const >= 0 else Dim()
            elif gap.const is not None:
                count = Dim.of(max(0, -(-gap.const // step.const)))  # of a range, len() refuses what is too long

        floats = any(isinstance(v, Const) for v in (start, end, by))
        dtype = asked_dtype(ctx, args, ("double" if array else "float") if floats else "int64")
        shape = Shape((axis(count if count is not None and not floats else fresh("n")),))
        return new(
            ctx, "arange", shape, "counts up,", dtype=dtype, scale="ids", unpadded=True, origin=Origin(uid()), low=first, high=last,
                array=array
        )  # fmt: skip

    return run


call("torch.arange")(_arange(array=False))
call("numpy.arange")(_arange(array=True))


@call("torch.linspace", "torch.logspace")
def linspace(ctx: Ctx, args: Args) -> Value:
    steps = read(ctx, args, "start", "end", "steps")[2]
    return new(ctx, "linspace", Shape((axis(size_of(steps)),)), "evenly spaced,", dtype=asked_dtype(ctx, args, "float"))


@call("numpy.linspace")
def numpy_linspace(ctx: Ctx, args: Args) -> Value:
    count = read(ctx, args, "start", "stop", "num")[2]
    size = Dim.of(50) if count is None else size_of(count)
    return new(ctx, "linspace", Shape((axis(size),)), "evenly spaced,", dtype="double", array=True)


@call("torch.range")
def range_(ctx: Ctx, args: Args) -> Value:
    return new(ctx, "range", Shape((axis(fresh("n")),)), "counts up,", dtype="float")


def _eye(array: bool) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        n, m = read(ctx, args, "n|N", "m|M")
        rows = size_of(n)
        cols = rows if is_none(m) else size_of(m)
        return new(ctx, "eye", Shape.of(rows, cols), "identity", dtype=asked_dtype(ctx, args, "double" if array else "float"), array=array)

    return run


call("torch.eye")(_eye(array=False))
call("numpy.eye", "numpy.identity")(_eye(array=True))


@call("torch.randperm")
def randperm(ctx: Ctx, args: Args) -> Value:
    n = read(ctx, args, "n")[0]
    size = size_of(n)
    return new(ctx, "randperm", Shape((axis(size),)), "a permutation,", dtype="int64", scale="ids", unpadded=True, low=Dim(), high=size)


@method("tril", "triu")
@call("torch.tril", "torch.triu", "numpy.tril", "numpy.triu")
def tril(ctx: Ctx, args: Args) -> Value:
    """A triangle of ones is a causal mask."""
    x = tensor(ctx, args, 0, "input", "m")
    if x is None:
        return UNKNOWN
    step = ctx.step("tril", f"a triangle of {x.shape}", x.step, shape=x.shape)
    contiguous = True if x.contiguous else None
    if not x.fed and x.scale in ("", "mask"):
        mask = Mask("causal", "unknown", uid=uid(), step=step)
        ones = x.dtype == "bool" or x.value == Dim.of(1)
        notes = noted(x, "triangle", step)
        return changed(x, scale="mask" if ones else "", mask=mask, step=step, contiguous=contiguous, breaks=(), notes=notes)
    scale: Scale = "embedding" if x.scale == "embedding" else ""
    notes = hidden(x, Tensor(x.shape, notes=(Note("triangle", step),), step=step))
    return changed(x, scale=scale, step=step, contiguous=contiguous, breaks=(), notes=notes)


@method("multinomial")
@call("torch.multinomial")
def multinomial(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    count = read(ctx, args, "input", "num_samples")[1]
    if x is None:
        return UNKNOWN
    x, place = locate(ctx, x, -1)
    last = x.shape.axes[place] if place is not None else None
    lead: tuple[Axis | Pack, ...] = x.shape.axes[:place] if place is not None else vague(x.shape).axes
    high = last.size if isinstance(last, Axis) else None
    shape = Shape((*lead, axis(size_of(count))))
    step = ctx.step("multinomial", f"samples {shape}", x.step, shape=shape)
    return Tensor(shape, dtype="int64", scale="ids", unpadded=True, origin=Origin(uid()), low=Dim(), high=high, step=step)


@method("normal", "uniform", "exponential", "random", "geometric", "cauchy", "log_normal")
@call("torch.poisson")
def redrawn(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else changed(x, contiguous=True if x.contiguous else None, breaks=())


@method("bernoulli")
@call("torch.bernoulli")
def bernoulli(ctx: Ctx, args: Args) -> Value:
    """`torch.bernoulli(chance)`: a mask of drawn positions; where the chance was set to 0 none is drawn."""
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    y = changed(x, contiguous=True if x.contiguous else None, breaks=())
    zeros = [n for n in x.notes if n.kind == "zeroed"]
    fresh_chance = x.step is not None and (x.step.kind == "full" or (bool(zeros) and zeros[-1].step is x.step))
    if not fresh_chance or len(args.pos) > 1 or args.given(None, "p") is not None or x.scale:
        return y
    spared = [n.mask for n in zeros if n.mask is not None and n.mask.kind == "id" and n.mask.keeps == "others" and n.mask.id is not None]
    mask = Mask("random", "some", uid=uid()) if not zeros else Mask("given", "unknown", uid=uid())
    if spared:
        mask = Mask("random", "some", spared[-1].id, spared[-1].of, uid=uid(), others=spared[-1].others)
    step = ctx.step("mask", f"positions drawn at random, {x.shape}", x.step, shape=x.shape)
    return replace(y, mask=replace(mask, step=step), scale="mask", step=step, notes=tuple(n for n in y.notes if n.kind != "zeroed"))


@call("torch.normal")
def normal(ctx: Ctx, args: Args) -> Value:
    mean, std, size = read(ctx, args, "mean", "std", "size")
    if size is not None:
        return new(ctx, "normal", shaped(ctx, listed(ctx, size)), "random", dtype="float")
    x = mean if isinstance(mean, Tensor) else std
    return changed(x, contiguous=None) if isinstance(x, Tensor) else UNKNOWN


@call("numpy.memmap", "numpy.fromfile", "numpy.frombuffer")
def stored(ctx: Ctx, args: Args) -> Value:
    """The numbers of a file or a buffer, as one row; a memmap may be given a shape."""
    shape = args.given(4, "shape")
    if args.more or (shape is not None and not is_none(ctx.get(shape))):
        return unknown_tensor(array=True)
    raw = args.given(1, "dtype")
    dtype = dtype_of(ctx.get(raw)) if raw is not None else None
    ids = dtype in INTS
    return new(
        ctx, "stored", Shape((axis(fresh("n")),)), "numbers of a file", array=True, dtype=dtype or "",
        scale="ids" if ids else "", origin=Origin(uid()) if ids else None,
    )  # fmt: skip


@call("torch.frombuffer")
def from_buffer(ctx: Ctx, args: Args) -> Value:
    """The numbers of a buffer, as one row."""
    dtype = dtype_of(keyword(ctx, args, "dtype")) or ""
    ids = dtype in INTS
    origin = Origin(uid()) if ids else None
    return new(ctx, "stored", Shape((axis(fresh("n")),)), "numbers of a buffer", dtype=dtype, scale="ids" if ids else "", origin=origin)
