"""torch.utils.data: what a dataset, a collate function and a loader make of one sample."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import ONE, axis, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Class,
    Const,
    Count,
    Dim,
    Fill,
    Inst,
    Lib,
    LibObj,
    Map,
    Num,
    Origin,
    Seq,
    Shape,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops.common import of_samples
from shapeguard.analysis.ops.table import Ctx, call, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg, elem_of, joined, make

_DEPTH = 4  # of containers in a batch
LOADER = "torch.utils.data.DataLoader"
_DATASETS = "torch.utils.data."
_POSITIONS = {"dataset": 0, "batch_size": 1, "sampler": 3, "batch_sampler": 4, "collate_fn": 6, "drop_last": 8}


def loader_option(ctx: Ctx, obj: LibObj, name: str) -> Value | None:
    """An option of a loader, as passed or set later (perhaps a Ref)."""
    return obj.fact(name) or obj.args.given(_POSITIONS.get(name), name)


def _object(cls: str, ctx: Ctx, args: Args) -> LibObj:
    return LibObj(cls, args, uid=uid())


@call(LOADER, "torch.utils.data.dataloader.DataLoader")
def data_loader(ctx: Ctx, args: Args) -> Value:
    """`DataLoader(dataset, batch_size, collate_fn=...)`."""
    return replace(_object(LOADER, ctx, args), step=ctx.step("DataLoader", "the batches are made here"))


def _defines(ctx: Ctx, cls: Class, name: str) -> bool:
    todo: list[Value] = [cls]
    for _ in range(32):
        if not todo:
            break
        facts = ctx.get(todo.pop())
        if isinstance(facts, Class):
            if any(getattr(stmt, "name", "") == name for stmt in facts.node.body):
                return True
            todo.extend(facts.bases)
    return False


def sample_of(ctx: Ctx, dataset: Value) -> Value:
    """One sample of a dataset: an indexed one, or one that iterating gives."""
    facts = ctx.get(dataset)
    if isinstance(facts, Inst) and not _defines(ctx, facts.cls, "__getitem__") and _defines(ctx, facts.cls, "__iter__"):
        return ctx.elem(dataset)
    if isinstance(facts, Seq):
        return elem_of(ctx, facts)
    return ctx.item(dataset, _position(ctx, dataset))


def _position(ctx: Ctx, dataset: Value) -> Num:
    """Any position of a dataset: below its length, where that is known."""
    facts = ctx.get(dataset)
    if isinstance(facts, Inst) and _defines(ctx, facts.cls, "__len__"):
        size = ctx.get(ctx.call(Lib("builtins.len"), Args((dataset,))))
        if isinstance(size, Num):
            return arith.any_index(Dim(), size.dim)
    return Num(fresh("i", "index"))


@object_method(f"{LOADER}.__iter__")
def loader_batch(ctx: Ctx, args: Args) -> Value:
    """One batch: samples, then the collate function or torch's own."""
    obj = ctx.get(args.pos[0])
    if not isinstance(obj, LibObj):
        return UNKNOWN
    dataset = loader_option(ctx, obj, "dataset")
    if dataset is None:
        return UNKNOWN
    sample = sample_of(ctx, dataset)
    collate = loader_option(ctx, obj, "collate_fn")
    own = collate is not None and ctx.get(collate) != NONE
    size = batch_size(ctx, obj)
    if size is None:
        return ctx.call(collate, Args((sample,))) if own and collate is not None else sample
    samples = Seq("list", None, sample, size)
    if own and collate is not None:
        batch = ctx.call(collate, Args((ctx.new(samples),)))
        return _perhaps_even(ctx, batch, _fills(ctx, sample)) if _foreign_batches(ctx, obj) else batch
    return collated(ctx, sample, size)


def _foreign_batches(ctx: Ctx, obj: LibObj) -> bool:
    """Whether a sampler that is not known decides which rows share a batch: perhaps those of one length, that need no padding."""
    given = loader_option(ctx, obj, "batch_sampler")
    facts = NONE if given is None else ctx.get(given)
    return isinstance(facts, Unknown) or (isinstance(facts, LibObj) and not facts.cls.startswith("torch.utils.data."))


@call("torch.utils.data.BatchSampler", "torch.utils.data.sampler.BatchSampler")
def batch_sampler(ctx: Ctx, args: Args) -> Value:
    """`BatchSampler(sampler, batch_size, drop_last)`: rows as they come, whatever their length."""
    return LibObj("torch.utils.data.BatchSampler", args, uid=uid())


def _fills(ctx: Ctx, value: Value, depth: int = 0) -> frozenset[Fill]:
    """The padding that is written in a value or in what it holds."""
    facts = ctx.get(value)
    if isinstance(facts, (Tensor, Seq)) and facts.fills:
        return frozenset(facts.fills)
    return frozenset(f for v in _members(facts) for f in _fills(ctx, v, depth + 1)) if depth < _DEPTH else frozenset()


