"""Checks of values: what the marks of `Annotated` say about ids, masks, lengths and logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from torch import Tensor

from shapeguard.runtime import later

_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_MANY = 2**62
_highest, _count = np.maximum.reduce, np.count_nonzero


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the values at `path`; `verdict` ends the sentence "loss() got ..."."""

    path: str
    verdict: str
    lines: tuple[str, ...] = ()
    fix: str | None = None


_modes, _traced = torch._C._len_torch_dispatch_stack, torch._C._get_tracing_state
_SOME_IGNORED = Problem("", "")  # no problem yet: with a mask there may be nothing left to count

Look: TypeAlias = Callable[[Tensor, tuple[Any, ...]], Problem | None]


@dataclass(frozen=True)
class Values:
    """The base of a mark: `Annotated[Float[Tensor, "B T V"], MyMark()]`; give it a `problem`.

    It is asked after the shapes were found to fit, for plain tensors with storage: not for fake, meta, traced or vmapped ones,
    and not inside of torch.compile.
    """

    shapeguard_values: ClassVar[bool] = True

    def problem(self, tensor: Tensor, path: str, sizes: Mapping[str, int]) -> Problem | None:
        """What is wrong with `tensor`, which was given as `path`; `sizes` holds the dimensions of the call."""
        raise NotImplementedError

    def look(self, path: str, names: Sequence[str]) -> Look:
        """The check of one argument: (tensor, sizes of `names`) -> what is wrong."""

        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | None:
            return self.problem(tensor, path, {n: size for n, size in zip(names, sizes, strict=True) if size is not None})

        return look


@dataclass(frozen=True)
class Ids(Values):
    """Class ids: each is in [0, size of `below`) or one of `ignore_index`, and something is left to count.

    Args:
        below: the dimension that is the number of classes, as "V"; None: only negative ids are seen.
        ignore_index: an id that does not count, or several.
    """

    below: str | None = "V"
    ignore_index: int | tuple[int, ...] = -100

    @property
    def ignored(self) -> tuple[int, ...]:
        return (self.ignore_index,) if isinstance(self.ignore_index, int) else tuple(self.ignore_index)

    def look(self, path: str, names: Sequence[str]) -> Look:
        at = names.index(self.below) if self.below in names else None
        ignored = self.ignored
        beyond = max(self.ignored, default=-1) < 0  # no ignored id is a class

        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | None:
            size = _MANY if at is None or sizes[at] is None else sizes[at]
            if not tensor.is_cpu:
                return later.ids(tensor, path, size, self)
            ids = tensor.numpy()
            if beyond and ids.size:
                bare = ids.view(_UNSIGNED[ids.itemsize])  # a negative id is a huge one: one comparison for both ends
                if _highest(bare, axis=None) < size:
                    return None
                if len(ignored) == 1 and 0 < _count(bare < size) == ids.size - _count(ids == ignored[0]):
                    return _SOME_IGNORED
            return self.among(ids, path, size) or _SOME_IGNORED

        return look

    def among(self, ids: np.ndarray[Any, Any], path: str, size: int) -> Problem | None:
        """What is wrong with ids that are not all plain classes."""
        if ids.size == 0:
            return None
        bare = ids.view(_UNSIGNED[ids.itemsize])
        keep = ids != self.ignored[0] if self.ignored else np.ones(ids.shape, bool)
        for other in self.ignored[1:]:
            keep &= ids != other
        kept = bare[keep]
        if kept.size == 0:
            return Problem(path, f"nothing to count: every id in {path} is ignored", (f"all {ids.size} ids are {_list(self.ignored)}",))
        return None if _highest(kept) < size else self._outside(ids, keep & (bare >= size), path, size)

    def _outside(self, ids: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any], path: str, size: int) -> Problem:
        at = tuple(np.argwhere(wrong)[0].tolist())
        bad, many = int(ids[at]), int(wrong.sum())
        shown = f"{path}[{', '.join(map(str, at))}] is {bad}"
        letter = f" ({self.below})" if self.below else ""
        kinds = "ids are never negative" if size == _MANY else f"the {size} classes{letter} are 0 to {size - 1}"
        told: tuple[str, ...] = (f"{shown}; {kinds}, and {_list(self.ignored)} is ignored" if self.ignored else f"{shown}; {kinds}",)
        if many > 1:
            told += (f"{many} of {ids.size} ids are outside",)
        return Problem(path, f"ids in {path} that are no classes", told)

    def compiled(self, ids: Tensor, size: int, path: str) -> Tensor:
        """Inside of torch.compile on the CPU: the same ids, checked when the graph runs; a bad id would end the process."""
        if ids.device.type != "cpu" or torch.compiler.is_exporting():
            return ids
        return torch.ops.shapeguard.checked_ids(ids, size, list(self.ignored), path)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class InputIds(Ids):
    """Ids that are fed to the model; targets that equal them were not shifted."""

    below: str | None = None
    ignore_index: int | tuple[int, ...] = ()


