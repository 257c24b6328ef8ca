"""Probabilities: softmax and its kin, one_hot, normalize, dropout."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, axis, fresh
from shapeguard.analysis.facts.tensors import Part
from shapeguard.analysis.facts.values import UNKNOWN, After, Args, Note, Scale, Tensor, Value
from shapeguard.analysis.ops.common import (
    after,
    changed,
    flag,
    integer,
    is_none,
    keyword,
    noted,
    number,
    read,
    tensor,
)
from shapeguard.analysis.ops.table import ALIASES, Ctx, Op, call, method
from shapeguard.analysis.ops.tensors.axes import broadcast, divide, locate, vague, with_axis_replaced
from shapeguard.analysis.ops.tensors.reductions import collapsed


def normalised(ctx: Ctx, x: Tensor, op: str, dim: int | None, given: bool = True) -> Tensor:
    """Softmax or log_softmax over an axis; `given` is False where torch picks the axis by itself."""
    place: int | None = None
    if not given and x.shape.rank is not None:
        dim = 0 if x.shape.rank in (0, 1, 3) else 1
    if dim is not None:
        x, place = locate(ctx, x, dim)
    found = x.shape.axes[place] if place is not None else None
    norm = found if isinstance(found, Axis) and x.shape.axes.count(found) == 1 else None  # of two of one size it may be either later on
    scale: Scale = "log_probs" if op.startswith("log") else "probs"
    what = "log-probabilities" if scale == "log_probs" else "probabilities"
    step = ctx.step(op, f"{op} gives {what} over {found if isinstance(found, Axis) else 'an axis'} of {x.shape}", x.step, shape=x.shape)
    notes = x.notes if given else noted(x, "implicit-softmax-dim", step)
    contiguous = True if x.contiguous else None
    y = changed(x, scale=scale, norm=norm, step=step, contiguous=contiguous, breaks=(), notes=notes)
    if x.scale in ("probs", "sigmoid"):
        y = replace(y, notes=(*y.notes, Note("softmax-twice", step)))
    if isinstance(found, Axis) and _wrong_axis(x, place):
        y = replace(y, notes=(*y.notes, Note("softmax-axis", step)))
    return after(y, After("other", name=op, step=step))


def _wrong_axis(x: Tensor, place: int | None) -> bool:
    """Over batch or time, while another axis is one of classes."""
    if place is None or x.scale != "logits":
        return False
    roles = [a.role if isinstance(a, Axis) else "" for a in x.shape.axes]
    return roles[place] in ("batch", "time") and "class" in roles


@cache
def _softmax(op: str) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        x = tensor(ctx, args)
        dim = read(ctx, args, "input", "dim|axis")[1]
        if x is None:
            return UNKNOWN
        return normalised(ctx, x, op, integer(dim), given=not is_none(dim))

    return run


for _op in ("softmax", "log_softmax"):
    call(f"torch.nn.functional.{_op}")(_softmax(_op))
    method(_op)(_softmax(_op))
    for _lib in ("torch", "torch.special", "scipy.special"):
        ALIASES[f"{_lib}.{_op}"] = f"torch.nn.functional.{_op}"


@call("torch.nn.functional.softmin")
def softmin(ctx: Ctx, args: Args) -> Value:
    x, dim = tensor(ctx, args), read(ctx, args, "input", "dim")[1]
    return UNKNOWN if x is None else normalised(ctx, x, "softmin", integer(dim), given=not is_none(dim))


@call("torch.nn.functional.gumbel_softmax")
def gumbel_softmax(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args, 0, "logits", "input")
    _, _, hard, _, dim = read(ctx, args, "logits", "tau", "hard", "eps", "dim")
    if x is None:
        return UNKNOWN
    y = normalised(ctx, x, "gumbel_softmax", -1 if is_none(dim) else integer(dim))
    return replace(y, contiguous=None, norm=y.norm if flag(hard) is not None else None)


@call("torch.nn.functional.logsigmoid")
def logsigmoid(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    contiguous = True if x.contiguous else None
    return after(changed(x, contiguous=contiguous, breaks=()), After("other", name="logsigmoid", step=x.step))


@call("torch.nn.functional.one_hot")
def one_hot(ctx: Ctx, args: Args) -> Value:
    """Ids as rows of zeros with a single 1."""
    x = tensor(ctx, args, 0, "input", "tensor")
    count = read(ctx, args, "input", "num_classes")[1]
    if x is None:
        return UNKNOWN
    size = number(count)
    classes = axis(size if size is not None and size.const != -1 else fresh("C", "class"))
    shape = Shape((*x.shape.axes, classes))
    step = ctx.step("one_hot", f"one_hot -> {shape}", x.step, shape=shape)
    return replace(
        x, shape=shape, scale="one_hot", dtype="int64", notes=noted(x, "one-hot", step), step=step, norm=None, contiguous=True, breaks=(),
        value=None, low=Dim(), high=Dim.of(2), part=Part("one-hot", None, x),
    )  # fmt: skip


@call("torch.nn.functional.normalize")
def normalize(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    return changed(x, scale="embedding" if x.scale in ("embedding", "logits") else "", contiguous=True if x.contiguous else None, breaks=())


def dropped(ctx: Ctx, args: Args) -> Value:
    """Dropout keeps what its input is."""
    x = tensor(ctx, args)
    if x is None:
        return UNKNOWN
    scale: Scale = x.scale if x.scale in ("logits", "embedding", "log_probs", "loss") else ""
    return changed(x, scale=scale, contiguous=True if x.contiguous else None, breaks=())


call(
    "torch.nn.functional.dropout", "torch.dropout", "torch.nn.functional.dropout1d", "torch.nn.functional.dropout2d",
    "torch.nn.functional.alpha_dropout", "torch.nn.functional.feature_alpha_dropout",
)(dropped)  # fmt: skip


@call("torch.nn.functional.layer_norm", "torch.nn.functional.batch_norm", "torch.nn.functional.group_norm", "torch.nn.functional.rms_norm",
      "torch.nn.functional.instance_norm", "torch.layer_norm", "torch.rms_norm")  # fmt: skip
def layer_norm(ctx: Ctx, args: Args) -> Value:
    x = tensor(ctx, args)
    return UNKNOWN if x is None else changed(x, scale="embedding", contiguous=True if x.contiguous else None, breaks=())


@call("torch.nn.functional.glu")
def glu(ctx: Ctx, args: Args) -> Value:
    x, dim = tensor(ctx, args), read(ctx, args, "input", "dim")[1]
    if x is None:
        return UNKNOWN
    at = -1 if is_none(dim) else integer(dim)
    x, place = locate(ctx, x, at) if at is not None else (x, None)
    old = x.shape.axes[place] if place is not None else None
    size = divide(old.size, Dim.of(2)) if isinstance(old, Axis) and old.size is not None else None
    shape = with_axis_replaced(x.shape, place, axis(size if size is not None else fresh("n"))) if place is not None else vague(x.shape)
    step = ctx.step("glu", f"glu -> {shape}", x.step, shape=shape)
    return changed(x, shape=shape, scale="embedding", step=step, contiguous=True if x.contiguous else None, breaks=())


def _similarity(ctx: Ctx, args: Args) -> Value:
    a, b = tensor(ctx, args, 0, "x1"), tensor(ctx, args, 1, "x2")
    dim = keyword(ctx, args, "dim") or read(ctx, args, "x1", "x2", "dim")[2]
    at = 1 if is_none(dim) else integer(dim)
    if a is None or b is None:
        return UNKNOWN
    x = replace(a, shape=broadcast(a.shape, b.shape))
    if at is None:
        return changed(x, contiguous=None)
    x, shape, _ = collapsed(ctx, x, [at], keep=False)
    return changed(x, shape=shape, contiguous=None, breaks=())


call("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")(_similarity)
