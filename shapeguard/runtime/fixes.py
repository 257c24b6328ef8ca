"""A change to one argument that makes a call fit: looked for among a few, and checked again before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from math import prod
from typing import Any

import torch
from torch import Tensor

from shapeguard.runtime.annotations import Leaf
from shapeguard.runtime.culprits import agree
from shapeguard.runtime.match import Env, Slot, solve
from shapeguard.runtime.plan import RETURN, Plan

SMALL = 4096  # values are only looked at in tensors up to this size

_CUT = 6
_MOVES = (1, 2, 3, 4, 5, 7)  # the kinds that keep every number

_CASTS = ((torch.float32, ".float()"), (torch.int64, ".long()"), (torch.bool, ".bool()"))


def find(slots: Sequence[Slot], culprits: Sequence[int], plan: Plan, arguments: dict[str, Any]) -> tuple[str | None, list[int]]:
    """The simplest change that makes all tensors agree, as Python, and whose it is.

    Where a change of either of two tensors would do, both are given. A kind of change that would do in two different ways
    is a guess, and is not given.
    """
    found = [(kind, i, text, sure) for i in culprits for kind, text, sure in _one(slots, i, plan, arguments)]
    swap = _swap(slots, culprits, plan, arguments)
    if swap is not None and (len(culprits) > 1 or not found):
        return swap
    if not found:
        return None, list(culprits)
    simplest = [f for f in found if f[0] == min(f[0] for f in found)]
    whose = [f[1] for f in simplest] if all(f[3] for f in simplest) else list(culprits)
    return " or ".join(f[2] for f in simplest), whose


def _swap(slots: Sequence[Slot], culprits: Sequence[int], plan: Plan, arguments: dict[str, Any]) -> tuple[str, list[int]] | None:
    for i, j in combinations(range(len(slots)), 2):
        a, b = slots[i], slots[j]
        if not ({i, j} & set(culprits)) or not (a.path.isidentifier() and b.path.isidentifier()) or RETURN in (a.path, b.path):
            continue
        changed = list(slots)
        changed[i] = replace(a, value=b.value, shape=b.shape, dtype=b.dtype)
        changed[j] = replace(b, value=a.value, shape=a.shape, dtype=a.dtype)
        if agree(changed, plan, arguments | {a.path: b.value, b.path: a.value}):
            return f"{a.path}, {b.path} = {b.path}, {a.path}", [i, j]
    return None


def _one(slots: Sequence[Slot], i: int, plan: Plan, arguments: dict[str, Any]) -> Iterator[tuple[int, str, bool]]:
    """(kind, Python, sure) of the simplest change of one tensor; sure: every axis that moves is known from the others."""
    slot = slots[i]
    if not isinstance(slot.value, Tensor) or not all(type(n) is int for n in slot.shape):
        return  # a jagged or symbolic size is no number to reckon with
    others = [s for j, s in enumerate(slots) if j != i]
    env = Env(arguments)
    solve(others, env, plan)
    for spec in slot.specs:
        cast = "" if spec.takes(slot.dtype) else _cast(spec, slot)
        if cast is None or not spec.takes_class(slot.value):
            continue
        dtype = slot.dtype if not cast else _cast_to(spec)
        known = spec.variadic is None and all(d.kind == "fixed" or d.text in env.sizes for d in spec.dims)
        kinds: dict[int, dict[tuple[int, ...], str]] = {}
        for rank, shape, text in _changes(slot.shape, spec, env, plan):
            if (len(shape) != len(spec.dims)) if spec.variadic is None else (len(shape) < len(spec.dims) - 1):
                continue
            changed = replace(slot, specs=(spec,), shape=shape, dtype=dtype)
            if agree([*slots[:i], changed, *slots[i + 1 :]], plan, arguments):
                kinds.setdefault(rank, {}).setdefault(shape, f"{slot.path}{text}{cast}")
        for rank in sorted(kinds):
            shape, text = next(iter(kinds[rank].items()))
            if len(kinds[rank]) == 1 and (rank or cast) and (rank != _CUT or _shifts(spec, slot, others, shape)):
                yield rank, text, rank in _MOVES and (known or _moved_known(slot, shape, spec, env))
                return


def _moved_known(slot: Slot, shape: tuple[int, ...], spec: Leaf, env: Env) -> bool:
    """Whether the sizes at the axes that change are known from the other tensors."""
    if spec.variadic is not None or len(shape) != len(slot.shape):
        return False
    changed = [d for d, old, new in zip(spec.dims, slot.shape, shape, strict=True) if old != new]
    return all(d.kind == "fixed" or d.text in env.sizes for d in changed)


def _shifts(spec: Leaf, slot: Slot, others: Sequence[Slot], shape: tuple[int, ...]) -> bool:
    """Whether a cut is the shift of a language model: along the steps that scores and ids have in common."""
    axis = next(i for i, (old, new) in enumerate(zip(slot.shape, shape, strict=True)) if old != new)
    if axis == 0 or spec.variadic is not None:
        return False
    name, ids = spec.dims[axis].text, _is_ids(spec)
    return any(_is_ids(o) is not ids and any(d.text == name for d in o.dims) for other in others for o in other.specs)


def _is_ids(spec: Leaf) -> bool:
    return spec.dtypes is not None and torch.int64 in spec.dtypes and torch.float32 not in spec.dtypes


def _changes(shape: tuple[int, ...], spec: Leaf, env: Env, plan: Plan) -> Iterator[tuple[int, tuple[int, ...], str]]:
    """(kind, shape afterwards, Python) of every change that is tried."""
    n = len(shape)
    yield 0, shape, ""
    for i, j in combinations(range(n), 2):
        order = list(range(n))
        order[i], order[j] = j, i
        yield 1, tuple(shape[k] for k in order), f".transpose({i}, {j})"
    for i in range(n):
        if shape[i] == 1:
            yield 2, shape[:i] + shape[i + 1 :], f".squeeze({i})"
    need = len(spec.dims)
    if n < need:
        for i in range(n + 1):
            yield 3, (*shape[:i], 1, *shape[i:]), f".unsqueeze({i})"
        for i in range(n):
            sizes = _sizes(spec, i, need - n + 1, env, plan)
            if sizes is not None and prod(sizes) == shape[i]:
                yield 5, (*shape[:i], *sizes, *shape[i + 1 :]), f".unflatten({i}, {sizes})"
    if n > need:
        for i, j in combinations(range(n), 2):
            yield 4, (*shape[:i], prod(shape[i : j + 1]), *shape[j + 1 :]), f".flatten({i}, {j})"
    for i in range(n):
        if i and shape[i] > 1 and n == need:
            cut = ":-1" if spec.text.startswith(("Float", "BFloat", "Inexact", "Real", "Num")) else "1:"
            yield _CUT, (*shape[:i], shape[i] - 1, *shape[i + 1 :]), f"[{':, ' * i}{cut}]"
    if 3 <= n <= 4:
        for turned in permutations(range(n)):
            if sum(k != at for at, k in enumerate(turned)) > 2:
                yield 7, tuple(shape[k] for k in turned), f".permute{turned}"


def _sizes(spec: Leaf, start: int, count: int, env: Env, plan: Plan) -> tuple[int, ...] | None:
    """The sizes of `count` dimensions, as far as the other tensors know them."""
    sizes = []
    for dim in spec.dims[start : start + count]:
        if dim.kind == "fixed":
            sizes.append(dim.size)
        elif dim.kind == "name" and dim.text in env.sizes:
            sizes.append(env.sizes[dim.text])
        elif dim.kind == "expr" and not plan.expressions[dim].unknown and all(x in env.sizes for x in plan.expressions[dim].dims):
            value = plan.expressions[dim].value(env.sizes, env.arguments)
            if not isinstance(value, int):
                return None
            sizes.append(value)
        else:
            return None
    return tuple(sizes) if len(sizes) == count else None


def _cast(spec: Leaf, slot: Slot) -> str | None:
    """The cast that loses nothing, None where there is none or where that cannot be seen."""
    to = _cast_to(spec)
    if to is None or not isinstance(slot.dtype, torch.dtype):
        return None
    text = next((t for d, t in _CASTS if d is to), f".to({to})")
    if to.is_complex or slot.dtype.is_complex:
        return None
    if to.is_floating_point or (slot.dtype is torch.bool and to is not torch.bool):
        return text
    if not slot.dtype.is_floating_point and to is not torch.bool:
        return text
    value = slot.value
    if type(value) is not Tensor or value.device.type != "cpu" or value.layout is not torch.strided or value.numel() > SMALL:
        return None
    try:
        return text if bool((value == value.to(to)).all()) else None
    except RuntimeError:  # inside of vmap there are no values to look at
        return None


def _cast_to(spec: Leaf) -> torch.dtype | None:
    if spec.dtypes is None:
        return None
    preferred = [d for d, _ in _CASTS if d in spec.dtypes]
    return preferred[0] if preferred else next(iter(spec.dtypes), None)
