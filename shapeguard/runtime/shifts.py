"""Whether targets are the very ids that were fed, or come two steps later: they should come one step later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from torch import Tensor

Array: TypeAlias = np.ndarray[Any, Any]

_ENOUGH = 4  # positions that tell one shift from another: fewer agree by chance
_PROBES = 5  # single positions that are looked at first: in a right batch the first of them mostly ends it


def find_shift(targets: Tensor, fed: Tensor, ignored: Sequence[int], steps: Sequence[int]) -> int | None:
    """By how many of `steps` targets (..., T) come after the ids fed, where they are not ignored; None where by none of them."""
    ids, inputs = targets.numpy(), fed.numpy()
    if ids.shape != inputs.shape or ids.ndim == 0:
        return None
    for step in steps:
        if not _refuted(ids, inputs, ignored, step) and _agree(ids, inputs, ignored, step):
            return step
    return None


def _refuted(ids: Array, inputs: Array, ignored: Sequence[int], step: int) -> bool:
    """Whether one of a few positions, in the middle of the first row, says no already."""
    start = ids.shape[-1] // 2
    for i in range(start, min(start + _PROBES, ids.shape[-1] - step)):
        one = ids.item(i) if ids.size else None
        if one not in ignored and one != inputs.item(i + step):
            return True
    return False


def _agree(ids: Array, inputs: Array, ignored: Sequence[int], step: int) -> bool:
    width = ids.shape[-1] - max(step, 1)
    if width < 1:
        return False
    keep = np.ones(ids.shape, bool)
    for one in ignored:
        keep &= ids != one
    last = ids.shape[-1] - step
    if (keep[..., :last] & (ids[..., :last] != inputs[..., step:])).any():
        return False
    telling = keep[..., :width] & (ids[..., :width] != inputs[..., 1 : width + 1])  # constant rows are their own shift
    return int(np.count_nonzero(telling)) >= _ENOUGH


def problem_of(path: str, inputs: str, step: int) -> tuple[str, str]:
    """The verdict, and the line below it."""
    after = f"{path} start one step later than {inputs}"
    if step == 0:
        line = f"every id of {path} that counts is the id fed at the same step: the model learns to copy; {after}"
        return f"{path} that equal {inputs}", line
    line = f"every id of {path} that counts is the id fed two steps later: each next one is skipped; {after}, once"
    return f"{path} that are {inputs} shifted twice", line
