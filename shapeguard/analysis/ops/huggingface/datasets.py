"""The datasets library: what `map` adds to an example, and what format and loader make of it."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import join_elems
from shapeguard.analysis.facts.shapes import axis, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    Dim,
    LibObj,
    Map,
    Num,
    Origin,
    Seq,
    Shape,
    SliceV,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops.python.container_methods import merged
from shapeguard.analysis.ops.table import Ctx, call, object_attribute, object_method
from shapeguard.analysis.ops.tensors.members import arg, dereferenced, elem_of

DATASET = "datasets.Dataset"
SPLITS = "datasets.DatasetDict"
_ANY = Map((), UNKNOWN)


def _made(cls: str, args: Args, example: Map = _ANY) -> LibObj:
    return LibObj(cls, args, (("example", example),), uid=uid())


@call("datasets.load_dataset", "datasets.load_from_disk", "nlp.load_dataset")
def load_dataset(ctx: Ctx, args: Args) -> Value:
    """`load_dataset(name, split="train")`."""
    split = arg(ctx, args, None, "split")
    return _made(SPLITS if split is None and not args.more else DATASET, args)


@call(f"{DATASET}.from_dict", f"{DATASET}.from_list", f"{DATASET}.from_pandas", f"{DATASET}.from_generator", f"{DATASET}.from_csv")
def from_python(ctx: Ctx, args: Args) -> Value:
    """`Dataset.from_dict({"text": [...]})`."""
    data = arg(ctx, args, 0, "mapping")
    if not isinstance(data, Map):
        return _made(DATASET, args)
    items = tuple((k, dereferenced(ctx, elem_of(ctx, c)) if isinstance(c := ctx.get(v), Seq) else UNKNOWN) for k, v in data.items)
    return _made(DATASET, args, Map(items, data.rest))


@call(SPLITS)
def dataset_dict(ctx: Ctx, args: Args) -> Value:
    """`DatasetDict({"train": ...})`."""
    data = arg(ctx, args, 0, "mapping")
    one = _object(ctx, data.items[0][1]) if isinstance(data, Map) and data.items else None
    return replace(one, cls=SPLITS) if one is not None else _made(SPLITS, args)


def _object(ctx: Ctx, value: Value) -> LibObj | None:
    facts = ctx.get(value)
    return facts if isinstance(facts, LibObj) and facts.cls in (DATASET, SPLITS) else None


def example_of(ctx: Ctx, obj: LibObj) -> Map:
    """One example, before the format."""
    found = ctx.get(obj.fact("example") or UNKNOWN)
    return found if isinstance(found, Map) else _ANY


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{c}.{n}" for c in (DATASET, SPLITS) for n in names)


@object_method(*_both("map"))
def map_(ctx: Ctx, args: Args) -> Value:
    """`ds.map(fn, batched=True)`: the example, and over it what fn returns."""
    obj = _object(ctx, args.pos[0])
    func = args.given(1, "function")
    if obj is None or func is None:
        return UNKNOWN
    example = example_of(ctx, obj)
    batched = arg(ctx, args, None, "batched") == Const(True)
    size = fresh("B", "batch")
    given = _batch(ctx, example, size) if batched else replace(example, items=tuple((k, _python(ctx, v)) for k, v in example.items))
    extra = (Num(fresh("i", "index")),) if arg(ctx, args, None, "with_indices") == Const(True) else ()
    kw = arg(ctx, args, None, "fn_kwargs")
    named = tuple((str(k), v) for k, v in kw.items) if isinstance(kw, Map) else ()
    columns = args.given(None, "input_columns")
    out = UNKNOWN if columns is not None else ctx.get(ctx.call(func, Args((ctx.new(given), *extra), named)))
    if not isinstance(out, Map):
        return replace(obj, facts=_with(obj, "example", _ANY), uid=uid())
    items = tuple((k, dereferenced(ctx, _row(ctx, v) if batched else v)) for k, v in out.items)
    rest = None if out.rest is None else dereferenced(ctx, _row(ctx, out.rest) if batched else out.rest)
    base = _removed(example, arg(ctx, args, None, "remove_columns"))
    return replace(obj, facts=_with(obj, "example", merged(ctx, base, Map(items, rest))), uid=uid())


def _with(obj: LibObj, name: str, value: Value) -> tuple[tuple[str, Value], ...]:
    return obj.with_fact(name, value).facts


def _python(ctx: Ctx, value: Value) -> Value:
    facts = dereferenced(ctx, value)
    return ctx.new(facts) if isinstance(facts, (Seq, Map)) else facts


def _batch(ctx: Ctx, example: Map, size: Dim) -> Map:
    items = tuple((k, ctx.new(Seq("list", None, dereferenced(ctx, v), size))) for k, v in example.items)
    return Map(items, None if example.rest is None else ctx.new(Seq("list", None, example.rest, size)))


def _row(ctx: Ctx, column: Value) -> Value:
    facts = ctx.get(column)
    if isinstance(facts, Seq):
        return elem_of(ctx, facts)
    return ctx.elem(column) if isinstance(facts, Tensor) else UNKNOWN


def _removed(example: Map, columns: Value | None) -> Map:
    if columns is None or columns == NONE:
        return example
    names = columns.items if isinstance(columns, Seq) else (columns,)
    known = [arith.literal(n) for n in names] if names is not None else [None]
    if None in known:
        return Map(())  # `ds.column_names`: all that there were
    gone = {n[0] for n in known if n is not None}
    return replace(example, items=tuple((k, v) for k, v in example.items if k not in gone))


@object_method(*_both("shuffle", "select", "filter", "sort", "flatten_indices", "cast", "cast_column", "shard", "skip", "take"))
def same(ctx: Ctx, args: Args) -> Value:
    """The same examples, fewer or in another order."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else obj


