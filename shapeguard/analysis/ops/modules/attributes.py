"""Attributes of modules: the sizes and switches that repeat constructor arguments, weights, `.module`."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, LibObj, Num, Tensor, Value
from shapeguard.analysis.ops.modules.shared import option, owner, size, switch
from shapeguard.analysis.ops.table import Ctx, Op, object_attribute


@object_attribute("torch.nn.Linear.weight")
def linear_weight(ctx: Ctx, args: Args) -> Value:
    """(out, in)."""
    obj, _ = owner(ctx, args)
    return _parameter(ctx, obj, size(ctx, obj, 1, "out_features"), size(ctx, obj, 0, "in_features"))


@object_attribute("torch.nn.Linear.bias")
def linear_bias(ctx: Ctx, args: Args) -> Value:
    """(out,), or None."""
    obj, _ = owner(ctx, args)
    has = switch(ctx, obj, 2, "bias", True)
    if has is None:
        return UNKNOWN
    return _parameter(ctx, obj, size(ctx, obj, 1, "out_features")) if has else NONE


@object_attribute("torch.nn.Embedding.weight", "torch.nn.EmbeddingBag.weight")
def embedding_weight(ctx: Ctx, args: Args) -> Value:
    """(V, D)."""
    obj, _ = owner(ctx, args)
    return _parameter(ctx, obj, size(ctx, obj, 0, "num_embeddings"), size(ctx, obj, 1, "embedding_dim"))


def _parameter(ctx: Ctx, obj: LibObj, *dims: Dim) -> Value:
    assigned = obj.fact("weight") if len(dims) == 2 else None
    return assigned if assigned is not None else Tensor(Shape.of(*dims), dtype="float", step=obj.step)


# attribute -> (position, name, default) of the constructor argument that it repeats
SIZES: dict[str, dict[str, tuple[int, int | None]]] = {
    "torch.nn.Linear": {"in_features": (0, None), "out_features": (1, None)},
    "torch.nn.LazyLinear": {"out_features": (0, None)},
    "torch.nn.Bilinear": {"in1_features": (0, None), "in2_features": (1, None), "out_features": (2, None)},
    "torch.nn.Embedding": {"num_embeddings": (0, None), "embedding_dim": (1, None)},
    "torch.nn.EmbeddingBag": {"num_embeddings": (0, None), "embedding_dim": (1, None)},
    "torch.nn.LSTM": {"input_size": (0, None), "hidden_size": (1, None), "num_layers": (2, 1), "proj_size": (7, 0)},
    "torch.nn.GRU": {"input_size": (0, None), "hidden_size": (1, None), "num_layers": (2, 1)},
    "torch.nn.RNN": {"input_size": (0, None), "hidden_size": (1, None), "num_layers": (2, 1)},
    "torch.nn.LSTMCell": {"input_size": (0, None), "hidden_size": (1, None)},
    "torch.nn.GRUCell": {"input_size": (0, None), "hidden_size": (1, None)},
    "torch.nn.RNNCell": {"input_size": (0, None), "hidden_size": (1, None)},
    "torch.nn.MultiheadAttention": {"embed_dim": (0, None), "num_heads": (1, None)},
    "torch.nn.Transformer": {"d_model": (0, 512), "nhead": (1, 8)},
    "torch.nn.Conv1d": {"in_channels": (0, None), "out_channels": (1, None)},
    "torch.nn.Conv2d": {"in_channels": (0, None), "out_channels": (1, None)},
}
SWITCHES: dict[str, dict[str, tuple[int, bool]]] = {
    "torch.nn.LSTM": {"batch_first": (4, False), "bidirectional": (6, False), "bias": (3, True)},
    "torch.nn.GRU": {"batch_first": (4, False), "bidirectional": (6, False), "bias": (3, True)},
    "torch.nn.RNN": {"batch_first": (5, False), "bidirectional": (7, False), "bias": (4, True)},
    "torch.nn.MultiheadAttention": {"batch_first": (8, False)},
    "torch.nn.Transformer": {"batch_first": (10, False)},
}


def _size_attribute(index: int, name: str, default: int | None) -> Op:
    def read_size(ctx: Ctx, args: Args) -> Value:
        return Num(size(ctx, owner(ctx, args)[0], index, name, default))

    return read_size


def _switch_attribute(index: int, name: str, default: bool) -> Op:
    def read_switch(ctx: Ctx, args: Args) -> Value:
        known = switch(ctx, owner(ctx, args)[0], index, name, default)
        return UNKNOWN if known is None else Const(known)

    return read_switch


for _cls, _options in SIZES.items():
    for _name, (_index, _default) in _options.items():
        object_attribute(f"{_cls}.{_name}")(_size_attribute(_index, _name, _default))
for _cls, _switches in SWITCHES.items():
    for _name, (_index, _on) in _switches.items():
        object_attribute(f"{_cls}.{_name}")(_switch_attribute(_index, _name, _on))


@object_attribute("torch.nn.Embedding.padding_idx")
def padding_idx(ctx: Ctx, args: Args) -> Value:
    """The id whose embedding is not trained, or None."""
    return option(ctx, owner(ctx, args)[0], 2, "padding_idx", NONE)


@object_attribute("torch.nn.Module.module")
def inner_module(ctx: Ctx, args: Args) -> Value:
    """What DataParallel wraps; the wrapper is not kept."""
    return owner(ctx, args)[0].fact("module") or args.pos[0]
