"""Layers that work on the last axes or entry by entry: Linear, embeddings, normalisation, dropout, activations, softmax."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Lib,
    LibObj,
    Num,
    Origin,
    Ref,
    Seq,
    Tensor,
    Value,
    uid,
)
from shapeguard.analysis.ops.modules.shared import (
    activation,
    argument,
    exactly,
    facts,
    module_name,
    option,
    owner,
    retailed,
    size,
    stable,
    switch,
    with_tail,
)
from shapeguard.analysis.ops.table import Ctx, call, instance

# linear maps


@instance("torch.nn.Linear", "torch.nn.modules.linear.NonDynamicallyQuantizableLinear")
def linear(ctx: Ctx, args: Args) -> Value:
    """(*, in) -> (*, out) raw scores."""
    obj, rest = owner(ctx, args)
    return _scores(ctx, obj, rest, size(ctx, obj, 0, "in_features"), size(ctx, obj, 1, "out_features"))


@instance("torch.nn.LazyLinear")
def lazy_linear(ctx: Ctx, args: Args) -> Value:
    """Linear whose input size is found at the first call."""
    obj, rest = owner(ctx, args)
    return _scores(ctx, obj, rest, stable(obj, "in_features"), size(ctx, obj, 0, "out_features"))


def _scores(ctx: Ctx, obj: LibObj, rest: Args, before: Dim, after: Dim) -> Value:
    x = with_tail(ctx, argument(ctx, rest, 0, "input"), before)
    return activation(ctx, "linear", module_name(obj), retailed(x.shape, 1, after), [x], scale="logits")


@instance("torch.nn.Bilinear")
def bilinear(ctx: Ctx, args: Args) -> Value:
    """(*, in1), (*, in2) -> (*, out)."""
    obj, rest = owner(ctx, args)
    a = with_tail(ctx, argument(ctx, rest, 0, "input1"), size(ctx, obj, 0, "in1_features"))
    b = with_tail(ctx, argument(ctx, rest, 1, "input2"), size(ctx, obj, 1, "in2_features"))
    return activation(ctx, "bilinear", "Bilinear", retailed(a.shape, 1, size(ctx, obj, 2, "out_features")), [a, b], scale="logits")


# embeddings


@instance("torch.nn.Embedding")
def embedding(ctx: Ctx, args: Args) -> Value:
    """ids (*) -> (*, embedding_dim)."""
    obj, rest = owner(ctx, args)
    ids = _as_ids(ctx, rest, argument(ctx, rest, 0, "input"))
    out = activation(ctx, "embedding", "Embedding", Shape((*ids.shape.axes, Axis((_width(ctx, obj),)))), [ids])
    if _positions(ids):
        return replace(out, fed=())
    return replace(out, fed=(ids.origin,) if ids.origin is not None else ids.fed)


def _as_ids(ctx: Ctx, rest: Args, x: Tensor) -> Tensor:
    """What is embedded is ids, and from now on the same ones wherever this value goes."""
    raw = rest.given(0, "input")
    if x.origin is not None or x.scale or not isinstance(raw, Ref) or _positions(x):
        return x
    known = replace(x, scale="ids", origin=Origin(uid()))
    ctx.set(raw, known)
    return known


def _positions(x: Tensor) -> bool:
    """Whether these are positions rather than tokens: an arange, perhaps reshaped."""
    step = x.step
    while step is not None and len(step.parents) == 1:
        step = step.parents[0]
    return step is not None and step.kind == "arange"


@instance("torch.nn.EmbeddingBag")
def embedding_bag(ctx: Ctx, args: Args) -> Value:
    """ids (B, N) -> (B, D); ids (N,) and offsets (B,) -> (B, D)."""
    obj, rest = owner(ctx, args)
    ids = _as_ids(ctx, rest, argument(ctx, rest, 0, "input"))
    offsets = facts(ctx, rest, 1, "offsets")
    rows: Axis | None = None
    if isinstance(offsets, Tensor):
        last = switch(ctx, obj, 8, "include_last_offset", False)
        rows = offsets.shape.at(0) if last is False else None
    elif offsets is None:
        ids = exactly(ctx, ids, fresh("B"), fresh("N"))
        rows = ids.shape.at(0) if ids.shape.rank == 2 else None
    shape = Shape((rows if rows is not None else Axis((fresh("B"),)), Axis((_width(ctx, obj),))))
    return activation(ctx, "embedding_bag", "EmbeddingBag", shape, [ids])


def _width(ctx: Ctx, obj: LibObj) -> Dim:
    return size(ctx, obj, 1, "embedding_dim")


@call("torch.nn.Embedding.from_pretrained", "torch.nn.EmbeddingBag.from_pretrained")
def embedding_from(ctx: Ctx, args: Args) -> Value:
    """An embedding made of a weight matrix (V, D)."""
    weight = argument(ctx, args, 0, "embeddings")
    weight = exactly(ctx, weight, fresh("V"), fresh("D"))
    dims = weight.shape.dims if weight.shape.rank == 2 else None
    sizes = [None, None] if dims is None else [d.size for d in dims]
    made = tuple(UNKNOWN if s is None else Num(s) for s in sizes)
    known = (("padding_idx", args.given(2, "padding_idx") or NONE),)
    return LibObj("torch.nn.Embedding", Args(made), known, uid(), weight.step)


# entry by entry: shape and order stay


def _kept(*names: str) -> tuple[str, ...]:
    return tuple(f"torch.nn.{n}" for n in names)


def _functional(ctx: Ctx, args: Args, name: str, *options: Value) -> Value:
    """The module's twin in torch.nn.functional, so that both say the same."""
    rest = owner(ctx, args)[1]
    return ctx.call(Lib(f"torch.nn.functional.{name}"), Args((rest.given(0, "input") or UNKNOWN, *options)))


