"""Convolutions and pooling: sizes by torch's formulas, where the size algebra can divide; otherwise a fresh size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh, fresh_pack
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, LibObj, Num, Seq, Tensor, Value
from shapeguard.analysis.ops.common import text
from shapeguard.analysis.ops.modules.shared import (
    activation,
    argument,
    module_name,
    option,
    owner,
    pair_of,
    retailed,
    size,
    stable,
    switch,
    truth,
    with_tail,
)
from shapeguard.analysis.ops.table import Ctx, instance

Size: TypeAlias = "Dim | None"


def floor_div(value: Dim, by: int) -> Size:
    """The floor of value / by for all sizes: exact where every symbolic term divides; None where that is not known."""
    if by <= 0:
        return None
    if any(mono and coeff % by for mono, coeff in value.terms):
        return None
    rest = sum(coeff for mono, coeff in value.terms if not mono)
    exact = (value - rest).div(Dim.of(by))
    return None if exact is None else exact + rest // by


def conv_size(length: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """floor((L + 2*padding - dilation * (kernel - 1) - 1) / stride) + 1."""
    if length is None or kernel is None or stride is None or padding is None or dilation is None or stride.const is None:
        return None
    whole = floor_div(length + padding * 2 - dilation * (kernel - 1) - 1, stride.const)
    return None if whole is None else whole + 1


def transposed_size(length: Size, kernel: Size, stride: Size, padding: Size, dilation: Size, extra: Size) -> Size:
    """(L - 1) * stride - 2*padding + dilation * (kernel - 1) + output_padding + 1."""
    if length is None or kernel is None or stride is None or padding is None or dilation is None or extra is None:
        return None
    return (length - 1) * stride - padding * 2 + dilation * (kernel - 1) + extra + 1


def _rank(obj: LibObj) -> int:
    return next((int(c) for c in obj.cls if c in "123"), 1)


def _spatial(ctx: Ctx, args: Args, channels: Dim) -> tuple[LibObj, Tensor, int, list[Size], Args]:
    obj, rest = owner(ctx, args)
    n = _rank(obj)
    names = ("L",) if n == 1 else ("H", "W") if n == 2 else ("D", "H", "W")
    x = with_tail(ctx, argument(ctx, rest, 0, "input"), channels, *(fresh(s) for s in names))
    found: list[Size] = []
    for i in range(-n, 0):
        at = x.shape.at(i)
        found.append(None if at is None else at.size)
    return obj, x, n, found, rest


def _sizes(ctx: Ctx, obj: LibObj, n: int, index: int, name: str, default: int) -> list[Size]:
    return pair_of(ctx, option(ctx, obj, index, name, Num(Dim.of(default))), n)


def _new_axes(sizes: Sequence[Size]) -> list[Axis | Dim]:
    return [fresh("L") if s is None else s for s in sizes]


def _result(ctx: Ctx, obj: LibObj, x: Tensor, tail: int, new: list[Axis | Dim]) -> Tensor:
    out = activation(ctx, module_name(obj).lower(), module_name(obj), retailed(x.shape, tail, *new), [x], reach="mixed-time")
    return replace(out, contiguous=x.contiguous or None)


@instance("torch.nn.Conv1d", "torch.nn.Conv2d", "torch.nn.Conv3d", "torch.nn.LazyConv1d", "torch.nn.LazyConv2d", "torch.nn.LazyConv3d")
def conv(ctx: Ctx, args: Args) -> Value:
    """(*, C, sizes) -> (*, out_channels, new sizes)."""
    lazy = module_name(owner(ctx, args)[0]).startswith("Lazy")
    off = 0 if not lazy else -1
    obj, x, n, lengths, _ = _spatial(ctx, args, _channels(ctx, args, lazy))
    kernel = pair_of(ctx, option(ctx, obj, 2 + off, "kernel_size"), n)
    stride = _sizes(ctx, obj, n, 3 + off, "stride", 1)
    dilation = _sizes(ctx, obj, n, 5 + off, "dilation", 1)
    how = option(ctx, obj, 4 + off, "padding", Num(Dim()))
    if text(how) == "same":
        new = lengths
    else:
        padding: list[Size] = [Dim()] * n if text(how) == "valid" else pair_of(ctx, how, n)
        new = [conv_size(*f) for f in zip(lengths, kernel, stride, padding, dilation, strict=True)]
    pointwise = all(k is not None and k.const == 1 for k in kernel)
    out = _result(ctx, obj, x, n + 1, [size(ctx, obj, 1 + off, "out_channels"), *_new_axes(new)])
    if pointwise:  # a kernel of one mixes no positions
        kept = tuple(m for m in x.notes if m.kind in ("causal", "bidirectional", "mixed-time"))
        return replace(out, notes=(*(m for m in out.notes if m.kind not in ("causal", "bidirectional", "mixed-time")), *kept))
    return out


def _channels(ctx: Ctx, args: Args, lazy: bool) -> Dim:
    obj, _ = owner(ctx, args)
    return stable(obj, "C") if lazy else size(ctx, obj, 0, "in_channels")


@instance("torch.nn.ConvTranspose1d", "torch.nn.ConvTranspose2d", "torch.nn.ConvTranspose3d")
def conv_transpose(ctx: Ctx, args: Args) -> Value:
    """(*, C, sizes) -> (*, out_channels, larger sizes)."""
    obj, x, n, lengths, rest = _spatial(ctx, args, _channels(ctx, args, False))
    kernel = pair_of(ctx, option(ctx, obj, 2, "kernel_size"), n)
    stride, padding = _sizes(ctx, obj, n, 3, "stride", 1), _sizes(ctx, obj, n, 4, "padding", 0)
    extra, dilation = _sizes(ctx, obj, n, 5, "output_padding", 0), _sizes(ctx, obj, n, 8, "dilation", 1)
    new = [transposed_size(*f) for f in zip(lengths, kernel, stride, padding, dilation, extra, strict=True)]
    if rest.more or rest.given(1, "output_size") is not None:
        new = [None] * n
    return _result(ctx, obj, x, n + 1, [size(ctx, obj, 1, "out_channels"), *_new_axes(new)])


# pooling

_AVERAGE = ("torch.nn.AvgPool1d", "torch.nn.AvgPool2d", "torch.nn.AvgPool3d")
_MAXIMUM = ("torch.nn.MaxPool1d", "torch.nn.MaxPool2d", "torch.nn.MaxPool3d")


@instance(*_AVERAGE, *_MAXIMUM)
def pool(ctx: Ctx, args: Args) -> Value:
    """(*, C, sizes) -> (*, C, fewer); the stride is the kernel where it is left out."""
    obj, _ = owner(ctx, args)
    most = obj.cls in _MAXIMUM
    obj, x, n, lengths, _ = _spatial(ctx, args, fresh("C"))
    kernel = pair_of(ctx, option(ctx, obj, 0, "kernel_size"), n)
    given = option(ctx, obj, 1, "stride", NONE)
    stride = kernel if given == NONE else pair_of(ctx, given, n)
    padding = _sizes(ctx, obj, n, 2, "padding", 0)
    dilation = _sizes(ctx, obj, n, 3, "dilation", 1) if most else [Dim.of(1)] * n
    ceil = switch(ctx, obj, 5 if most else 3, "ceil_mode", False)
    new: list[Size] = [None] * n
    if ceil is False:
        new = [conv_size(*f) for f in zip(lengths, kernel, stride, padding, dilation, strict=True)]
    out = _result(ctx, obj, x, n, _new_axes(new))
    asked = truth(option(ctx, obj, 4, "return_indices", Const(False))) if most else False
    if asked is None:
        return UNKNOWN
    return Seq("tuple", (out, UNKNOWN), UNKNOWN, Dim.of(2)) if asked else out


@instance(
    "torch.nn.AdaptiveAvgPool1d", "torch.nn.AdaptiveAvgPool2d", "torch.nn.AdaptiveAvgPool3d",
    "torch.nn.AdaptiveMaxPool1d", "torch.nn.AdaptiveMaxPool2d", "torch.nn.AdaptiveMaxPool3d",
)  # fmt: skip
def adaptive_pool(ctx: Ctx, args: Args) -> Value:
    """(*, C, sizes) -> (*, C, output_size); None keeps a size."""
    obj, x, n, lengths, _ = _spatial(ctx, args, fresh("C"))
    target = option(ctx, obj, 0, "output_size")
    wanted = pair_of(ctx, target, n)
    if isinstance(target, Seq) and target.items is not None and len(target.items) == n:
        wanted = [old if ctx.get(v) == NONE else w for old, w, v in zip(lengths, wanted, target.items, strict=True)]
    elif target == NONE:
        wanted = lengths
    out = _result(ctx, obj, x, n, _new_axes(wanted))
    if "Max" not in obj.cls:
        return out
    asked = switch(ctx, obj, 1, "return_indices", False)
    if asked is None:
        return UNKNOWN
    return Seq("tuple", (out, UNKNOWN), UNKNOWN, Dim.of(2)) if asked else out


@instance("torch.nn.Upsample", "torch.nn.UpsamplingNearest2d", "torch.nn.UpsamplingBilinear2d")
def upsample(ctx: Ctx, args: Args) -> Value:
    """(B, C, sizes) -> (B, C, other sizes)."""
    obj, rest = owner(ctx, args)
    x = argument(ctx, rest, 0, "input")
    dims = x.shape.dims
    if dims is None or len(dims) < 3:
        return activation(ctx, "upsample", module_name(obj), Shape((fresh_pack("x"),)), [x], reach="mixed-time", contiguous=None)
    sizes: list[Callable[[], Dim]] = [lambda: fresh("L")] * (len(dims) - 2)
    shape = Shape((*dims[:2], *(Axis((make(),)) for make in sizes)))
    return activation(ctx, "upsample", module_name(obj), shape, [x], reach="mixed-time", contiguous=None)