def _perhaps_even(ctx: Ctx, value: Value, before: frozenset[Fill], depth: int = 0) -> Value:
    """A batch of which it is not known whether its rows were padded; padding that they had `before` stays."""
    facts = ctx.get(value)
    if isinstance(facts, Tensor):
        kept = tuple(f for f in facts.fills if f in before)
        return value if kept == facts.fills else ctx.new(replace(facts, fills=kept, unpadded=False))
    if depth >= _DEPTH:
        return value
    if isinstance(facts, Map):
        return ctx.new(replace(facts, items=tuple((k, _perhaps_even(ctx, v, before, depth + 1)) for k, v in facts.items)))
    if isinstance(facts, Seq) and facts.items:
        return replace(make(ctx, facts.kind, tuple(_perhaps_even(ctx, v, before, depth + 1) for v in facts.items)), names=facts.names)
    return value


def _members(facts: Value) -> tuple[Value, ...]:
    if isinstance(facts, Map):
        return tuple(v for _, v in facts.items)
    return (facts.items or (facts.elem,)) if isinstance(facts, Seq) else ()


def batch_size(ctx: Ctx, obj: LibObj) -> Dim | None:
    """The number of samples in a batch; None where batching is off."""
    if loader_option(ctx, obj, "batch_sampler") not in (None, NONE):
        return fresh("B", "batch")
    given = loader_option(ctx, obj, "batch_size")
    facts = None if given is None else ctx.get(given)
    if facts is None:
        return fresh("B", "batch") if obj.args.more else ONE
    if facts == NONE:
        return None
    # the last batch is smaller: a literal size is a symbol too, except 1
    return ONE if isinstance(facts, Num) and facts.dim == ONE else fresh("B", "batch")


@object_method(f"{LOADER}.__len__")
def loader_len(ctx: Ctx, args: Args) -> Value:
    """`len(loader)`: the number of batches."""
    obj = ctx.get(args.pos[0])
    owner = obj.uid if isinstance(obj, LibObj) else uid()
    return Num(arith.symbol_for_key(("batches", owner), "", "batches"), Count("batches"), ctx.step("len", "len(loader) counts batches"))


def _loader_attribute(name: str, default: Value) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        obj = ctx.get(args.pos[0])
        value = loader_option(ctx, obj, name) if isinstance(obj, LibObj) else None
        return default if value is None else value

    op.__doc__ = f"`loader.{name}`."
    object_attribute(f"{LOADER}.{name}")(op)


_loader_attribute("dataset", UNKNOWN)
_loader_attribute("batch_size", Num(ONE))
_loader_attribute("collate_fn", NONE)


# the batch that torch makes by itself


def collated(ctx: Ctx, sample: Value, size: Dim) -> Value:
    """`default_collate` of `size` samples like this one."""
    facts = ctx.get(sample)
    if isinstance(facts, Tensor):
        return stacked(ctx, facts, size)
    if isinstance(facts, Num):
        shape = Shape.of(size)
        step = ctx.step("default_collate", f"default_collate makes integers {shape}", facts.step, shape=shape)
        low = facts.dim if facts.dim.const is not None else None
        high = facts.dim + 1 if low is not None else None
        made = Tensor(shape, dtype="int64", scale="ids", unpadded=True, origin=Origin(uid()), low=low, high=high, step=step)
        return replace(made, real=arith.real_of(facts))
    if isinstance(facts, Const) and isinstance(facts.value, (bool, float)):
        return Tensor(Shape.of(size), dtype="bool" if isinstance(facts.value, bool) else "double", unpadded=True)
    if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)):
        return Seq("list", None, facts, size)
    if isinstance(facts, Map):
        rest = None if facts.rest is None else collated(ctx, facts.rest, size)
        return replace(facts, items=tuple((k, _held(ctx, collated(ctx, v, size))) for k, v in facts.items), rest=rest, kind="dict")
    if isinstance(facts, Seq):
        if facts.items is not None:
            parts = tuple(_held(ctx, collated(ctx, i, size)) for i in facts.items)
            return replace(make(ctx, "tuple" if facts.names else "list", parts), names=facts.names)
        # a list of numbers becomes a list of as many tensors: one for each position, over the batch
        return Seq("list", None, collated(ctx, elem_of(ctx, facts), size), facts.length)
    return UNKNOWN


def _held(ctx: Ctx, value: Value) -> Value:
    return ctx.new(value) if isinstance(value, (Tensor, Map)) or (isinstance(value, Seq) and value.kind == "list") else value


def stacked(ctx: Ctx, sample: Tensor, size: Dim) -> Tensor:
    """Samples of one shape behind a new batch axis."""
    shape = Shape((axis(size), *sample.shape.axes))
    step = ctx.step("default_collate", f"default_collate stacks the samples -> {shape}", sample.step, shape=shape)
    single = sample.shape.rank == 0
    return replace(
        sample,
        shape=shape,
        array=False,
        contiguous=True,
        breaks=(),
        value=None,
        count=None,
        notes=of_samples(sample.notes),
        unpadded=sample.unpadded or (single and not sample.fills),
        scale="ids" if single and not sample.scale and sample.dtype in ("int64", "int32", "int") else sample.scale,
        origin=sample.origin or (Origin(uid()) if single else None),
        step=step,
    )


