"""Which tensor is the wrong one: the one without which all others agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from shapeguard.runtime.annotations import Leaf
from shapeguard.runtime.match import Env, Slot, Wrong, local, rank, solve
from shapeguard.runtime.plan import Plan


def agree(slots: Sequence[Slot], plan: Plan, arguments: dict[str, Any]) -> bool:
    """Whether these tensors fit together."""
    return solve(slots, Env(arguments), plan) is None


def find(slots: Sequence[Slot], plan: Plan, arguments: dict[str, Any], given: int = 0) -> list[int]:
    """The positions of the wrong tensors among `slots`, the first `given` of which are known to agree.

    A tensor that is wrong by itself (class, dtype, number of axes, a fixed size) is a culprit. Otherwise every tensor is left
    out in turn: where the rest agrees, it was that one. Two that only contradict each other are both named.
    """
    open_ = range(given, len(slots))
    alone = [i for i in open_ if not slots[i].lenient and all(local(spec, slots[i]) is not None for spec in slots[i].specs)]
    if alone:
        return alone
    for count in (1, 2):
        found = [out for out in combinations(open_, count) if agree([s for i, s in enumerate(slots) if i not in out], plan, arguments)]
        if found:
            return sorted({i for out in found for i in out}) if count == 1 else list(found[0])
    first = solve(slots, Env(arguments), plan)
    return [i for i in open_ if first is not None and slots[i].path == first.path]


def complaints(slot: Slot, others: Sequence[Slot], plan: Plan, arguments: dict[str, Any]) -> tuple[list[Wrong], Env]:
    """All that is wrong with one tensor, measured by the others, and the dimensions that the others bind."""
    env = Env(arguments)
    solve(others, env, plan)
    best: list[Wrong] | None = None
    for spec in slot.specs:
        found = _against(spec, slot, env, plan)
        if best is None or len(found) < len(best):
            best = found
    return best or [], env


def _against(spec: Leaf, slot: Slot, env: Env, plan: Plan) -> list[Wrong]:
    """All that is wrong with one tensor by one of its annotations, with the dimensions that the others bind."""
    first, second = local(spec, slot), rank(spec, slot)
    if first is not None and first.kind == "class":
        return [first]
    found = [w for w in (first, second) if w is not None and (w is first or first is None or w.kind != first.kind)]
    if second is not None and second.kind == "rank":
        return found
    count, many = len(slot.shape), spec.variadic
    sizes = dict(env.sizes)
    for i, dim in enumerate(spec.dims):
        if dim.variadic:
            continue
        axis = i if many is None or i < many else count - len(spec.dims) + i
        size = slot.shape[axis]
        if dim.broad and size == 1:
            continue
        if dim.kind == "name":
            if sizes.setdefault(dim.text, size) != size:
                found.append(Wrong("name", slot.path, axis, dim.text, size, sizes[dim.text], spec))
            elif dim.text not in env.origin:
                env.origin[dim.text] = (slot.path, axis)
        elif dim.kind == "expr" and not plan.expressions[dim].unknown and all(n in sizes for n in plan.expressions[dim].dims):
            value = plan.expressions[dim].value(sizes, env.arguments)
            if value != size:
                found.append(Wrong("expr", slot.path, axis, dim.text, size, value, spec))
    if many is not None and spec.dims[many].text in env.shapes and spec.dims[many].kind == "many":
        trial = env.copy()
        bound = solve([slot], trial, plan)
        if bound is not None and bound.kind == "shape":
            found.append(bound)
    return found
