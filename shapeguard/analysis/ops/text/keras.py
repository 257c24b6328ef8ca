"""Keras' pad_sequences, which many PyTorch programs borrow."""

from __future__ import annotations

from math import isfinite

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import union
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Dim, Fill, Num, Origin, Seq, Shape, Tensor, Value, uid
from shapeguard.analysis.ops.table import Ctx, call
from shapeguard.analysis.ops.tensors.members import arg, elem_of


@call(
    "keras.preprocessing.sequence.pad_sequences", "keras.utils.pad_sequences", "tensorflow.keras.preprocessing.sequence.pad_sequences",
    "tensorflow.keras.utils.pad_sequences", "keras_preprocessing.sequence.pad_sequences",
)  # fmt: skip
def pad_sequences(ctx: Ctx, args: Args) -> Value:
    """`pad_sequences(rows, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0)`: an array."""
    rows = arg(ctx, args, 0, "sequences")
    width, kind, value = arg(ctx, args, 1, "maxlen"), arg(ctx, args, 3, "padding") or Const("pre"), arg(ctx, args, 5, "value")
    number = 0 if value is None else arith.number(value)
    pad = value.dim if isinstance(value, Num) else Dim.of(int(number)) if number is not None and isfinite(number) else None
    row = ctx.get(elem_of(ctx, rows)) if isinstance(rows, Seq) else UNKNOWN
    size = rows.length if isinstance(rows, Seq) else fresh("B", "batch")
    time = width.dim if isinstance(width, Num) else fresh("T", "time")
    shape = Shape.of(size, time)
    step = ctx.step("pad_sequences", f"pad_sequences pads with {pad if pad is not None else 'a value'} -> {shape}", shape=shape)
    where = "after" if kind == Const("post") else "before" if kind == Const("pre") else "unknown"
    seq = row if isinstance(row, Seq) else None
    return Tensor(
        shape, array=True, dtype="int32" if args.given(2, "dtype") is None else "", scale="ids",
        fills=union(seq.fills if seq else (), (Fill(pad, step, where),)), swaps=seq.swaps if seq else (), unpadded=False,
        origin=seq.origin if seq and where == "after" else Origin(uid()), ends=seq.ends if seq else (), step=step,
    )  # fmt: skip
