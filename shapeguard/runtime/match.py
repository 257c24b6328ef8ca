"""The slow check, one dimension after the other: what flat code does at once, and what the explainer asks again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapeguard.runtime.annotations import Fixed, Free, Leaf, Node, OneOf, Plain, Record, fits_head
from shapeguard.runtime.dims import Dim
from shapeguard.runtime.plan import RETURN, Plan


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One tensor that came, at its path, and what is asked of it; `lenient` where another member of the union takes it."""

    path: str
    specs: tuple[Leaf, ...]
    value: Any
    shape: tuple[int, ...]
    dtype: Any
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What does not fit. `kind` is one of class, dtype, rank, size, name, expr, shape, key, length."""

    kind: str
    path: str
    axis: int = 0
    dim: str = ""
    got: Any = None
    want: Any = None
    spec: Leaf | None = None


@dataclass(slots=True)
class Env:
    """The dimensions bound so far, and by whom: name -> (path, axis)."""

    arguments: dict[str, Any]
    sizes: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, tuple[bool, tuple[int, ...]]] = field(default_factory=dict)
    origin: dict[str, tuple[str, int]] = field(default_factory=dict)
    late: list[tuple[Dim, int, str, int, Leaf]] = field(default_factory=list)

    def copy(self) -> Env:
        return Env(self.arguments, dict(self.sizes), dict(self.shapes), dict(self.origin), list(self.late))


def collect(node: Node, value: Any, path: str, out: list[Slot]) -> Wrong | None:
    """Every tensor of a value, in order, into `out`; what is not even of the right make comes back."""
    if isinstance(node, Free):
        return None
    if isinstance(node, Leaf):
        out.append(_slot(path, (node,), value))
        return None
    if isinstance(node, Plain):
        return None if node.test(value) else Wrong("class", path, got=value, want=node)
    if isinstance(node, OneOf):
        return _one_of(node, value, path, out)
    if not fits_head(node, value):
        length = isinstance(node, Fixed) and isinstance(value, tuple)
        return Wrong("length" if length else "class", path, got=value, want=node)
    wrong: Wrong | None = None
    if isinstance(node, Fixed):
        for i, item in enumerate(node.items):
            wrong = wrong or collect(item, value[i], f"{path}[{i}]", out)
    elif isinstance(node, Record):
        for name, inner, needed in node.fields:
            if node.keyed and name not in value:
                wrong = wrong or (Wrong("key", path, dim=name, got=value, want=node) if needed else None)
                continue
            at = f'{path}["{name}"]' if node.keyed else f"{path}.{name}"
            wrong = wrong or collect(inner, value[name] if node.keyed else getattr(value, name), at, out)
    elif node.keyed:
        for key in value:
            shown = f'"{key}"' if isinstance(key, str) else repr(key)
            wrong = wrong or collect(node.item, value[key], f"{path}[{shown}]", out)
    elif isinstance(value, Sequence) or not isinstance(value, Iterable) or hasattr(value, "__len__"):
        for i, item in enumerate(value):
            wrong = wrong or collect(node.item, item, f"{path}[{i}]", out)
    return wrong  # an iterator would be used up by looking


def _slot(path: str, specs: tuple[Leaf, ...], value: Any, lenient: bool = False) -> Slot:
    shape = getattr(value, "shape", ())
    return Slot(path, specs, value, tuple(shape) if isinstance(shape, tuple) else (), getattr(value, "dtype", None), lenient)


def _one_of(node: OneOf, value: Any, path: str, out: list[Slot]) -> Wrong | None:
    """Collects the tensors of a value that may be one of several types."""
    fitting = [o for o in node.options if fits_head(o, value)]
    specs = tuple(o for o in fitting if isinstance(o, Leaf))
    others = [o for o in fitting if not isinstance(o, (Leaf, Plain, Free))]
    lenient = any(isinstance(o, (Plain, Free)) for o in fitting)
    if specs:
        out.append(_slot(path, specs, value, lenient or bool(others)))
        return None
    if lenient and not others:
        return None
    if not fitting:
        leaves = tuple(o for o in node.options if isinstance(o, Leaf))
        if leaves and hasattr(value, "shape") and hasattr(value, "dtype"):
            out.append(_slot(path, leaves, value))
            return None
        return Wrong("class", path, got=value, want=node)
    wrong = None
    for option in others:
        found: list[Slot] = []
        bad = collect(option, value, path, found)
        if bad is None and all(any(local(spec, slot) is None for spec in slot.specs) for slot in found):
            out.extend(found)
            return None
        wrong = wrong or (bad, found)
    if lenient or wrong is None:
        return None
    out.extend(wrong[1])
    return wrong[0]


def local(spec: Leaf, slot: Slot) -> Wrong | None:
    """What is wrong with one tensor by itself: its class, dtype, number of axes or a fixed size."""
    if not spec.takes_class(slot.value):
        return Wrong("class", slot.path, got=slot.value, want=spec, spec=spec)
    if not spec.takes(slot.dtype):
        return Wrong("dtype", slot.path, got=slot.dtype, want=spec.text, spec=spec)
    return rank(spec, slot)


def rank(spec: Leaf, slot: Slot) -> Wrong | None:
    count, need = len(slot.shape), len(spec.dims)
    if count != need if spec.variadic is None else count < need - 1:
        return Wrong("rank", slot.path, got=count, want=need if spec.variadic is None else need - 1, spec=spec)
    for axis, dim in _axes(spec, count):
        if dim.kind == "fixed" and slot.shape[axis] != dim.size and not (dim.broad and slot.shape[axis] == 1):
            return Wrong("size", slot.path, axis, dim.text, slot.shape[axis], dim.size, spec)
    return None


def _axes(spec: Leaf, count: int) -> list[tuple[int, Dim]]:
    """Each dimension but the variadic one, with its axis."""
    if spec.variadic is None:
        return list(enumerate(spec.dims))
    before, after = spec.dims[: spec.variadic], spec.dims[spec.variadic + 1 :]
    return [*enumerate(before), *((count - len(after) + i, d) for i, d in enumerate(after))]


def bind(spec: Leaf, slot: Slot, env: Env, plan: Plan) -> Wrong | None:
    """Compares and binds the dimensions of one tensor; `env` is only right where nothing is wrong."""
    wrong = local(spec, slot)
    if wrong is not None:
        return wrong
    for axis, dim in _axes(spec, len(slot.shape)):
        size = slot.shape[axis]
        if dim.kind not in ("name", "expr") or (dim.broad and size == 1):
            continue
        if dim.kind == "expr":
            env.late.append((dim, size, slot.path, axis, spec))
            wrong = _settle(env, plan)
            if wrong is not None:
                return wrong
        elif dim.text not in env.sizes:
            env.sizes[dim.text] = size
            env.origin[dim.text] = (slot.path, axis)
        elif env.sizes[dim.text] != size:
            return Wrong("name", slot.path, axis, dim.text, size, env.sizes[dim.text], spec)
    if spec.variadic is not None and spec.dims[spec.variadic].kind == "many":
        end = len(slot.shape) - (len(spec.dims) - spec.variadic - 1)
        return _bind_many(spec.dims[spec.variadic], slot.shape[spec.variadic : end], slot, env, spec)
    return None


def _bind_many(dim: Dim, shape: tuple[int, ...], slot: Slot, env: Env, spec: Leaf) -> Wrong | None:
    if dim.text not in env.shapes:
        env.shapes[dim.text] = (dim.broad, shape)
        env.origin[f"*{dim.text}"] = (slot.path, spec.variadic or 0)
        return None
    was_broad, before = env.shapes[dim.text]
    if not was_broad and not dim.broad:
        fits = shape == before
    else:
        both = _broadcast(shape, before)
        fits = both is not None and (dim.broad or both == shape) and (was_broad or both == before)
        if fits and was_broad and both is not None:
            env.shapes[dim.text] = (dim.broad, both)
    return None if fits else Wrong("shape", slot.path, spec.variadic or 0, dim.text, shape, before, spec)


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    out = []
    for i in range(max(len(a), len(b)), 0, -1):
        x, y = a[-i] if i <= len(a) else 1, b[-i] if i <= len(b) else 1
        if x != y and x != 1 and y != 1:
            return None
        out.append(y if x == 1 else x)
    return tuple(out)


def _settle(env: Env, plan: Plan) -> Wrong | None:
    """Compares the expressions whose dimensions are all bound by now."""
    waiting = []
    for dim, size, path, axis, spec in env.late:
        expression = plan.expressions[dim]
        if expression.unknown or any(name not in env.sizes for name in expression.dims):
            waiting.append((dim, size, path, axis, spec))
            continue
        value = expression.value(env.sizes, env.arguments)
        if value != size:
            return Wrong("expr", path, axis, dim.text, size, value, spec)
    env.late = waiting
    return None


def solve(slots: Iterable[Slot], env: Env, plan: Plan) -> Wrong | None:
    """Matches all tensors in order; what is wrong with the first that does not fit, and None where all do."""
    for slot in slots:
        first = None
        for spec in slot.specs:
            trial = env.copy() if len(slot.specs) > 1 or slot.lenient else env
            wrong = bind(spec, slot, trial, plan)
            if wrong is None:
                env.sizes, env.shapes, env.origin, env.late = trial.sizes, trial.shapes, trial.origin, trial.late
                break
            first = first or wrong
        else:
            if not slot.lenient:
                return first
        wrong = _settle(env, plan) if env.late else None
        if wrong is not None:
            return wrong
    return None


def check_arguments(plan: Plan, values: tuple[Any, ...]) -> tuple[list[Slot], Env, Wrong | None]:
    """The tensors of a call, the dimensions that they bind, and the first thing wrong."""
    slots: list[Slot] = []
    env = Env(dict(zip((p.name for p in plan.parameters), values, strict=True)))
    wrong = None
    for p, value in zip(plan.parameters, values, strict=True):
        wrong = wrong or collect(p.node, value, p.name, slots)
    return slots, env, wrong or solve(slots, env, plan)


def check_result(plan: Plan, env: Env, value: Any, node: Node) -> tuple[list[Slot], Wrong | None]:
    """The same for what the function returned, against the dimensions of its arguments."""
    slots: list[Slot] = []
    return slots, collect(node, value, RETURN, slots) or solve(slots, env, plan)
