"""Checks of values: what the marks of `Annotated` say about ids, masks, lengths and logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from torch import Tensor

from shapeguard.runtime import later, shifts
from shapeguard.runtime.problem import Problem

_MANY = 2**62
_highest, _lowest, _count = np.maximum.reduce, np.minimum.reduce, np.count_nonzero
# how an id's bits are read as a number that is never negative, and the number from which on it is a negative id
_BITS: dict[np.dtype[Any], tuple[Any, int]] = {
    np.dtype(f"{kind}{size}"): (np.dtype(f"u{size}"), 2 ** (8 * size - (kind == "i"))) for kind in "iu" for size in (1, 2, 4, 8)
}
_ONE = {torch.bfloat16: 0x3F80, torch.float16: 0x3C00}  # the bits of 1.0; those of numbers from 0 to 1 lie between 0 and them


_modes, _traced = torch._C._len_torch_dispatch_stack, torch._C._get_tracing_state
_strided = torch.strided
Array: TypeAlias = np.ndarray[Any, Any]
Asked: TypeAlias = tuple[int, str, Any]  # which of the marked tensors, its path, a mark
# what is wrong; or the values, where nothing is wrong yet but may be together with another argument's
Look: TypeAlias = Callable[[Tensor, tuple[Any, ...]], Problem | Array | None]


@dataclass(frozen=True)
class Values:
    """The base of a mark: `Annotated[Float[Tensor, "B T V"], MyMark()]`; give it a `problem`.

    It is asked after the shapes were found to fit, for plain tensors with storage: not for sparse, fake, meta, traced or vmapped
    ones, and not inside of torch.compile.
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
        ignore_index: an id that does not count, or several, or None.
    """

    below: str | None = "V"
    ignore_index: int | tuple[int, ...] | None = -100

    @property
    def ignored(self) -> tuple[int, ...]:
        if self.ignore_index is None:
            return ()
        return (self.ignore_index,) if isinstance(self.ignore_index, int) else tuple(self.ignore_index)

    def look(self, path: str, names: Sequence[str]) -> Look:
        at = names.index(self.below) if self.below in names else None
        ignored = self.ignored
        apart = max(ignored, default=-1) < 0  # no ignored id is a class
        one = ignored[0] if apart and len(ignored) == 1 else None

        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | Array | None:
            size = _MANY if at is None or sizes[at] is None else sizes[at]
            if not tensor.is_cpu:
                return later.ids(tensor, path, size, self)
            ids: Array = tensor.numpy()
            if not ids.size:
                return None
            if ids.dtype not in _BITS:
                return self.among(ids, path, size)
            bits, negative = _BITS[ids.dtype]
            top = int(_highest(ids.view(bits), axis=None))  # of both ends at once: a negative id is a huge number
            if top < size and top < negative:
                if apart:
                    return None
                if top not in ignored:
                    return ids
            elif one is not None and top == one + 2 * negative and _lowest(ids, axis=None) == one:
                # the highest and the lowest negative id are the ignored one, so there is no other
                if 0 <= _highest(ids, axis=None) < size:
                    return ids
            return self.among(ids, path, size) or ids

        return look

    def among(self, ids: Array, path: str, size: int) -> Problem | None:
        """What is wrong with ids that are not all plain classes."""
        if ids.size == 0:
            return None
        if ids.dtype not in _BITS:
            return Problem(path, f"ids in {path} that are no integers", (f"{path} is {ids.dtype}",))
        bits, negative = _BITS[ids.dtype]
        bare, end = ids.view(bits), min(size, negative)
        keep = ids != self.ignored[0] if self.ignored else np.ones(ids.shape, bool)
        for other in self.ignored[1:]:
            keep &= ids != other
        kept = bare[keep]
        if kept.size == 0:
            return Problem(path, f"nothing to count: every id in {path} is ignored", (f"all {ids.size} ids are {_list(self.ignored)}",))
        return None if _highest(kept) < end else self._outside(ids, keep & (bare >= end), path, size)

    def _outside(self, ids: Array, wrong: Array, path: str, size: int) -> Problem:
        at = tuple(np.argwhere(wrong)[0].tolist())
        bad, many = int(ids[at]), int(wrong.sum())
        shown = f"{path}[{', '.join(map(str, at))}] is {bad}"
        letter = f" ({self.below})" if self.below else ""
        kinds = "ids are never negative" if size == _MANY else f"the {size} classes{letter} are 0 to {size - 1}"
        lines: tuple[str, ...] = (f"{shown}; {kinds}, and {_list(self.ignored)} is ignored" if self.ignored else f"{shown}; {kinds}",)
        if many > 1:
            lines += (f"{many} of {ids.size} ids are outside",)
        return Problem(path, f"ids in {path} that are no classes", lines)

    def compiled(self, ids: Tensor, size: int, path: str) -> Tensor:
        """Inside of torch.compile on the CPU: the same ids, checked when the graph runs; a bad id would end the process."""
        if ids.device.type != "cpu" or torch.compiler.is_exporting():
            return ids
        return torch.ops.shapeguard.checked_ids(ids, size, list(self.ignored), path)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class InputIds(Ids):
    """Ids that are fed to the model: the targets, where they count, are those of the next step.

    Targets that equal them were not shifted, and those of two steps later were shifted twice. Where the targets are meant so, as for
    a masked language model, or for a head that predicts a later token, mark the inputs with `Ids(None, None)`.
    """

    below: str | None = None
    ignore_index: int | tuple[int, ...] | None = None


@dataclass(frozen=True)
class Keeps(Values):
    """A mask: True counts, and something counts."""

    def look(self, path: str, names: Sequence[str]) -> Look:
        def look(tensor: Tensor, sizes: tuple[Any, ...]) -> Problem | Array | None:
            if not tensor.is_cpu:
                return later.mask(tensor, path)
            keeps: Array = (tensor if tensor.dtype is torch.bool else tensor != 0).numpy()
            if keeps.size == 0 or keeps.item(0) or keeps.any():
                return keeps
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
            if not tensor.is_cpu:
                return None
            scores = tensor.detach() if tensor.requires_grad else tensor
            end: float | None = 1 if tensor.dtype is torch.float32 else _ONE.get(tensor.dtype, 1)
            if end != 1:
                scores = scores.view(torch.int16)  # numpy has no bfloat16
            first: Array = scores.numpy()
            if first.size == 0 or first.ndim == 0 or not 0 <= first.item(0) <= end:
                return None
            width = first.shape[-1]
            if width < 2 or any(not 0 <= first.item(i) <= end for i in range(1, min(8, width))):
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
    checks = [(n, i, mark.look(path, names)) for n, (i, path, mark) in enumerate(asked)]
    shared = [(_both(a[1], b[1], a[2]), asked.index(a), asked.index(b)) for a, b in _pairs(asked, marked, Keeps)]
    pairs = list(_pairs(asked, marked, InputIds))
    steps = (0, 2) if len(pairs) == 1 else (0,)  # one of several targets may be meant two steps later
    fed = [(_unshifted(a[1], b[1], a[2], steps), a[0], b[0]) for a, b in pairs]

    def check(tensors: tuple[Any, ...], sizes: tuple[Any, ...]) -> Problem | None:
        if _modes() or _traced():
            return None  # fake tensors and tracers: looking would be recorded
        held = {}
        for n, i, look in checks:
            tensor = tensors[i]
            if type(tensor) is Tensor and tensor.layout is _strided and not tensor.is_meta:
                try:
                    found = look(tensor, sizes)
                except RuntimeError:
                    if _has_values(tensor):
                        raise  # a mark's own
                    continue
                if found is not None:
                    if isinstance(found, Problem):
                        return found
                    held[n] = found
        for both, a, b in shared:
            if a in held and b in held:
                found = both(held[a], held[b])
                if found is not None:
                    return found
        for same, a, b in fed:
            if _plain(tensors[a]) and _plain(tensors[b]):
                found = same(tensors[a], tensors[b])
                if found is not None:
                    return found
        return None

    return check


def _has_values(tensor: Tensor) -> bool:
    """Whether numpy can look at a tensor: not at one of vmap or grad, nor at one that is negated when it is read."""
    try:
        tensor.detach().cpu().numpy()
    except RuntimeError:
        return False
    except TypeError:  # of a dtype that numpy lacks
        return True
    return True


def _plain(tensor: Any) -> bool:
    return type(tensor) is Tensor and tensor.is_cpu and tensor.layout is _strided


def _pairs(asked: list[Asked], marked: Sequence[tuple[str, Any]], kind: type[Values]) -> Iterator[tuple[Asked, Asked]]:
    """The targets, each with the marks of a kind that stand at tensors of the same dimensions."""
    texts = [leaf.text.partition("[")[2] for _, leaf in marked]
    for one in asked:
        if isinstance(one[2], Ids) and not isinstance(one[2], InputIds):
            yield from ((one, other) for other in asked if isinstance(other[2], kind) and texts[one[0]] == texts[other[0]])


def _unshifted(path: str, inputs: str, mark: Ids, steps: tuple[int, ...]) -> Callable[[Tensor, Tensor], Problem | None]:
    ignored = mark.ignored

    def look(targets: Tensor, fed: Tensor) -> Problem | None:
        try:
            step = shifts.find_shift(targets, fed, ignored, steps)
        except RuntimeError:
            if _has_values(targets) and _has_values(fed):
                raise
            return None
        if step is None:
            return None
        verdict, line = shifts.problem_of(path, inputs, step)
        return Problem(path, verdict, (line,))

    return look


def _both(path: str, mask: str, mark: Ids) -> Callable[[Array, Array], Problem | None]:
    ignored = mark.ignored

    def look(ids: Array, kept: Array) -> Problem | None:
        if kept.size == 0 or kept.shape != ids.shape:
            return None
        for end in (0, -1):  # padding has one side: mostly one look is enough
            if kept.item(end) and ids.item(end) not in ignored:
                return None
        left = ids[kept]
        for one in ignored:
            left = left[left != one]
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
