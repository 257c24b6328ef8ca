"""The reference loss: `F.cross_entropy` over the positions that count, and over no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shapeguard.errors import ShapeError

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def masked_cross_entropy(
    input: Tensor,  # noqa: A002  (torch's own names)
    target: Tensor,
    mask: Tensor | None = None,
    *,
    ignore_index: int | Sequence[int] = -100,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """The cross entropy of the positions that count.

    A position counts where `target` is not an ignored id and `mask`, if there is one, is True. With w = `weight`, or 1:

        loss = sum over counted (b, t) of  -w[y] * log softmax(input[b, t])[y],  y = target[b, t]
        mean = loss / sum over counted (b, t) of  w[y]

    What stands at the other positions does not matter, even NaN, infinities or ids that do not exist. Where nothing counts,
    the loss is 0 and still attached to the graph. On the counted rows it is `F.cross_entropy`, so `weight` and
    `label_smoothing` mean what they mean there.

    Args:
        input: logits, (B, T, V) or (N, V): the classes stand last. Half precision is computed in float32.
        target: class ids, (B, T) or (N,).
        mask: bool, of the target's shape; True counts.
        ignore_index: an id that does not count, or several.
        weight: one weight for each class, (V,).
        label_smoothing: as in `F.cross_entropy`.
        reduction: "mean" over the counted positions, "sum", or "none": of the target's shape, 0 where nothing counts.

    Raises:
        ShapeError: the shapes or dtypes do not belong together.
        IndexError: a counted target is not a class (on a GPU torch's own assert says so).

    Example:
        >>> import torch
        >>> logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [[0.0, 0.0, 2.0], [9.0, 0.0, 0.0]]])
        >>> target = torch.tensor([[0, 1], [1, -100]])                # (B, T), the last position is padding
        >>> masked_cross_entropy(logits, target)
        tensor(0.9062)
        >>> masked_cross_entropy(logits, target, reduction="none")
        tensor([[0.2395, 0.2395],
                [2.2395, 0.0000]])
        >>> masked_cross_entropy(logits, target, torch.tensor([[True, True], [False, False]]))
        tensor(0.2395)

    Source: the two lines of torch that it stands for are `keep = target != ignore_index` and
    `F.cross_entropy(input[keep], target[keep])`.
    """
    ignored = [ignore_index] if isinstance(ignore_index, int) else list(ignore_index)
    _refuse_shapes(input, target, mask, weight, reduction)

    keep = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
    for i in ignored:
        keep = keep & (target != i)
    rows, ids = input[keep], target[keep].long()  # selected first: nothing of the other rows reaches the loss or a gradient
    rows = rows.float() if rows.dtype in (torch.float16, torch.bfloat16) else rows
    weight = None if weight is None else weight.to(rows)
    _refuse_ids(target, keep, input.shape[-1])

    losses = cross_entropy(rows, ids, weight=weight, label_smoothing=label_smoothing, reduction="none")
    if reduction == "none":
        return losses.new_zeros(target.shape).masked_scatter(keep, losses)
    total = losses.sum()
    if reduction == "sum":
        return total
    count = losses.new_tensor(ids.numel()) if weight is None else weight[ids].sum()
    return total / torch.where(count == 0, torch.ones_like(count), count) * (count != 0)


def _refuse_shapes(logits: Tensor, target: Tensor, mask: Tensor | None, weight: Tensor | None, reduction: str) -> None:
    got = f"got input {_form(logits)} and target {_form(target)}"
    if logits.ndim not in (2, 3) or not logits.is_floating_point():
        swap = "; they seem to be exchanged" if target.is_floating_point() else ""
        raise ShapeError(f"input must be logits (B, T, V) or (N, V): {got}{swap}")
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        raise ShapeError(f"target must be class ids, not {target.dtype}: {got}")
    if target.shape != logits.shape[:-1]:
        want = f"{_size(logits.shape[:-1])}, the input's shape without its last axis, the classes"
        raise ShapeError(f"target must be {want}: {got}{_hint(logits, target)}")
    if mask is not None and mask.dtype != torch.bool:
        how = (
            "multiply it onto the loss of reduction='none', then divide by its sum"
            if mask.is_floating_point()
            else "pass mask.bool(); as an index, integers would pick rows 0 and 1"
        )
        raise ShapeError(f"mask must be bool, not {mask.dtype}: {how}")
    if mask is not None and mask.shape != target.shape:
        raise ShapeError(f"mask must be of the target's shape {_size(target.shape)}, not {_size(mask.shape)}")
    if weight is not None and weight.shape != logits.shape[-1:]:
        raise ShapeError(f"weight must be {_size(logits.shape[-1:])}, one a class, not {_size(weight.shape)}")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def _hint(logits: Tensor, target: Tensor) -> str:
    if logits.ndim == 3 and target.shape == (logits.shape[0], logits.shape[2]):
        return "; if the input is (B, V, T), pass input.transpose(1, 2)"
    if logits.ndim == 3 and target.shape == (logits.shape[1], logits.shape[0]):
        return "; one of them is time first: transpose(0, 1)"
    if (logits.ndim, target.ndim) in ((3, 1), (2, 2)):
        return "; only one of them is flattened"
    return ""


def _refuse_ids(target: Tensor, keep: Tensor, classes: int) -> None:
    if target.device.type != "cpu":
        return  # looking would wait for the device
    wrong = keep & ((target < 0) | (target >= classes))
    if wrong.any():
        at = tuple(wrong.nonzero()[0].tolist())
        where = ", ".join(map(str, at))
        known = f"target[{where}] is {int(target[at])}, and there are {classes} classes"
        raise IndexError(f"{known}: leave it out by ignore_index or mask, or add the class")


def _form(t: Tensor) -> str:
    return f"{str(t.dtype).removeprefix('torch.')}{_size(t.shape)}"


def _size(shape: Sequence[int]) -> str:
    return "(" + ", ".join(map(str, shape)) + (",)" if len(shape) == 1 else ")")