@dataclass(frozen=True)
class Keeps(Values):
    """A mask: True counts, and something counts."""

    def look(self, path: str, names: Sequence[str]) -> Look:
        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | None:
            if not tensor.is_cpu:
                return later.mask(tensor, path)
            keeps = tensor.numpy()
            if keeps.size == 0 or keeps.item(0) or keeps.any():
                return None
            return Problem(path, f"nothing to count: {path} is False everywhere", (f"all {keeps.size} positions are masked out",))

        return look


@dataclass(frozen=True)
class UpTo(Values):
    """Lengths of rows: from 0 to the size of `width`, and not all 0."""

    width: str | None = "T"

    def problem(self, tensor: Tensor, path: str, sizes: Mapping[str, int]) -> Problem | None:
        if not tensor.is_cpu or tensor.numel() == 0:
            return None
        lengths, size = tensor.numpy(), sizes.get(self.width) if self.width is not None else None
        wrong = (lengths < 0) | (lengths > (_MANY if size is None else size))
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0].tolist())
            room = "" if size is None else f", and the rows have {size} steps ({self.width})"
            return Problem(path, f"lengths in {path} that are none", (f"{path}[{', '.join(map(str, at))}] is {int(lengths[at])}{room}",))
        return None if lengths.any() else Problem(path, f"nothing to count: every length in {path} is 0")


