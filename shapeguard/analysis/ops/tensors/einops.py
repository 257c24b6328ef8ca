"""einops: rearrange, reduce, repeat and their pattern language."""

from __future__ import annotations

import re
from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, Map, Num, Seq, Tensor, Value
from shapeguard.analysis.ops.common import as_tensor, keeps_norm, number, read, text
from shapeguard.analysis.ops.table import Ctx, call
from shapeguard.analysis.ops.tensors.axes import Regrouped, exactly, regroup
from shapeguard.analysis.ops.tensors.joins import parts_of, stack
from shapeguard.analysis.ops.tensors.moves import permuted
from shapeguard.analysis.ops.tensors.reductions import reduced
from shapeguard.analysis.ops.tensors.views import lost, regrouped

Group = list[str]  # names of one axis; [] is 1, ["..."] stands for several axes


def parse(side: str) -> list[Group] | None:
    """One side of a pattern: `b (h w) ...`."""
    out: list[Group] = []
    inner: Group | None = None
    for token in re.findall(r"\(|\)|\.\.\.|[^\s()]+", side.replace("…", "...")):
        if token == "(":
            if inner is not None:
                return None
            inner = []
        elif token == ")":
            if inner is None:
                return None
            out.append([*inner, "1"] if inner == ["..."] else inner)
            inner = None
        elif inner is not None:
            inner.append(token)
        else:
            out.append([] if token == "1" else [token])
    return out if inner is None else None


def _atoms(ctx: Ctx, x: Tensor, left: list[Group], given: dict[str, Dim]) -> tuple[Tensor, dict[str, list[Axis | Pack]]] | None:
    """The axes that each name of the left side stands for."""
    if ["..."] not in left:
        x = exactly(ctx, x, len(left))
        if x.shape.rank != len(left):
            return None
    axes = x.shape.axes
    cut = left.index(["..."]) if ["..."] in left else len(left)
    back = len(left) - cut - 1 if cut < len(left) else 0
    if len(axes) < cut + back:
        return None
    if x.shape.pack is not None:
        place = axes.index(x.shape.pack)
        if place < cut or len(axes) - 1 - place < back:
            return None
    found: dict[str, list[Axis | Pack]] = {"...": list(axes[cut : len(axes) - back]), "1": [axis(1)]}
    named = [
        *zip(left[:cut], axes[:cut], strict=False),
        *zip(left[len(left) - back :] if back else [], axes[len(axes) - back :], strict=False),
    ]
    for group, a in named:
        if not isinstance(a, Axis) or "..." in group:
            return None
        if len(group) == 1:
            found[group[0]] = [a if group[0] not in given or a.size == given[group[0]] else axis(given[group[0]])]
            continue
        sizes: list[Dim | None] = [given.get(n, Dim.of(int(n)) if n.isdigit() else None) for n in group]
        if sizes.count(None) > 1:
            for n, size in zip(group, sizes, strict=True):
                found[n] = [axis(size if size is not None else fresh(n))]
            continue
        split = regroup(Shape((a,)), sizes)
        if len(split.axes) != len(group):
            return None
        for n, b in zip(group, split.axes, strict=True):
            found[n] = [b]
    return x, found


def _pattern(ctx: Ctx, args: Args, at: int = 1) -> tuple[str, list[Group], list[Group], dict[str, Dim]] | None:
    raw = args.given(at, "pattern")
    pattern = text(ctx.get(raw)) if raw is not None else None
    if pattern is None or pattern.count("->") != 1:
        return None
    before, _, after = pattern.partition("->")
    left, right = parse(before), parse(after)
    given = {k: d if (d := number(ctx.get(v))) is not None else fresh(k) for k, v in args.kw if k not in ("pattern", "reduction", "tensor")}
    return (pattern, left, right, given) if left is not None and right is not None else None


def _compose(right: list[Group], found: dict[str, list[Axis | Pack]]) -> tuple[Axis | Pack, ...] | None:
    axes: list[Axis | Pack] = []
    for group in right:
        parts: list[Axis | Pack] = []
        for name in group:
            if name not in found:
                return None
            parts.extend(found[name])
        if len(group) == 1:
            axes.extend(parts)
        else:
            flat = tuple(p for p in Shape(tuple(parts)).parts() if p != Dim.of(1))
            solo = [a for a in parts if isinstance(a, Axis) and a.size != Dim.of(1)]
            mixed = any(isinstance(a, Axis) and a.mixed for a in parts)
            axes.append(solo[0] if len(solo) == 1 and len(parts) == 1 else Axis(flat, mixed) if flat else axis(1))
    return tuple(axes)


