"""Rows that are parted or shuffled by scikit-learn: what is known of each row stays, and rows that stood side by side still do."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, axis, fresh
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Num, Origin, Seq, SliceV, Tensor, Value, uid
from shapeguard.analysis.ops.python.container_methods import shuffled
from shapeguard.analysis.ops.table import Ctx, call
from shapeguard.analysis.ops.tensors.indexing import index
from shapeguard.analysis.ops.tensors.members import make
from shapeguard.analysis.ops.tensors.slicing import slice_seq


@call("sklearn.model_selection.train_test_split", "sklearn.cross_validation.train_test_split")
def train_test_split(ctx: Ctx, args: Args) -> Value:
    """`train_test_split(xs, ys)`: two parts of each, in one order."""
    if args.more or not args.pos:
        return UNKNOWN
    sides: list[tuple[Dim, dict[int, int]]] = [(fresh("n", "batch"), {}), (fresh("n", "batch"), {})]
    found = [_rows(ctx, one, size, sources, "train_test_split") for one in args.pos for size, sources in sides]
    return make(ctx, "list", tuple(found))


@call("sklearn.utils.shuffle", "sklearn.utils.resample")
def shuffle(ctx: Ctx, args: Args) -> Value:
    """`shuffle(xs, ys)`: the rows of each, in one new order; one argument gives one value."""
    if args.more or not args.pos:
        return UNKNOWN
    size: Dim = fresh("n", "batch")
    sources: dict[int, int] = {}
    found = tuple(_rows(ctx, one, size, sources, "shuffle") for one in args.pos)
    return found[0] if len(found) == 1 else make(ctx, "list", found)


def _rows(ctx: Ctx, value: Value, size: Dim, sources: dict[int, int], name: str) -> Value:
    """Some of the rows of a value; `sources` are the ids that the rows so far were taken from, and what these are now."""
    facts = ctx.get(value)
    if isinstance(facts, Seq):
        some = shuffled(ctx, slice_seq(ctx, facts, NONE, Num(size), NONE))
        return ctx.new(replace(some, kind="list" if facts.kind == "set" else facts.kind, items=None, length=size))
    if not isinstance(facts, Tensor) or not facts.shape.axes:
        return ctx.new(UNKNOWN)
    some_rows = index(ctx, facts, (SliceV(NONE, Num(size), NONE),))
    if not isinstance(some_rows, Tensor):
        return ctx.new(UNKNOWN)
    origin = facts.origin
    if origin is not None:
        origin = Origin(sources.setdefault(origin.source, uid()), origin.start)
    shape = Shape((axis(size), *some_rows.shape.axes[1:])) if isinstance(some_rows.shape.axes[0], Axis) else some_rows.shape
    step = ctx.step(name, f"some of the rows, {shape}", facts.step, shape=shape)
    return ctx.new(replace(some_rows, shape=shape, origin=origin, contiguous=True, breaks=(), step=step))