@instance(*_kept("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"))
def dropout(ctx: Ctx, args: Args) -> Value:
    """What is dropped out of scores leaves scores."""
    return _functional(ctx, args, "dropout")


@instance("torch.nn.Identity")
def identity(ctx: Ctx, args: Args) -> Value:
    """The input itself."""
    rest = owner(ctx, args)[1]
    return rest.given(0, "input") or UNKNOWN


# module -> its function
ACTIVATIONS = {
    "ReLU": "relu", "ReLU6": "relu6", "GELU": "gelu", "ELU": "elu", "SELU": "selu", "CELU": "celu", "SiLU": "silu", "Mish": "mish",
    "LeakyReLU": "leaky_relu", "PReLU": "leaky_relu", "RReLU": "rrelu", "Tanh": "tanh", "Hardtanh": "hardtanh", "Hardswish": "hardswish",
    "Hardshrink": "hardshrink", "Softshrink": "softshrink", "Tanhshrink": "tanhshrink", "Softsign": "softsign", "Softplus": "softplus",
    "Threshold": "threshold", "LogSigmoid": "logsigmoid", "Sigmoid": "sigmoid", "Hardsigmoid": "hardsigmoid",
}  # fmt: skip


@instance(*_kept(*ACTIVATIONS))
def pointwise(ctx: Ctx, args: Args) -> Value:
    """Activations: same shape, no longer raw scores."""
    return _functional(ctx, args, ACTIVATIONS[module_name(owner(ctx, args)[0])])


@instance("torch.nn.GLU")
def glu(ctx: Ctx, args: Args) -> Value:
    """Halves one axis, by default the last."""
    return _functional(ctx, args, "glu", option(ctx, owner(ctx, args)[0], 0, "dim", Num(Dim.of(-1))))


@instance(
    *_kept(
        "LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "InstanceNorm1d",
        "InstanceNorm2d", "InstanceNorm3d", "LocalResponseNorm", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d",
    )
)  # fmt: skip
def normalisation(ctx: Ctx, args: Args) -> Value:
    """Same shape, no longer raw scores."""
    obj, rest = owner(ctx, args)
    x = argument(ctx, rest, 0, "input")
    name = module_name(obj)
    out = activation(ctx, name.lower(), name, x.shape, [x], reach="mixed-time" if _over_positions(ctx, obj) else "")
    return replace(out, contiguous=x.contiguous or None)


def _over_positions(ctx: Ctx, obj: LibObj) -> bool:
    """Whether a normalisation takes its mean over more than the features of one position."""
    name = module_name(obj)
    if name in ("LayerNorm", "RMSNorm"):
        shape = option(ctx, obj, 0, "normalized_shape")
        return isinstance(shape, Seq) and (shape.items is None or len(shape.items) > 1)
    return name.startswith(("GroupNorm", "InstanceNorm"))


@instance("torch.nn.Softmax", "torch.nn.LogSoftmax", "torch.nn.Softmin")
def softmax(ctx: Ctx, args: Args) -> Value:
    """(Log-)probabilities over an axis; without dim, torch picks one."""
    obj, _ = owner(ctx, args)
    name = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Softmin": "softmin"}[module_name(obj)]
    return _functional(ctx, args, name, option(ctx, obj, 0, "dim", NONE))


@instance("torch.nn.Softmax2d")
def softmax2d(ctx: Ctx, args: Args) -> Value:
    """Softmax over the channels, the third axis from behind."""
    return _functional(ctx, args, "softmax", Num(Dim.of(-3)))


# shape


@instance("torch.nn.Flatten")
def flatten(ctx: Ctx, args: Args) -> Value:
    """torch.flatten from start_dim (1) to end_dim (-1)."""
    obj, rest = owner(ctx, args)
    start = option(ctx, obj, 0, "start_dim", Num(Dim.of(1)))
    end = option(ctx, obj, 1, "end_dim", Num(Dim.of(-1)))
    return ctx.call(Lib("torch.flatten"), Args((rest.given(0, "input") or UNKNOWN, start, end)))


@instance("torch.nn.Unflatten")
def unflatten(ctx: Ctx, args: Args) -> Value:
    """torch.unflatten."""
    obj, rest = owner(ctx, args)
    sizes = option(ctx, obj, 1, "unflattened_size")
    return ctx.call(Lib("torch.unflatten"), Args((rest.given(0, "input") or UNKNOWN, option(ctx, obj, 0, "dim"), sizes)))