@call("torch.utils.data.default_collate", "torch.utils.data.dataloader.default_collate", "torch.utils.data._utils.collate.default_collate")
def default_collate(ctx: Ctx, args: Args) -> Value:
    """`default_collate(samples)`."""
    batch = arg(ctx, args, 0, "batch")
    if not isinstance(batch, Seq) or batch.items == ():
        return UNKNOWN
    size = batch.length if batch.items is None or len(batch.items) > 1 else ONE
    return collated(ctx, elem_of(ctx, batch), size)


@call("torch.utils.data.default_convert", "torch.utils.data._utils.collate.default_convert")
def default_convert(ctx: Ctx, args: Args) -> Value:
    """`default_convert(sample)`."""
    return args.pos[0] if args.pos else UNKNOWN


# datasets


@call(f"{_DATASETS}TensorDataset", f"{_DATASETS}dataset.TensorDataset")
def tensor_dataset(ctx: Ctx, args: Args) -> Value:
    """`TensorDataset(x, y)`."""
    return _object(f"{_DATASETS}TensorDataset", ctx, args)


@object_method(f"{_DATASETS}TensorDataset.__getitem__", f"{_DATASETS}TensorDataset.__iter__")
def tensor_dataset_item(ctx: Ctx, args: Args) -> Value:
    """A row of each tensor."""
    obj = ctx.get(args.pos[0])
    if not isinstance(obj, LibObj) or obj.args.more:
        return UNKNOWN
    index = args.pos[1] if len(args.pos) > 1 else Num(fresh("i", "index"))
    rows = tuple(ctx.item(t, index) for t in obj.args.pos)
    return Seq("tuple", rows, joined(ctx, rows), Dim.of(len(rows)))


@object_attribute(f"{_DATASETS}TensorDataset.tensors")
def tensors(ctx: Ctx, args: Args) -> Value:
    """`dataset.tensors`."""
    obj = ctx.get(args.pos[0])
    return make(ctx, "tuple", obj.args.pos) if isinstance(obj, LibObj) else UNKNOWN


@object_method(f"{_DATASETS}TensorDataset.__len__")
def tensor_dataset_len(ctx: Ctx, args: Args) -> Value:
    """The rows of the first tensor."""
    obj = ctx.get(args.pos[0])
    if not isinstance(obj, LibObj) or not obj.args.pos:
        return UNKNOWN
    return ctx.item(ctx.attr(obj.args.pos[0], "shape"), Num(Dim()))


@call(f"{_DATASETS}Subset", f"{_DATASETS}dataset.Subset")
def subset(ctx: Ctx, args: Args) -> Value:
    """`Subset(dataset, indices)`."""
    return _object(f"{_DATASETS}Subset", ctx, args)


@object_method(f"{_DATASETS}Subset.__getitem__", f"{_DATASETS}Subset.__iter__")
def subset_item(ctx: Ctx, args: Args) -> Value:
    """A sample of the dataset behind it."""
    obj = ctx.get(args.pos[0])
    dataset = obj.args.given(0, "dataset") if isinstance(obj, LibObj) else None
    return UNKNOWN if dataset is None else sample_of(ctx, dataset)


@object_attribute(f"{_DATASETS}Subset.dataset")
def subset_dataset(ctx: Ctx, args: Args) -> Value:
    """`subset.dataset`."""
    obj = ctx.get(args.pos[0])
    return (obj.args.given(0, "dataset") if isinstance(obj, LibObj) else None) or UNKNOWN


@call(f"{_DATASETS}random_split", f"{_DATASETS}dataset.random_split")
def random_split(ctx: Ctx, args: Args) -> Value:
    """`random_split(dataset, lengths)`."""
    dataset = args.given(0, "dataset")
    lengths = arg(ctx, args, 1, "lengths")
    if dataset is None:
        return UNKNOWN
    parts = lengths.items if isinstance(lengths, Seq) else None
    one = _object(f"{_DATASETS}Subset", ctx, Args((dataset,)))
    if parts is None:
        return Seq("list", None, one, fresh("n"))
    return make(ctx, "list", tuple(ctx.new(replace(one, uid=uid())) for _ in parts))


@call(f"{_DATASETS}ConcatDataset", f"{_DATASETS}dataset.ConcatDataset", f"{_DATASETS}ChainDataset")
def concat_dataset(ctx: Ctx, args: Args) -> Value:
    """`ConcatDataset(datasets)`."""
    return _object(f"{_DATASETS}ConcatDataset", ctx, args)


@object_method(f"{_DATASETS}ConcatDataset.__getitem__", f"{_DATASETS}ConcatDataset.__iter__")
def concat_dataset_item(ctx: Ctx, args: Args) -> Value:
    """A sample of any of the datasets."""
    obj = ctx.get(args.pos[0])
    datasets = arg(ctx, obj.args, 0, "datasets") if isinstance(obj, LibObj) else None
    if not isinstance(datasets, Seq):
        return UNKNOWN
    return joined(ctx, tuple(sample_of(ctx, d) for d in datasets.items or (elem_of(ctx, datasets),)))