@object_method(*_both("rename_column", "rename_columns", "flatten", "add_column", "class_encode_column"))
def renamed(ctx: Ctx, args: Args) -> Value:
    """`ds.rename_column("label", "labels")`."""
    obj = _object(ctx, args.pos[0])
    if obj is None:
        return UNKNOWN
    given = (args.given(1, "original_column_name"), args.given(2, "new_column_name"))
    old, new = (arith.literal(ctx.get(a)) if a is not None else None for a in given)
    if old is None or new is None or not isinstance(new[0], str):
        return replace(obj, facts=_with(obj, "example", _ANY))
    example = example_of(ctx, obj)
    items = tuple((new[0] if k == old[0] else k, v) for k, v in example.items)
    return replace(obj, facts=_with(obj, "example", replace(example, items=items)))


@object_method(*_both("remove_columns"))
def remove_columns(ctx: Ctx, args: Args) -> Value:
    """`ds.remove_columns(["text"])`."""
    obj = _object(ctx, args.pos[0])
    if obj is None or len(args.pos) < 2:
        return UNKNOWN
    given = ctx.get(args.pos[1])
    base = example_of(ctx, obj) if isinstance(given, Unknown) else _removed(example_of(ctx, obj), given)
    return replace(obj, facts=_with(obj, "example", base))


@object_method(*_both("select_columns"))
def select_columns(ctx: Ctx, args: Args) -> Value:
    """`ds.select_columns(["input_ids"])`."""
    obj = _object(ctx, args.pos[0])
    if obj is None or len(args.pos) < 2:
        return UNKNOWN
    return replace(obj, facts=_with(obj, "example", _kept(ctx, example_of(ctx, obj), ctx.get(args.pos[1]))))


def _kept(ctx: Ctx, example: Map, columns: Value) -> Map:
    if not isinstance(columns, Seq) or columns.items is None:
        return example
    names = [k[0] for i in columns.items if (k := arith.literal(ctx.get(i))) is not None]
    return Map(tuple((n, example.get(n) or UNKNOWN) for n in names))


@object_method(*_both("with_format"))
def with_format(ctx: Ctx, args: Args) -> Value:
    """`ds.with_format("torch")`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else _formatted(ctx, obj, args)


@object_method(*_both("set_format"))
def set_format(ctx: Ctx, args: Args) -> Value:
    """`ds.set_format("torch", columns=[...])`."""
    obj = _object(ctx, args.pos[0])
    if obj is not None:
        ctx.set(args.pos[0], _formatted(ctx, obj, args))
    return NONE


def _formatted(ctx: Ctx, obj: LibObj, args: Args) -> LibObj:
    out = obj.with_fact("format", arg(ctx, args, 1, "type") or NONE)
    columns = arg(ctx, args, 2, "columns")
    return out if columns is None else out.with_fact("example", _kept(ctx, example_of(ctx, obj), columns))


@object_method(*_both("train_test_split"))
def train_test_split(ctx: Ctx, args: Args) -> Value:
    """`ds.train_test_split(0.1)`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else replace(obj, cls=SPLITS)


