"""Cross entropies that are written by hand: what is picked, weighed and subtracted until it is one."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape
from shapeguard.analysis.facts.tensors import Part, Spread, Written
from shapeguard.analysis.facts.values import Const, Fill, Mask, Note, Num, Seq, Step, Tensor, Value
from shapeguard.analysis.ops.table import Ctx

_CUT = 4  # positions that a shift may take off a row


def class_place(x: Tensor) -> int | None:
    """Which axis holds the classes: the one that a softmax ran over, else the last; None where that is not known."""
    if x.norm is not None:
        return x.shape.axes.index(x.norm) if x.norm in x.shape.axes else None
    return len(x.shape.axes) - 1 if x.shape.axes and isinstance(x.shape.axes[-1], Axis) else None


def over_classes(x: Tensor, dim: int | None) -> bool:
    """Whether an axis is one that may hold the classes: the last, or the one that a softmax ran over."""
    if dim is None or not x.shape.axes:
        return False
    rank = x.shape.rank
    if rank is None:
        return dim == -1 or x.norm is None
    return dim % rank in (class_place(x), rank - 1)


def _classes_last(x: Tensor, dim: int | None) -> Tensor:
    """x with the axis at which it is picked as its last one, as rules read it."""
    rank = x.shape.rank
    if dim is None or rank is None or dim % rank == rank - 1:
        return x
    at = dim % rank
    return replace(x, shape=Shape((*x.shape.axes[:at], *x.shape.axes[at + 1 :], x.shape.axes[at])))


def over_spread(x: Tensor, dim: int) -> bool:
    """Whether an axis is the one over which losses are yet to be added up."""
    if isinstance(x.spread, Axis) and x.shape.rank is not None and x.spread in x.shape.axes:
        return dim % x.shape.rank == x.shape.axes.index(x.spread)
    return dim == -1 or (x.shape.rank is not None and dim == x.shape.rank - 1)


def picked(ctx: Ctx, x: Tensor, ids: Tensor, y: Tensor, name: str, dim: int | None = None) -> Tensor:
    """y is what was picked of x at ids, one entry a position, from the classes along an axis."""
    if x.losses or _drawn(ids, x):
        return y
    minus = x.part is not None and x.part.kind == "scores"
    scores = _classes_last((x.part.scores if minus and x.part is not None else None) or x, dim)
    if scores.scale == "log_probs":
        return ctx.by_hand(Written(name, "gather", scores, ids, "log_probs", minus), y)
    if not minus and x.scale in ("probs", "logits", "embedding", "") and x.dtype in ("", "float", "half", "double"):
        return replace(y, part=Part("picked", scores, ids, name))
    return replace(y, part=None)


def _drawn(ids: Tensor, x: Tensor) -> bool:
    """Whether ids were drawn from the very scores at which they are picked, as in a search: they are no targets."""
    root = _root(x.step) or x.step
    return root is not None and ids.step is not None and _leads(root, ids.step)


def picked_along(ctx: Ctx, x: Tensor, ids: Tensor, dim: int | None, y: Tensor, name: str) -> Tensor:
    """As `picked`, of a gather along an axis: only where it may be that of the classes, and one of them is picked a position."""
    last = ids.shape.at(dim) if dim is not None and ids.shape.rank is not None and -ids.shape.rank <= dim < ids.shape.rank else None
    several = isinstance(last, Axis) and last.size is not None and (last.size.const or 1) > 1
    if not over_classes(x, dim) or several:
        return replace(y, part=None)
    return picked(ctx, x, ids if last is None else _classes_last(ids, dim), y, name, dim)


def picked_by_index(ctx: Ctx, x: Tensor, found: list[Value], y: Tensor) -> Tensor:
    """`log_probs[arange(n), ids]`: as `picked`, where the last index is of ids and stands at the classes."""
    if x.scale not in ("log_probs", "probs", "logits") and not (x.part is not None and x.part.kind == "scores"):
        return y
    *ahead, ids = found
    if not ahead or not isinstance(ids, Tensor) or ids.scale == "mask" or not ids.shape.axes or x.shape.rank not in (None, len(found)):
        return y
    if ids.dtype not in ("", "int64", "int32", "int"):
        return y
    whole = all(_counts(f) for f in ahead)
    if not whole and not all(isinstance(f, Tensor) for f in ahead):
        return y
    if whole:
        y = replace(y, notes=tuple(n for n in y.notes if n.kind != "half-rows" or n in x.notes))
    elif y.step is not None:
        ids = replace(ids, notes=(*ids.notes, Note("half-rows", y.step)))  # which of the rows is not known
    return picked(ctx, x, ids, replace(y, scale=x.scale), "log_probs[ids]" if x.scale == "log_probs" else "scores[ids]")


def _counts(f: Value) -> bool:
    """Whether an index goes over all rows in order: `arange(n)`, `arange(n)[:, None]`, `range(n)`."""
    if isinstance(f, Seq):
        return f.first == Dim()
    return isinstance(f, Tensor) and f.step is not None and any(s.kind == "arange" for s in f.step.history())


def logarithm(ctx: Ctx, x: Tensor, y: Tensor) -> Tensor:
    """y is the logarithm of x: of picked probabilities it is a log-probability."""
    part = x.part
    if part is None or part.kind != "picked" or part.scores is None or part.ids is None:
        return y
    if part.scores.scale not in ("probs", "logits"):
        return y
    return ctx.by_hand(Written(f"log({part.name})", "gather", part.scores, _kept(part.ids, x), "probs", part.minus), y)


def _kept(ids: Tensor, x: Tensor) -> Tensor:
    """Ids with what was selected of x, which was picked at them."""
    rows = tuple(n for n in x.notes if n.kind == "rows-filtered" and n not in ids.notes)
    return replace(ids, notes=(*ids.notes, *rows)) if rows else ids


def difference(ctx: Ctx, a: Tensor, b: Tensor, y: Tensor) -> Tensor | None:
    """`logsumexp(logits) - picked`, either way round; None where it is not that."""
    for whole, one, negated in ((a, b, True), (b, a, False)):
        if whole.part is None or one.part is None or whole.part.kind != "logsumexp" or one.part.kind != "picked":
            continue
        scores, ids = one.part.scores, one.part.ids
        if scores is None or ids is None or not _one_source(whole.part.scores, scores):
            continue
        name = f"logsumexp - {one.part.name}"
        return ctx.by_hand(Written(name, "gather", scores, _kept(ids, one), "logits", negated), y)
    return None


def joined(ctx: Ctx, op: str, a: Tensor, b: Tensor, y: Tensor) -> Tensor:
    """y, which arithmetic of two tensors gave: a loss, a part of one, or neither."""
    if op == "*":
        return weighed(ctx, a, b, y) or y
    if op == "-":
        return difference(ctx, a, b, y) or y
    part = added(op, a, b)
    return y if part is None else replace(y, part=part)


def _one_source(a: Tensor | None, b: Tensor) -> bool:
    return a is not None and (a is b or (a.step is not None and a.step is b.step) or (a.step is None and b.step is None and a == b))


def weighed(ctx: Ctx, a: Tensor, b: Tensor, y: Tensor) -> Tensor | None:
    """`p * log_probs`, written out over the classes; None where it is not that."""
    for scores, p in ((a, b), (b, a)):
        minus = scores.part is not None and scores.part.kind == "scores"
        held = scores.part.scores if minus and scores.part is not None else scores
        if held is None or held.scale != "log_probs":
            continue
        negated = minus != (p.part is not None and p.part.minus)
        target = distribution(held, p)
        if target is None:
            return None
        ids, family = target
        spread: Spread = held.norm if held.norm is not None and held.norm in y.shape.axes else "last"
        held = _classes_last(held, class_place(held)) if family == "gather" else held
        name = "one_hot * log_probs" if family == "gather" else "p * log_probs"
        return ctx.by_hand(Written(name, "gather" if family == "gather" else "soft", held, ids, "log_probs", negated, spread), y)
    return None


def distribution(scores: Tensor, p: Tensor) -> tuple[Tensor, str] | None:
    """What log-probabilities are weighed with, as the targets of a loss: ids, or a distribution of its own; None where it is neither.

    The distribution that they are the logarithms of makes an entropy, and no loss.
    """
    if p.part is not None and p.part.kind == "one-hot" and p.part.ids is not None:
        zeroed = tuple(n for n in p.notes if n.kind == "zeroed")
        return replace(p.part.ids, notes=(*p.part.ids.notes, *zeroed)), "gather"
    if p.scale != "probs" and not (p.part is not None and p.part.scores is not None and p.part.scores.scale == "probs"):
        return None
    q = p.part.scores if p.part is not None and p.part.kind == "scores" and p.part.scores is not None else p
    own, other = _root(scores.step), _root(q.step)
    if own is None or other is None or _leads(own, other) or _leads(other, own):
        return None
    return soft(scores, q), "soft"


def _root(step: Step | None) -> Step | None:
    """The step before the softmax that made (log-)probabilities; None where none was seen."""
    found = next((s for s in reversed(step.history()) if s.kind in ("softmax", "log_softmax")), None) if step is not None else None
    return found.parents[0] if found is not None and found.parents else None


def _leads(a: Step, b: Step) -> bool:
    return any(s is a for s in b.history())


def soft(scores: Tensor, p: Tensor) -> Tensor:
    """A distribution as targets: padded where the ids were that both it and the scores were made of."""
    rows = [a for i, a in enumerate(scores.shape.axes) if i != class_place(scores)]
    fills = p.fed_fills if len({f.source for f in p.fed}) == 1 and p.fed == scores.fed else ()
    return replace(p, fills=tuple(f for f in fills if _positions_of(f, Shape(tuple(rows)))), unpadded=False, origin=None)


def _positions_of(fill: Fill, rows: Shape) -> bool:
    """Whether the rows of a loss are the positions of padded ids, perhaps without a few at an end."""
    here, there = _parts(rows), _parts(fill.step.shape) if fill.step.shape is not None else None
    if here is None or there is None or not len(here) == len(there) == 2 or here[0] != there[0]:
        return False
    left = (there[1] - here[1]).const
    return left is not None and 0 <= left <= _CUT


def _parts(shape: Shape) -> list[Dim] | None:
    """The sizes of all axes, those that were flattened apart; None where one is not known."""
    parts = [p for a in shape.axes for p in (a.parts if isinstance(a, Axis) and not a.mixed else (a,))]
    return [p for p in parts if isinstance(p, Dim)] if all(isinstance(p, Dim) for p in parts) else None


# rows with their mass at ids


def is_flat(x: Tensor) -> bool:
    """Whether every entry is one number: zeros, a share of the smoothing."""
    return x.value is not None or (x.part is not None and x.part.kind == "flat")


def scaled(op: str, x: Tensor, other: Value, turned: bool) -> Part | None:
    """What is left of a part after arithmetic with a number: `one_hot * 0.9 + 0.1 / V`."""
    part = x.part
    if part is None:
        return None
    if part.kind in ("picked", "logsumexp"):  # `(p + 1e-9).log()`
        small = isinstance(other, Const) and isinstance(other.value, float) and 0 < other.value < 1e-3
        return part if op == "+" and small else None
    if part.kind == "scores" or (isinstance(other, Tensor) and other.shape.axes):
        return None
    if op in ("*", "+") or (op in ("/", "-") and not turned):
        return replace(part, minus=not part.minus) if op == "*" and isinstance(other, Num) and other.dim == Dim.of(-1) else part
    if op == "-" and turned:
        return Part("others", None, part.ids) if part.kind == "one-hot" else part if part.kind == "flat" else None
    return None


def added(op: str, a: Tensor, b: Tensor) -> Part | None:
    """What two such rows are when they are added: those of the same ids still have their mass there."""
    if op != "+" or not (a.part or is_flat(a)) or not (b.part or is_flat(b)):
        return None
    kinds = {p.part.kind if p.part is not None else "flat" for p in (a, b)}
    hot_ones = [p.part for p in (a, b) if p.part is not None and p.part.kind in ("one-hot", "others")]
    if not hot_ones or not kinds <= {"one-hot", "others", "flat"} or "one-hot" not in kinds or len({id(p.ids) for p in hot_ones}) > 1:
        return None
    return next(p for p in hot_ones if p.kind == "one-hot")


def negated(x: Tensor) -> Part | None:
    """What minus a tensor is."""
    if x.part is not None and x.part.kind in ("one-hot", "picked"):
        return replace(x.part, minus=not x.part.minus)
    if x.scale in ("log_probs", "probs"):
        return Part("scores", x, minus=True)
    return x.part.scores.part if x.part is not None and x.part.kind == "scores" and x.part.scores is not None else None


def zeroed_rows(x: Tensor, mask: Mask | None, step: Step) -> tuple[Note, ...]:
    """The notes of rows of which those where a mask is true became 0."""
    return (*x.notes, Note("zeroed", step, mask.inverted() if mask is not None else Mask("given", "unknown", step=step)))
