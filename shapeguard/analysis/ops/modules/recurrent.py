"""Recurrent modules: RNN, LSTM and GRU over whole sequences (padded, packed or unbatched), and their cells."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh, fresh_pack
from shapeguard.analysis.facts.values import UNKNOWN, Args, LibObj, Seq, Tensor, Value
from shapeguard.analysis.ops.modules.shared import (
    Reach,
    activation,
    argument,
    exactly,
    facts,
    misread_batch,
    module_name,
    owner,
    retailed,
    size,
    stable,
    switch,
    truth,
    with_tail,
)
from shapeguard.analysis.ops.table import Ctx, instance

PACKED = "torch.nn.utils.rnn.PackedSequence"


@instance("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN")
def recurrent(ctx: Ctx, args: Args) -> Value:
    """output, h_n (LSTM: output, (h_n, c_n)); time first unless batch_first."""
    obj, rest = owner(ctx, args)
    shift = 1 if obj.cls == "torch.nn.RNN" else 0  # RNN has `nonlinearity` before `bias`
    batch_first = switch(ctx, obj, 4 + shift, "batch_first", False)
    both = switch(ctx, obj, 6 + shift, "bidirectional", False)
    hidden = size(ctx, obj, 1, "hidden_size")
    projected = size(ctx, obj, 7, "proj_size", 0) if obj.cls == "torch.nn.LSTM" else Dim()
    seen = hidden if projected.const == 0 else projected if projected.const is not None else stable(obj, "out")
    directions = Dim.of(2 if both else 1) if both is not None else stable(obj, "directions")
    layers = size(ctx, obj, 2, "num_layers", 1) * directions
    reach: Reach = "mixed-time" if both is None else "bidirectional" if both else "causal"
    raw = rest.given(0, "input")
    packed = ctx.get(raw) if raw is not None else UNKNOWN
    width = seen * directions
    out: Value
    before = _states(ctx, rest)
    if isinstance(packed, LibObj) and packed.cls == PACKED:
        out, batch, source = _over_packed(ctx, obj, packed, width, reach)
    else:
        source = _sequence(ctx, obj, rest, batch_first, before)
        misread = misread_batch(source, batch_first, module_name(obj))
        shape = retailed(source.shape, 1, width)
        # with batch_first the result is a transposed view of what was computed time first
        name, inputs = module_name(obj), [*before, source]
        made = activation(ctx, name.lower(), name, shape, inputs, reach=reach, along=[source], misread=misread)
        dense = projected.const == 0 and (source.shape.rank == 2 or batch_first is False)
        out = made if dense else replace(made, contiguous=None)
        batch = _batch(source.shape, batch_first)
    h = _state(ctx, obj, source, layers, batch, seen)
    if obj.cls != "torch.nn.LSTM":
        return _tuple(out, h)
    return _tuple(out, _tuple(h, _state(ctx, obj, source, layers, batch, hidden)))


def _states(ctx: Ctx, rest: Args) -> list[Tensor]:
    """The state that is passed in: h, or h and c."""
    state = facts(ctx, rest, 1, "hx")
    given = [ctx.get(i) for i in state.items] if isinstance(state, Seq) and state.items is not None else [state]
    return [g for g in given if isinstance(g, Tensor)]


def _sequence(ctx: Ctx, obj: LibObj, rest: Args, batch_first: bool | None, before: list[Tensor]) -> Tensor:
    """The input with three axes, unless it or the given state is known to have two."""
    x = argument(ctx, rest, 0, "input")
    if x.shape.pack is None:
        return x
    features = size(ctx, obj, 0, "input_size")
    if before and before[0].shape.rank == 2:
        return exactly(ctx, x, fresh("T"), features)
    first, second = fresh("B", "batch"), fresh("T", "time")
    if not batch_first:  # left at its default it proves nothing about what the axes mean
        first, second = fresh("T"), fresh("B")
    return exactly(ctx, x, first, second, features)


def _batch(shape: Shape, batch_first: bool | None) -> Axis | bool | None:
    """The batch axis as the module reads it; False for unbatched input, None where it is not known."""
    if shape.rank == 2:
        return False
    if shape.rank != 3 or batch_first is None:
        return None
    return shape.at(0 if batch_first else 1)


def _state(ctx: Ctx, obj: LibObj, source: Tensor, layers: Dim, batch: Axis | bool | None, width: Dim) -> Tensor:
    first = Axis((layers,))
    if batch is None:
        shape = Shape((first, fresh_pack("x"), Axis((width,))))
    elif isinstance(batch, bool):
        shape = Shape((first, Axis((width,))))
    else:
        shape = Shape((first, batch, Axis((width,))))
    return activation(ctx, "state", f"{module_name(obj)}'s last state", shape, [source], reach="mixed-time")


def _over_packed(ctx: Ctx, obj: LibObj, packed: LibObj, width: Dim, reach: Reach) -> tuple[LibObj, Axis | bool | None, Tensor]:
    """The packed result: `data` (N, width), and what it was packed from with the new last axis."""
    name, features = module_name(obj), size(ctx, obj, 0, "input_size")
    first = packed.fact("batch_first")
    order = truth(ctx.get(first)) if first is not None else None
    padded, data = _tensor_fact(ctx, packed, "padded"), _tensor_fact(ctx, packed, "data")
    batch: Axis | bool | None = Axis((fresh("B", "batch"),))
    out = packed
    if padded is not None:
        axes = (fresh("B", "batch"), fresh("T", "time"))
        padded = exactly(ctx, padded, *(axes if order else axes[::-1]), features)
        out = out.with_fact("padded", activation(ctx, name.lower(), name, retailed(padded.shape, 1, width), [padded], reach=reach))
        batch = padded.shape.at(0 if order else 1) if order is not None else batch
    source = data if data is not None else padded if padded is not None else Tensor(Shape((fresh_pack("x"),)))
    rows = source.shape.at(0) if data is not None and source.shape.rank == 2 else None
    shape = Shape((rows if rows is not None else Axis((fresh("N"),)), Axis((width,))))
    return out.with_fact("data", activation(ctx, name.lower(), name, shape, [source], reach=reach)), batch, source


def _tensor_fact(ctx: Ctx, packed: LibObj, name: str) -> Tensor | None:
    raw = packed.fact(name)
    value = ctx.get(raw) if raw is not None else None
    return value if isinstance(value, Tensor) else None


def _tuple(*items: Value) -> Seq:
    return Seq("tuple", items, UNKNOWN, Dim.of(len(items)))


@instance("torch.nn.LSTMCell", "torch.nn.GRUCell", "torch.nn.RNNCell")
def cell(ctx: Ctx, args: Args) -> Value:
    """(B, in) -> h (B, hidden), for LSTMCell (h, c); the batch axis may be left out."""
    obj, rest = owner(ctx, args)
    x = with_tail(ctx, argument(ctx, rest, 0, "input"), size(ctx, obj, 0, "input_size"))
    before = _states(ctx, rest)
    shape = retailed(x.shape, 1, size(ctx, obj, 1, "hidden_size"))
    h = activation(ctx, "cell", module_name(obj), shape, [*before, x], along=[x])
    if obj.cls != "torch.nn.LSTMCell":
        return h
    return _tuple(h, activation(ctx, "cell", f"{module_name(obj)}'s cell", shape, [*before, x], along=[x]))