@object_method(f"{SPLITS}.__getitem__", f"{SPLITS}.get")
def split(ctx: Ctx, args: Args) -> Value:
    """`splits["train"]`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else replace(obj, cls=DATASET)


@object_method(f"{DATASET}.__getitem__")
def dataset_item(ctx: Ctx, args: Args) -> Value:
    """`ds[i]`, `ds["column"]`, `ds[:100]`."""
    obj = _object(ctx, args.pos[0])
    if obj is None or len(args.pos) < 2:
        return UNKNOWN
    at = ctx.get(args.pos[1])
    example = _in_format(ctx, obj, example_of(ctx, obj))
    if isinstance(at, Const) and isinstance(at.value, str):
        return Seq("list", None, example.get(at.value) or UNKNOWN, fresh("n"))
    return _batch(ctx, example, fresh("B", "batch")) if isinstance(at, SliceV) else example


@object_method(f"{DATASET}.__iter__")
def dataset_elem(ctx: Ctx, args: Args) -> Value:
    """One example."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else _in_format(ctx, obj, example_of(ctx, obj))


@object_attribute(*_both("column_names", "features"))
def column_names(ctx: Ctx, args: Args) -> Value:
    """`ds.column_names`: of all that there are."""
    return UNKNOWN


@object_method(f"{DATASET}.__len__")
def dataset_len(ctx: Ctx, args: Args) -> Value:
    """`len(ds)`."""
    obj = _object(ctx, args.pos[0])
    return UNKNOWN if obj is None else Num(arith.symbol_for_key(("len", obj.uid), "", "N"))


def _in_format(ctx: Ctx, obj: LibObj, example: Map) -> Map:
    if ctx.get(obj.fact("format") or NONE) not in (Const("torch"), Const("pt"), Const("pytorch")):
        return replace(example, items=tuple((k, _python(ctx, v)) for k, v in example.items))
    return Map(tuple((k, ctx.new(as_tensor(ctx, v))) for k, v in example.items), example.rest)


def as_tensor(ctx: Ctx, value: Value) -> Value:
    """A column's value under the torch format."""
    facts = ctx.get(value)
    if isinstance(facts, Num):
        return Tensor(Shape(()), dtype="int64", scale="ids", unpadded=True, origin=Origin(uid()))
    if not isinstance(facts, Seq):
        return facts
    inner = as_tensor(ctx, elem_of(ctx, facts))
    if isinstance(inner, Tensor) and facts.fills == () and inner.shape.rank:
        return replace(inner, shape=Shape((axis(facts.length), *inner.shape.axes)))
    if isinstance(ctx.get(elem_of(ctx, facts)), Num):
        shape = Shape((axis(facts.length),))
        return Tensor(shape, dtype="int64", scale="mask" if facts.mask is not None else "ids", fills=facts.fills, swaps=facts.swaps,
                      unpadded=facts.unpadded, origin=facts.origin, mask=facts.mask, low=facts.low, high=facts.high, ends=facts.ends,
                      step=facts.step)  # fmt: skip
    return UNKNOWN


@call("datasets.concatenate_datasets", "datasets.interleave_datasets")
def concatenated(ctx: Ctx, args: Args) -> Value:
    """`concatenate_datasets([a, b])`."""
    parts = arg(ctx, args, 0, "dsets") or arg(ctx, args, None, "datasets")
    objects = [_object(ctx, i) for i in parts.items or ()] if isinstance(parts, Seq) else []
    known = [o for o in objects if o is not None]
    if not known or len(known) != len(objects):
        return _made(DATASET, args)
    example: Value = example_of(ctx, known[0])
    for other in known[1:]:
        example = join_elems(example, example_of(ctx, other))
    return known[0].with_fact("example", example)
