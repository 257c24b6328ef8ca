"""Which axis of a loss call is which: positions, classes, and the pairs of shapes that do not belong together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Part, Same, Shape, axis, same_shape
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import LossCall, Origin, Tensor

_FLOATS = ("float", "half", "double")
BATCH_FIRST = ("batch", "time")
_TORCH = ("cross_entropy", "nll")  # the families that read axis 1 as the classes; the others read the last one

# sizes


def above_zero(size: Dim) -> bool:
    """Whether a polynomial is positive for all sizes, where a time axis has at least two steps and any other axis one.

    >>> above_zero(Dim.of(3)), above_zero(Dim.of(0))
    (True, False)
    """
    moved = Dim()
    for mono, coeff in size.terms:
        term = Dim.of(coeff)
        for sym in mono:
            term = term * (Dim.of(sym) + (2 if sym.role == "time" else 1))
        moved = moved + term
    return bool(moved.terms) and moved.terms[0][0] == () and all(c > 0 for _, c in moved.terms)


def _unequal(a: Axis, b: Axis) -> bool:
    """Whether two axes certainly differ in size."""
    x, y = a.size, b.size
    return x is not None and y is not None and (above_zero(x - y) or above_zero(y - x))


def flat(axes: Iterable[Axis | Pack]) -> tuple[Part, ...]:
    """The parts of axes, in order; axes of size 1 are left out.

    >>> [str(part) for part in flat(padded.targets.shape.axes)]
    ['B', 'T-1']
    """
    parts = [p for a in axes for p in ((a,) if isinstance(a, Pack) else a.parts)]
    return tuple(p for p in parts if not (isinstance(p, Dim) and p.const == 1))


# which axis is which

_MOVES: frozenset[StepKind] = frozenset(("transpose", "permute", "movedim", "rearrange"))
_FLATTENING: frozenset[StepKind] = frozenset(("view", "reshape", "flatten"))


def rows_of(loss: LossCall) -> tuple[Axis | Pack, ...] | None:
    """The axes of the logits that count positions, as this loss reads them; None where its class axis is not known.

    >>> [str(axis) for axis in rows_of(padded)], rows_of(selected)
    (['B', 'T-1'], None)
    """
    at = _class_index(loss)
    return None if at is None else tuple(a for i, a in enumerate(loss.logits.shape.axes) if i != at)


def of_sequences(loss: LossCall) -> bool:
    """Whether the loss is seen to be one of positions in rows: (B, T, V) moved to (B, V, T), or flattened from more axes than one.

    >>> of_sequences(padded)
    True
    """
    shape = loss.logits.shape
    if shape.rank == 2:
        if loss.logits.step is not None and loss.logits.step.kind in _FLATTENING:
            return True
        rows = rows_of(loss) or ()
        return any(isinstance(a, Axis) and (a.mixed or len(a.parts) > 1 or any(isinstance(p, Pack) for p in a.parts)) for a in rows)
    steps = loss.logits.step.history() if loss.logits.step is not None else ()
    return shape.min_rank == 3 and (shape.rank == 3 or any(step.kind in _MOVES for step in steps))


def class_axis(loss: LossCall) -> Axis | None:
    """The axis of the logits that this loss reads as classes. None where that is not known.

    >>> str(class_axis(padded)), class_axis(selected)
    ('20', None)
    """
    at = _class_index(loss)
    found = None if at is None else loss.logits.shape.axes[at]
    return found if isinstance(found, Axis) else None


def positions(loss: LossCall) -> tuple[Axis | Pack, ...]:
    """The axes of the targets that count positions: all of them, save the classes of soft targets.

    >>> [str(axis) for axis in positions(padded)]
    ['B', 'T-1']
    """
    axes = loss.targets.shape.axes
    at = _class_index(loss)
    if loss.family == "gather" and len(axes) == len(loss.logits.shape.axes) > 1 and axes[-1] == axis(1):
        return axes[:-1]  # `ids.unsqueeze(-1)`, as gather takes them
    return tuple(a for i, a in enumerate(axes) if i != at) if (is_soft(loss) or loss.family == "soft") and at is not None else axes


def is_soft(loss: LossCall) -> bool:
    """Whether the targets are class probabilities of the logits' own shape.

    >>> is_soft(padded)
    False
    """
    t = loss.targets
    floats = t.scale in ("probs", "log_probs", "logits", "sigmoid", "one_hot") or t.dtype in _FLOATS
    return loss.family == "cross_entropy" and floats and t.shape.rank is not None and t.shape.rank == loss.logits.shape.rank


def _class_index(loss: LossCall) -> int | None:
    """Where the class axis stands among the axes of the logits; None where that is not known."""
    shape = loss.logits.shape
    if loss.family == "model" or not shape.axes:
        return None
    if loss.family == "soft" and loss.logits.norm in shape.axes:
        return next(i for i, a in enumerate(shape.axes) if a == loss.logits.norm)
    if loss.family not in _TORCH:
        return len(shape.axes) - 1 if isinstance(shape.axes[-1], Axis) else None
    if shape.rank == 1:
        return 0
    return 1 if len(shape.axes) > 1 and not any(isinstance(a, Pack) for a in shape.axes[:2]) else None


def classes_last(loss: LossCall) -> bool:
    """Whether the logits are (B, T, V) beside targets (B, T): the classes stand last, and this loss reads axis 1.

    >>> classes_last(padded), classes_last(unflattened)
    (False, True)
    """
    logits, targets = loss.logits.shape, loss.targets.shape
    if loss.family not in _TORCH or logits.min_rank < 3 or not isinstance(logits.axes[-1], Axis):
        return False
    if is_soft(loss):
        norm = loss.targets.norm
        return loss.logits.shape.rank == 3 and norm is not None and norm == targets.at(-1) and norm != targets.at(1)
    ahead = Shape(logits.axes[:-1])
    if any(isinstance(a, Axis) and a.mixed for a in logits.axes) or (_reads_alike(logits, targets) is Same.YES and not _of_linear(loss)):
        return False
    known = same_shape(ahead, targets)
    return known is Same.YES or (known is Same.MAYBE and roles_of(ahead.axes) == roles_of(targets.axes) == ("batch", "time"))


def _of_linear(loss: LossCall) -> bool:
    """Whether the logits come straight out of a Linear, whose classes stand last also where another axis has their size."""
    return loss.logits_step is not None and loss.logits_step.kind == "linear"


def roles_of(axes: Iterable[Axis | Pack]) -> tuple[str, ...]:
    """The roles of the parts of axes: ("batch", "time") of (B, T) and of B.T.

    >>> roles_of(padded.targets.shape.axes)
    ('batch', 'time')
    """
    return tuple(p.role if isinstance(p, Dim) else "" for p in flat(axes))


def _reads_alike(logits: Shape, targets: Shape) -> Same:
    """Whether the shapes fit when axis 1 of the logits holds the classes."""
    return same_shape(Shape(logits.axes[:1] + logits.axes[2:]), targets)


def counts_differ(loss: LossCall) -> bool:
    """Whether logits and targets certainly hold different numbers of positions (and neither is a form of its own fault).

    >>> counts_differ(padded)
    False
    """
    logits, targets = loss.logits, loss.targets
    if loss.family not in _TORCH or classes_last(loss) or is_soft(loss) or wrong_form(loss) or scrambled(loss) or swapped(loss):
        return False
    a, b = logits.shape, targets.shape
    if a.dims is None or b.dims is None:
        return False
    if len(b.dims) != max(len(a.dims) - 1, 0):
        return _is_ids(targets) or len(b.dims) != len(a.dims)
    rows = rows_of(loss)
    if rows is None:
        return False
    pairs = [(x, y) for x, y in zip(rows, b.dims, strict=True) if isinstance(x, Axis)]
    if any(_unequal(x, y) for x, y in pairs):
        return sorted(map(repr, flat(rows))) != sorted(map(repr, flat(b.axes)))  # the same ones in another order: not a count
    return len(pairs) == 1 and _one_side_filtered(logits, targets)


def _one_side_filtered(logits: Tensor, targets: Tensor) -> bool:
    for one, other in ((targets, logits), (logits, targets)):
        note = one.note("rows-filtered")
        if note is None or other.note("rows-filtered") or other.note("half-rows"):
            continue
        left = other.shape.at(0)
        whole = left.size if left else None
        before = [s.shape.numel for p in note.step.parents for s in p.history() if s.shape is not None]
        if one is logits and whole is not None:
            cls = one.shape.at(-1)
            size = cls.size if cls else None
            whole = whole * size if size is not None else None
        if whole is not None and any(n == whole for n in before):
            return True
    return False


def _is_ids(t: Tensor) -> bool:
    return t.scale in ("ids", "mask") or t.dtype in ("int64", "int32", "int", "uint8", "bool")


def wrong_form(loss: LossCall) -> Literal["", "one-hot", "float", "extra axis", "int32", "packed"]:
    """In which form targets come that must be class indices, one a position. "" where it is that form, or nothing can be said.

    >>> wrong_form(padded)
    ''
    """
    logits, t = loss.logits.shape, loss.targets
    if loss.family in ("model", "gather", "soft") or loss.logits.scale == "ids":
        return ""  # gather takes indices of the scores' own rank
    if t.note("packed-whole"):
        return "packed"
    if (t.scale == "one_hot" or t.note("one-hot")) and t.dtype not in _FLOATS:
        return "one-hot"
    if logits.rank is None or t.shape.rank is None:
        return ""
    if t.shape.rank == logits.rank - 1 and t.dtype in _FLOATS and t.scale not in ("probs", "logits", "log_probs"):
        return "float"
    if t.shape.rank == logits.rank >= 2 and t.dtype not in _FLOATS and _is_ids(t):
        ends = [t.shape.at(-1), t.shape.at(1)]
        if any(a is not None and a.size is not None and a.size.const == 1 for a in ends):
            return "extra axis"
    return "int32" if t.dtype == "int32" and t.scale == "ids" and t.shape.rank == logits.rank - 1 else ""


def scrambled(loss: LossCall) -> Tensor | None:
    """The side whose axes a view or reshape regrouped out of order. None where no side is.

    >>> scrambled(padded) is None
    True
    """
    for side in (loss.logits, loss.targets):
        if side.note("mixed-axes") and any(isinstance(a, Axis) and a.mixed for a in side.shape.axes):
            return side
    return None


def crossed(loss: LossCall) -> bool:
    """Whether the positions of the logits run in another order than those of the targets.

    >>> crossed(padded)
    False
    """
    rows = rows_of(loss)
    return rows is not None and not classes_last(loss) and not scrambled(loss) and _crossed(rows, positions(loss))


def _crossed(here: tuple[Axis | Pack, ...], there: tuple[Axis | Pack, ...]) -> bool:
    """Whether the same sizes, or the same roles, stand in another order; or one that both have stands first here and second there."""
    rows, targets = flat(here), flat(there)
    if len(rows) != len(targets) or len(rows) < 2 or rows == targets or not all(isinstance(p, Dim) for p in (*rows, *targets)):
        return False
    if sorted(map(repr, rows)) == sorted(map(repr, targets)) or {roles_of(here), roles_of(there)} == {BATCH_FIRST, BATCH_FIRST[::-1]}:
        return True
    (a, b), (c, d) = (rows[:2], targets[:2]) if len(rows) == 2 else ((0, 0), (0, 0))
    sides = ((a, d, b, c), (b, c, a, d))  # one size of the logits, that of the targets across from it, and the other two
    return any(x == y and isinstance(x, Dim) and x.const is None and p not in (q, x) and q != x for x, y, p, q in sides)


def misshapen(loss: LossCall) -> bool:
    """Whether the shapes or dtypes of logits and targets already tell a fault of their own (SG101 to SG108).

    >>> misshapen(padded), misshapen(unflattened)
    (False, True)
    """
    forms = classes_last(loss) or counts_differ(loss) or swapped(loss) or crossed(loss) or bool(wrong_form(loss) or scrambled(loss))
    high, classes = loss.targets.high, class_axis(loss)
    above = high is not None and classes is not None and classes.size is not None and above_zero(high - classes.size)
    kinds = ("misread-batch", "view-noncontiguous")
    return forms or above or any(n.kind in kinds for side in (loss.logits, loss.targets) for n in side.notes)


def swapped(loss: LossCall) -> bool:
    """Whether the targets came first: ids where the logits belong, or a teacher's probabilities beside a student's raw logits.

    >>> swapped(padded)
    False
    """
    first, second = loss.logits, loss.targets
    if loss.family == "model":
        return False
    if first.scale in ("ids", "one_hot") or first.dtype in ("int64", "int32", "int", "uint8", "bool"):
        return second.scale in ("logits", "log_probs", "probs") or second.dtype in _FLOATS
    return first.scale == "probs" and second.scale == "logits"


def wrong_softmax(loss: LossCall) -> bool:
    """Whether the scores were normalised over an axis that counts positions.

    >>> wrong_softmax(padded)
    False
    """
    if loss.logits.note("softmax-axis"):
        return True
    norm, classes, rows = softmax_axis(loss), class_axis(loss), rows_of(loss)
    if classes_last(loss):  # which axis the loss reads is a fault of its own
        *ahead, last = loss.logits.shape.axes
        classes, rows = last if isinstance(last, Axis) else None, tuple(ahead)
    if norm is None or classes is None or rows is None or norm.parts == classes.parts:
        return False
    return any(isinstance(p, Dim) and p.const != 1 for p in norm.parts) and set(norm.parts) <= set(flat(rows))


def softmax_axis(loss: LossCall) -> Axis | None:
    """The axis that the softmax ran over; without dim torch takes axis 0 of 0, 1 and 3 axes, and axis 1 of any other number.
    None where there was no softmax, or its axis is not known.

    >>> softmax_axis(padded) is None
    True
    """
    note = loss.logits.note("implicit-softmax-dim")
    if loss.logits.norm is not None or note is None or note.step.shape is None or note.step.shape.rank is None:
        return loss.logits.norm
    return note.step.shape.at(0 if note.step.shape.rank in (0, 1, 3) else 1)


# the shift


def offsets(loss: LossCall) -> tuple[tuple[Dim, Origin], ...]:
    """How many positions the targets are ahead of the ids that made the logits, for each such source that is their own.

    >>> [str(ahead) for ahead, fed in offsets(padded)]
    ['1']
    """
    mine = loss.targets.origin
    if mine is None:
        return ()
    return tuple((mine.start - fed.start, fed) for fed in dict.fromkeys(loss.logits.fed) if fed.source == mine.source)


def is_next_token(loss: LossCall) -> bool:
    """Whether a model that sees only the past is scored on the very ids that it was fed.

    >>> is_next_token(padded), is_next_token(selected)
    (True, False)
    """
    causal = loss.causal if loss.causal is not None else loss.logits.note("causal") is not None
    sees_more = loss.logits.note("bidirectional") or loss.logits.note("mixed-time")
    return causal and not sees_more and bool(offsets(loss))
