"""Which positions count."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import SupportsIndex

import torch
from torch import Tensor

from shapeguard.errors import ShapeError
from shapeguard.losses.internals import not_scripted
from shapeguard.losses.refusals import refuse_lengths, refuse_target


@not_scripted
def token_mask(
    target: Tensor, *, ignore_index: int | Sequence[int] | None = -100, lengths: Tensor | Sequence[int] | None = None
) -> Tensor:
    """True where a position counts: its id is not an ignored one, and it stands before the end of its row.

        mask[b, t] = target[b, t] not in ignore_index  and  t < lengths[b]

    Args:
        target: class ids, of any shape; (B, T) where there are lengths.
        ignore_index: an id that does not count, or several, or None: all ids count.
        lengths: (B,), how many tokens each row has; the padding stands on the right.

    Returns:
        bool, of the target's shape, on its device.

    Raises:
        ShapeError: the lengths do not belong to the target, or are no numbers of positions in it.

    Example:
        >>> import torch
        >>> target = torch.tensor([[5, 7, 2], [6, 2, 0]])
        >>> token_mask(target, ignore_index=0)
        tensor([[ True,  True,  True],
                [ True,  True, False]])
        >>> token_mask(target, ignore_index=(0, 2))
        tensor([[ True,  True, False],
                [ True, False, False]])
        >>> token_mask(target, lengths=[3, 1])
        tensor([[ True,  True,  True],
                [ True, False, False]])

    Source: with one id, `target != ignore_index`; with lengths, `torch.arange(T) < lengths[:, None]`.
    """
    refuse_target(target)
    keep = torch.ones_like(target, dtype=torch.bool)
    ids = target.long()  # -100 compared with uint8 would be 156
    for i in ignored_ids(ignore_index):
        keep = keep & (ids != i)
    if lengths is None:
        return keep
    if not isinstance(lengths, Tensor):
        lengths = torch.tensor(lengths) if len(lengths) else torch.zeros(0, dtype=torch.long)
    refuse_lengths(lengths, target)
    until = lengths.to(target.device, non_blocking=True)
    return keep & (torch.arange(target.shape[1], device=target.device) < until[:, None])


def ignored_ids(ignore_index: int | Sequence[int] | None) -> tuple[int, ...]:
    """None, one or several ids, as several."""
    if ignore_index is None:
        return ()
    if isinstance(ignore_index, int):
        return (_id(ignore_index),)
    several = isinstance(ignore_index, Iterable) and not isinstance(ignore_index, (Tensor, str))
    return tuple(_id(i) for i in ignore_index) if several else (_id(ignore_index),)


def _id(given: object) -> int:
    """A Python int or one of numpy's; a tensor would be waited for."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, (bool, Tensor)) or not isinstance(given, SupportsIndex):
        raise ShapeError(f"ignore_index must be an id or several, as Python integers, not {given!r}")
    return operator.index(given)