@dataclass(frozen=True)
class Scores(Values):
    """Logits: raw scores, not probabilities. One row is looked at, never all."""

    def look(self, path: str, names: Sequence[str]) -> Look:
        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | None:
            if not tensor.is_cpu or tensor.ndim == 0 or tensor.numel() == 0 or tensor.shape[-1] < 2:
                return None
            if tensor.dtype is torch.float32 or tensor.dtype is torch.float64:
                scores = tensor.detach().numpy()
                for i in range(min(8, scores.shape[-1])):
                    if not 0 <= scores.item((0,) * (scores.ndim - 1) + (i,)) <= 1:
                        return None
            return self.problem(tensor, path, {})

        return look

    def problem(self, tensor: Tensor, path: str, sizes: Mapping[str, int]) -> Problem | None:
        rows = tensor.detach()
        first = rows[(0,) * (tensor.ndim - 1)]
        if not _sums_to_one(first):
            return None
        for part in (1, 2, 3):  # the last row, and two between, before anybody is blamed
            if not _sums_to_one(rows[tuple((n - 1) // part for n in tensor.shape[:-1])]):
                return None
        where = f"{path}[{', '.join(['0'] * (tensor.ndim - 1))}]" if tensor.ndim > 1 else path
        line = f"{where} sums to {float(first.sum()):.4g} and has no negative: a softmax was applied, and cross entropy applies one too"
        return Problem(path, f"probabilities in {path}, not logits", (line,))


def _sums_to_one(row: Tensor) -> bool:
    total = float(row.sum())
    return abs(total - 1) < (1e-3 if row.dtype in (torch.float32, torch.float64) else 2e-2) and bool((row >= 0).all())


def make(marked: Sequence[tuple[str, Any]], names: Sequence[str]) -> Callable[[tuple[Any, ...], tuple[Any, ...]], Problem | None]:
    """The check of one signature: (the marked tensors, the sizes of `names`) -> what is wrong."""
    asked = [(i, path, mark) for i, (path, leaf) in enumerate(marked) for mark in leaf.marks]
    looks = [(i, mark.look(path, names)) for i, path, mark in asked]
    pairs = list(_pairs(asked, marked))

    def check(tensors: tuple[Any, ...], sizes: tuple[Any, ...]) -> Problem | None:
        if _modes() or _traced():
            return None  # fake tensors and tracers: looking would be recorded
        ignored = False
        try:
            for i, look in looks:
                tensor = tensors[i]
                if type(tensor) is Tensor and not tensor.is_meta:
                    found = look(tensor, sizes)
                    if found is _SOME_IGNORED:
                        ignored = True
                    elif found is not None:
                        return found  # type: ignore[no-any-return]
            for pair, a, b, always in pairs:
                if (always or ignored) and _plain(tensors[a]) and _plain(tensors[b]):
                    found = pair(tensors[a], tensors[b])
                    if found is not None:
                        return found  # type: ignore[no-any-return]
        except RuntimeError:
            return None  # no values to look at: vmap, a fake tensor mode, a sparse layout
        return None

    return check


def _plain(tensor: Any) -> bool:
    return type(tensor) is Tensor and tensor.is_cpu


def _pairs(asked: list[tuple[int, str, Any]], marked: Sequence[tuple[str, Any]]) -> Any:
    """Targets against the inputs, and against the mask of the same dimensions."""
    texts = [leaf.text.partition("[")[2] for _, leaf in marked]
    targets = [(i, path, m) for i, path, m in asked if isinstance(m, Ids) and not isinstance(m, InputIds)]
    for i, path, mark in targets:
        for j, other, second in asked:
            if texts[i] != texts[j]:
                continue
            if isinstance(second, InputIds):
                yield _unshifted(path, other), i, j, True
            elif isinstance(second, Keeps):
                yield _both(path, other, mark), i, j, False


def _unshifted(path: str, inputs: str) -> Callable[[Tensor, Tensor], Problem | None]:
    def look(targets: Tensor, fed: Tensor) -> Problem | None:
        if targets.shape[-1] < 2 or not torch.equal(targets, fed):
            return None
        if torch.equal(targets[..., 1:], targets[..., :-1]):
            return None  # constant rows are their own shift
        line = f"every id of {path} is the id fed at the same step: the model learns to copy; {path} start one step later than {inputs}"
        return Problem(path, f"{path} that equal {inputs}", (line,))

    return look


def _both(path: str, mask: str, mark: Ids) -> Callable[[Tensor, Tensor], Problem | None]:
    def look(targets: Tensor, keeps: Tensor) -> Problem | None:
        ids, kept = targets.numpy(), keeps.numpy()
        if ids.size == 0 or (kept.item(0) and ids.item(0) not in mark.ignored):
            return None
        left = ids[kept]
        for ignored in mark.ignored:
            left = left[left != ignored]
        if left.size:
            return None
        return Problem(path, f"nothing to count: every id of {path} is ignored where {mask} is True")

    return look


def of_slots(slots: Sequence[Any], sizes: Mapping[str, int]) -> Problem | None:
    """The same check where the lines are not flat."""
    marked = [(slot.path, slot.specs[0]) for slot in slots if len(slot.specs) == 1 and slot.specs[0].marks]
    if not marked:
        return None
    names = list(sizes)
    tensors = tuple(slot.value for slot in slots if len(slot.specs) == 1 and slot.specs[0].marks)
    return make(marked, names)(tensors, tuple(sizes[n] for n in names))


def _list(ignored: Sequence[int]) -> str:
    return " or ".join(map(str, ignored))


@torch.library.custom_op("shapeguard::checked_ids", mutates_args=())
def _checked_ids(ids: Tensor, size: int, ignored: list[int], path: str) -> Tensor:
    from shapeguard.errors import Finding, told

    found = Ids(None, tuple(ignored)).among(ids.numpy(), path, size)
    if found is not None and "no classes" in found.verdict:
        text = "\n  ".join((f"a compiled function got {found.verdict}", *found.lines))
        raise told(text, Finding("a compiled function", "value", culprits=(path,)))
    return ids.clone()


@_checked_ids.register_fake
def _(ids: Tensor, size: int, ignored: list[int], path: str) -> Tensor:
    return torch.empty_like(ids)


@_checked_ids.register_vmap
def _(info: Any, in_dims: Any, ids: Tensor, size: int, ignored: list[int], path: str) -> Any:
    return torch.ops.shapeguard.checked_ids(ids, size, ignored, path), in_dims[0]
