"""Ids and masks on a GPU, checked without waiting for it: a summary is copied in the background and read at the next call."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import torch
from torch import Tensor

from shapeguard.runtime.problem import Problem

_waiting = threading.local()  # .seen: (what is checked, path) -> (event, summary in pinned memory, size)


class IdsMark(Protocol):
    """What is asked of a mark of ids: a value, equal to that of the same check."""

    @property
    def ignored(self) -> tuple[int, ...]:
        """The ids that count as nothing."""
        ...


def ids(tensor: Tensor, path: str, size: int, mark: IdsMark) -> Problem | None:
    """Reports what an earlier call's ids were, if the device has come so far; then starts a check of these."""
    earlier = _read((mark, path))
    if earlier is not None:
        low, high, kept = earlier[0]
        if kept == 0:
            return Problem(path, f"nothing to count: every id in {path} is ignored", (_EARLIER,))
        if low < 0 or high >= earlier[1]:
            bad = low if low < 0 else high
            return Problem(path, f"ids in {path} that are no classes", (f"{path} held {bad}, and there are {earlier[1]} classes", _EARLIER))
    if (mark, path) not in _seen() and _may_look(tensor):
        keep = torch.ones_like(tensor, dtype=torch.bool)
        for ignored in mark.ignored:
            keep &= tensor != ignored
        kept_ids = torch.where(keep, tensor, 0).long()
        low_high = torch.aminmax(kept_ids)
        _send((mark, path), torch.stack((low_high.min, low_high.max, keep.sum())), size)
    return None


def mask(tensor: Tensor, path: str) -> Problem | None:
    """The same for a mask: whether an earlier call's was False everywhere."""
    earlier = _read(("mask", path))
    if earlier is not None and earlier[0][0] == 0:
        return Problem(path, f"nothing to count: {path} was False everywhere", (_EARLIER,))
    if ("mask", path) not in _seen() and _may_look(tensor):
        _send(("mask", path), tensor.sum().long().reshape(1), 0)
    return None


_EARLIER = "this was an earlier call's: on a GPU values are told one call later, so that nothing waits"


def _seen() -> dict[Any, tuple[Any, Tensor, int]]:
    if not hasattr(_waiting, "seen"):
        _waiting.seen = {}
    return _waiting.seen  # type: ignore[no-any-return]


def _read(key: Any) -> tuple[list[int], int] | None:
    known = _seen().get(key)
    if known is None or not known[0].query():
        return None
    del _seen()[key]
    return known[1].tolist(), known[2]


def _send(key: Any, summary: Tensor, size: int) -> None:
    pinned = _pinned(summary)
    pinned.copy_(summary, non_blocking=True)
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record()
    _seen()[key] = (event, pinned, size)


def _pinned(like: Tensor) -> Tensor:
    return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)


def _may_look(tensor: Tensor) -> bool:
    """Not while a CUDA graph is captured: what is recorded then would be replayed."""
    return tensor.device.type == "cuda" and tensor.numel() > 0 and not torch.cuda.is_current_stream_capturing()
