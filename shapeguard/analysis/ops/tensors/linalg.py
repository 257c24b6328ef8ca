"""Matrix products: matmul, bmm, einsum, F.linear, F.embedding."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Pack, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import UNKNOWN, Args, Dim, Dtype, Scale, Seq, Tensor, Uses, Value
from shapeguard.analysis.ops.common import as_tensor, promote, read, steps, tensor, text, union
from shapeguard.analysis.ops.table import Ctx, call, method
from shapeguard.analysis.ops.tensors.axes import at_least, broadcast, exactly, vague


def multiplied(ctx: Ctx, op: str, parts: list[Tensor], shape: Shape, scale: Scale = "", dtype: Dtype | None = None) -> Tensor:
    """The product of some tensors."""
    kind = parts[0].dtype
    for p in parts[1:]:
        kind = promote(kind, p.dtype)
    return Tensor(
        shape,
        array=all(p.array for p in parts),
        dtype=kind if dtype is None else dtype,
        scale=scale or ("embedding" if any(p.scale == "embedding" for p in parts) else ""),
        contiguous=True,
        fed=union(p.fed for p in parts),
        losses=Uses.together(p.losses for p in parts),
        notes=union(p.notes for p in parts),
        step=ctx.step(op, f"{op} -> {shape}", *steps(*parts), shape=shape),
    )


def product(ctx: Ctx, left: Value, right: Value) -> Value:
    """`left @ right`."""
    a, b = as_tensor(ctx, left), as_tensor(ctx, right)
    if a is None or b is None:
        return UNKNOWN
    shape = matmul_shape(a.shape, b.shape)
    if shape.pack is None or (a.shape.pack is None and b.shape.pack is None):
        return replace(multiplied(ctx, "matmul", [a, b], shape), contiguous=True if _plain(a, b) else None)
    return replace(multiplied(ctx, "matmul", [a, b], shape), contiguous=None)


def _plain(a: Tensor, b: Tensor) -> bool:
    return a.contiguous is True and b.contiguous is True and a.shape.rank is not None and b.shape.rank is not None


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """The shape of a matrix product."""
    if a.rank == 0 or b.rank == 0:
        return vague(a)
    if a.rank == 1 and b.rank == 1:
        return Shape(())
    if a.rank == 1:
        return Shape((*b.axes[:-2], b.axes[-1])) if b.rank is not None else vague(a)
    if b.rank == 1:
        return Shape(a.axes[:-1]) if isinstance(a.axes[-1], Axis) else vague(a)
    last = b.at(-1)
    if b.rank == 2 and last is not None and isinstance(a.axes[-1], Axis):
        return Shape((*a.axes[:-1], last))
    row = a.at(-2)
    if a.rank is None or b.rank is None or row is None or last is None:
        if row is not None and last is not None and (a.rank or 3) >= 2 and b.min_rank >= 2:
            return Shape((fresh_pack("x"), row, last))
        return vague(a)
    lead = broadcast(Shape(a.axes[:-2]), Shape(b.axes[:-2]))
    return Shape((*lead.axes, row, last))


@method("matmul")
@call("torch.matmul", "torch.linalg.matmul", "numpy.matmul")
def matmul(ctx: Ctx, args: Args) -> Value:
    a, b = args.given(0, "input"), args.given(1, "other")
    b = b if b is not None else args.given(1, "tensor2")
    return UNKNOWN if a is None or b is None else product(ctx, a, b)


@method("bmm", "mm", "mv")
@call("torch.bmm", "torch.mm", "torch.mv")
def bmm(ctx: Ctx, args: Args) -> Value:
    a, b = args.given(0, "input"), args.given(1, "mat2")
    b = b if b is not None else args.given(1, "vec")
    if a is None or b is None:
        return UNKNOWN
    x, y = as_tensor(ctx, a), as_tensor(ctx, b)
    if x is None or y is None:
        return UNKNOWN
    known = x.shape.rank or y.shape.rank
    if known == 3:
        x, y = exactly(ctx, x, 3), exactly(ctx, y, 3)
    return product(ctx, x, y)


@method("dot", "inner", "vdot")
@call("torch.dot", "torch.inner", "torch.vdot", "numpy.dot", "numpy.inner", "numpy.vdot")
def dot(ctx: Ctx, args: Args) -> Value:
    a, b = tensor(ctx, args, 0, "input", "a"), tensor(ctx, args, 1, "tensor", "other", "b")
    if a is None or b is None:
        return UNKNOWN
    if a.shape.rank == 1 and b.shape.rank == 1:
        return multiplied(ctx, "dot", [a, b], Shape(()))
    if a.array and a.shape.rank is not None and b.shape.rank is not None and max(a.shape.rank, b.shape.rank) <= 2:
        return product(ctx, a, b)
    return replace(multiplied(ctx, "dot", [a, b], vague(a.shape)), contiguous=None)


@method("outer", "ger")
@call("torch.outer", "torch.ger", "numpy.outer")
def outer(ctx: Ctx, args: Args) -> Value:
    a, b = tensor(ctx, args, 0, "input", "a"), tensor(ctx, args, 1, "vec2", "b")
    if a is None or b is None:
        return UNKNOWN
    a, b = exactly(ctx, a, 1), exactly(ctx, b, 1)
    if a.shape.rank != 1 or b.shape.rank != 1:
        return multiplied(ctx, "outer", [a, b], vague(a.shape))
    return multiplied(ctx, "outer", [a, b], Shape((*a.shape.axes, *b.shape.axes)))


@method("baddbmm", "addmm", "addbmm", "addmv")
@call("torch.baddbmm", "torch.addmm", "torch.addmv", "torch.addbmm")
def baddbmm(ctx: Ctx, args: Args) -> Value:
    found = [tensor(ctx, args, i, n) for i, n in enumerate(("input", "batch1", "batch2"))]
    if found[1] is None or found[2] is None:
        found = [found[0], tensor(ctx, args, 1, "mat1", "mat"), tensor(ctx, args, 2, "mat2", "vec")]
    base, a, b = found
    if base is None or a is None or b is None:
        return UNKNOWN
    parts = [base, a, b]
    if a.shape.rank == 3 and base.shape.rank == 2:  # addbmm sums over the batch
        return replace(multiplied(ctx, "addbmm", parts, vague(base.shape)), contiguous=None)
    return replace(multiplied(ctx, "addmm", parts, matmul_shape(a.shape, b.shape)), contiguous=None)


@call("torch.nn.functional.linear")
def linear(ctx: Ctx, args: Args) -> Value:
    """`x @ weight.T + bias`; scores, when nothing follows."""
    x, weight = tensor(ctx, args), tensor(ctx, args, 1, "weight")
    if x is None or weight is None:
        return UNKNOWN
    x = at_least(ctx, x, 1, left=False)
    if not x.shape.axes:
        return UNKNOWN
    weight = exactly(ctx, weight, 2)
    out = weight.shape.axes[0] if weight.shape.rank == 2 else None
    lead: tuple[Axis | Pack, ...] = x.shape.axes[:-1] if isinstance(x.shape.axes[-1], Axis) else vague(x.shape).axes
    if weight.shape.rank == 1:
        shape = Shape(lead)
    else:
        shape = Shape((*lead, out if isinstance(out, Axis) else axis(fresh("F", "feature"))))
    y = multiplied(ctx, "linear", [x, weight], shape, "logits")
    return replace(y, contiguous=True if x.contiguous else None)


@call("torch.nn.functional.bilinear")
def bilinear(ctx: Ctx, args: Args) -> Value:
    x, weight = tensor(ctx, args), tensor(ctx, args, 2, "weight")
    if x is None or weight is None or not x.shape.axes or not isinstance(x.shape.axes[-1], Axis) or weight.shape.rank != 3:
        return UNKNOWN
    return replace(multiplied(ctx, "bilinear", [x, weight], Shape((*x.shape.axes[:-1], weight.shape.axes[0])), "logits"), contiguous=None)


@call("torch.nn.functional.embedding")
def embedding(ctx: Ctx, args: Args) -> Value:
    x, weight = tensor(ctx, args), tensor(ctx, args, 1, "weight")
    if x is None or weight is None:
        return UNKNOWN
    weight = exactly(ctx, weight, 2)
    width = weight.shape.axes[1] if weight.shape.rank == 2 else axis(fresh("D", "feature"))
    shape = Shape((*x.shape.axes, width))
    step = ctx.step("embedding", f"embedding -> {shape}", *steps(x, weight), shape=shape)
    fed = (x.origin,) if x.origin is not None else x.fed
    return Tensor(shape, dtype=weight.dtype, scale="embedding", contiguous=True, fed=fed, notes=x.notes, step=step)


@call("torch.cdist")
def cdist(ctx: Ctx, args: Args) -> Value:
    a, b = tensor(ctx, args, 0, "x1"), tensor(ctx, args, 1, "x2")
    if a is None or b is None or a.shape.rank is None or b.shape.rank is None or min(a.shape.rank, b.shape.rank) < 2:
        return UNKNOWN
    lead = broadcast(Shape(a.shape.axes[:-2]), Shape(b.shape.axes[:-2]))
    return replace(multiplied(ctx, "cdist", [a, b], Shape((*lead.axes, a.shape.axes[-2], b.shape.axes[-2]))), contiguous=None)


# einsum


@call("torch.einsum", "numpy.einsum")
def einsum(ctx: Ctx, args: Args) -> Value:
    raw = args.pos[1:]
    equation = text(read(ctx, args, "equation|subscripts")[0])
    first = ctx.get(raw[0]) if len(raw) == 1 else None
    if isinstance(first, Seq):
        raw = first.items or ()
    parts = [as_tensor(ctx, v) for v in raw]
    found = [p for p in parts if p is not None]
    if not found or len(found) != len(parts):
        return UNKNOWN
    shape = None if equation is None else _einsum(ctx, equation.replace(" ", ""), found)
    y = multiplied(ctx, "einsum", found, shape if shape is not None else vague(found[0].shape))
    return replace(y, contiguous=None)


def _einsum(ctx: Ctx, equation: str, parts: list[Tensor]) -> Shape | None:
    before, arrow, after = equation.partition("->")
    terms = before.split(",")
    if len(terms) != len(parts):
        return None
    known: dict[str, Axis] = {}
    dots: list[Shape] = []
    for term, x in zip(terms, parts, strict=True):
        letters = term.replace("...", ".")
        if "." not in letters:
            x = exactly(ctx, x, len(letters))
        axes = x.shape.axes
        cut = letters.find(".") if "." in letters else len(letters)
        tail = letters[cut + 1 :]
        if x.shape.pack is not None:
            if x.shape.axes.index(x.shape.pack) < cut or len(axes) - 1 - axes.index(x.shape.pack) < len(tail):
                return None
        elif len(axes) < len(letters.replace(".", "")) or ("." not in letters and len(axes) != len(letters)):
            return None
        dots.append(Shape(axes[cut : len(axes) - len(tail)]))
        for letter, a in (*zip(letters[:cut], axes, strict=False), *zip(tail, axes[len(axes) - len(tail) :], strict=False)):
            if not isinstance(a, Axis):
                return None
            if letter not in known or (known[letter].size is not None and known[letter].size == Dim.of(1)):
                known[letter] = a
    if not arrow:
        single = sorted(c for c in set(before) if c.isalpha() and before.count(c) == 1)
        after = ("..." if "..." in before else "") + "".join(single)
    after = after.replace("...", ".")
    out: list[Axis | Pack] = []
    for letter in after:
        if letter == ".":
            out.extend(broadcast(*dots).axes)
        elif letter in known:
            out.append(known[letter])
        else:
            return None
    return Shape(tuple(out))