def _input(ctx: Ctx, args: Args) -> Tensor | None:
    raw = args.given(0, "tensor")
    if raw is None:
        return None
    facts = ctx.get(raw)
    if isinstance(facts, Seq):  # a list of tensors is stacked first
        found = parts_of(ctx, facts)
        y = stack(ctx, Args((facts,))) if found is not None else UNKNOWN
        return y if isinstance(y, Tensor) else None
    return as_tensor(ctx, raw)


@call("einops.rearrange")
def rearrange(ctx: Ctx, args: Args) -> Value:
    x, pattern = _input(ctx, args), _pattern(ctx, args)
    if x is None:
        return UNKNOWN
    if pattern is None:
        return lost(ctx, x, "rearrange")
    words, left, right, given = pattern
    atoms = _atoms(ctx, x, left, given)
    axes = _compose(right, atoms[1]) if atoms is not None else None
    if atoms is None or axes is None:
        return lost(ctx, x, "rearrange")
    x = atoms[0]
    kept = [n for g in left for n in g]
    moved = [n for g in right for n in g]
    y = regrouped(ctx, x, "rearrange", Regrouped(axes), copies=True)
    shape = Shape(axes)
    step = ctx.step("rearrange", f"rearrange '{words}' -> {shape}", x.step, shape=shape)
    same = [n for n in kept if n in moved] == moved and x.contiguous is True
    alone = all(len(g) <= 1 for g in (*left, *right))
    if alone and len(left) == len(right) and ["..."] not in left and sorted(kept) == sorted(moved) and all(left):
        y = permuted(ctx, x, [left.index(g) for g in right], "rearrange")
        return replace(y, shape=shape, step=step)
    return replace(y, step=step, contiguous=True if same else None, breaks=(), norm=keeps_norm(x.norm, shape))


@call("einops.reduce")
def reduce(ctx: Ctx, args: Args) -> Value:
    x, pattern = _input(ctx, args), _pattern(ctx, args)
    how = text(read(ctx, args, "tensor", "pattern", "reduction")[2])
    if x is None:
        return UNKNOWN
    if pattern is None:
        return lost(ctx, x, "reduce")
    _, left, right, given = pattern
    atoms = _atoms(ctx, x, left, given)
    axes = _compose(right, atoms[1]) if atoms is not None else None
    y = reduced(ctx, Args((x,)), how or "reduce")
    if not isinstance(y, Tensor) or axes is None:
        return lost(ctx, x, "reduce")
    shape = Shape(axes)
    return replace(y, shape=shape, step=ctx.step("reduce", f"reduce -> {shape}", x.step, shape=shape), contiguous=None, fed=x.fed)


@call("einops.repeat")
def repeat(ctx: Ctx, args: Args) -> Value:
    x, pattern = _input(ctx, args), _pattern(ctx, args)
    if x is None:
        return UNKNOWN
    if pattern is None:
        return lost(ctx, x, "repeat")
    words, left, right, given = pattern
    atoms = _atoms(ctx, x, left, given)
    if atoms is None:
        return lost(ctx, x, "repeat")
    for name in (n for g in right for n in g):
        if name not in atoms[1]:
            atoms[1][name] = [axis(Dim.of(int(name)) if name.isdigit() else given.get(name, fresh(name)))]
    axes = _compose(right, atoms[1])
    if axes is None:
        return lost(ctx, x, "repeat")
    shape = Shape(axes)
    step = ctx.step("repeat", f"repeat '{words}' -> {shape}", x.step, shape=shape)
    return replace(atoms[0], shape=shape, step=step, contiguous=None, breaks=(), norm=keeps_norm(x.norm, shape))


@call("einops.parse_shape")
def parse_shape(ctx: Ctx, args: Args) -> Value:
    x = _input(ctx, args)
    raw = args.given(1, "pattern")
    names = (text(ctx.get(raw)) or "").split() if raw is not None else []
    if x is None or not names or "..." in names:
        return UNKNOWN
    x = exactly(ctx, x, len(names))
    dims = x.shape.dims
    if dims is None or len(dims) != len(names):
        return UNKNOWN
    pairs = [(n, Num(a.size if a.size is not None else fresh(n))) for n, a in zip(names, dims, strict=True) if n != "_"]
    return Map(tuple(pairs))
