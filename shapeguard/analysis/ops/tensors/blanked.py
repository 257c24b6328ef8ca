"""Losses of which some entries are written over: those that become 0, as where the padding stands, count no more."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import After, Const, Mask, Note, Num, SliceV, Step, Tensor, Uses, Value, uid
from shapeguard.analysis.ops.common import after, is_none, number, steps
from shapeguard.analysis.ops.table import Ctx
from shapeguard.analysis.ops.tensors.cuts import is_mask

# methods whose result shares its memory with the tensor; the second group only where no copy is needed
VIEWS = frozenset("view view_as squeeze unsqueeze transpose swapaxes t permute movedim detach unflatten".split())
PERHAPS_VIEWS = frozenset("reshape reshape_as flatten ravel contiguous".split())
_LINKS = 8  # how many things done to a loss are looked back at


def is_zero(value: Value | None) -> bool:
    """Whether it is 0 wherever one looks: a number, zeros, a loss times 0."""
    if isinstance(value, Const):
        return value.value is False or (isinstance(value.value, float) and value.value == 0)
    if isinstance(value, Tensor) and value.losses is not None:
        last = value.losses.what
        return last is not None and last.op == "times" and last.factor and last.number == 0
    return number(value) == Dim()


def blanked(x: Tensor, mask: Mask | None, new: Value | None, step: Step) -> Tensor:
    """The losses of a tensor after `new` was put where a mask is true (None: it is not known where)."""
    if not is_zero(new):
        return after(x, After("other", name="fill", only=mask, step=step))
    what = After("times", mask=mask.inverted() if mask is not None else None, name="set to 0", step=step)
    again = x.losses is not None and x.losses.what == what  # what is 0 already is not made 0 again: in a loop over the rows
    return x if again else after(x, what)


def zeroed(x: Tensor, mask: Mask | None, new: Value | None, step: Step) -> tuple[Note, ...]:
    """The notes of log-probabilities, or of the chances that a draw is made with, after `new` was put where a mask is true."""
    rows = x.part is not None and x.part.kind == "one-hot"  # of a distribution: what is scored on a row of zeros costs nothing either
    chance = x.scale == "" and x.step is not None and (x.step.kind == "full" or any(n.step is x.step for n in x.notes))
    if (x.scale != "log_probs" and not rows and not chance) or not is_zero(new):
        return x.notes
    return (*x.notes, Note("zeroed", step, mask.inverted() if mask is not None else Mask("given", "unknown", step=step)))


def per_entry(mask: Tensor) -> Mask | None:
    """What a mask says of single entries: nothing where it is one flag for all, as `torch.isnan(loss)` of a mean."""
    return mask.mask if mask.shape.axes else None


def fill_step(ctx: Ctx, x: Tensor, *by: Value | None) -> Step:
    """The step of such a write."""
    return ctx.step("blank", f"some entries become others, {x.shape}", *steps(x, *by), shape=x.shape)


def written_over(ctx: Ctx, x: Tensor, found: list[Value], new: Value) -> Tensor:
    """Losses after `x[found] = new`."""
    step = fill_step(ctx, x, *found)
    picks = [f for f in found if isinstance(f, Tensor)]
    if len(found) == 1 and picks and is_mask(picks[0]):
        return blanked(replace(x, step=step), per_entry(picks[0]), new, step)
    kept = [n.mask for f in picks if (n := f.note("rows-filtered"))]
    if kept and len(kept) == len(found):
        return blanked(replace(x, step=step), kept[0] if kept[:1] * len(kept) == kept else None, new, step)
    if all(map(_fixed, found)) or (len(found) == 2 == x.shape.rank and _fixed(found[1])):
        return x  # a column, a row: not where some ids stand
    if is_zero(new) and _behind(found[-1]):
        made = ctx.step("lengths", "what lies behind the lengths is set to 0", x.step, shape=x.shape)
        return blanked(replace(x, step=step), Mask("lengths", "pad", uid=uid(), step=made), new, step)
    return blanked(replace(x, step=step), None, new, step)


def _fixed(f: Value) -> bool:
    """Whether an index is written out: `0`, `1:`, `-1`, `...`."""
    if isinstance(f, SliceV):
        return all(is_none(v) or (isinstance(v, Num) and v.dim.const is not None) for v in (f.lo, f.hi, f.step))
    return (isinstance(f, Num) and f.dim.const is not None) or isinstance(f, Const)


def _behind(f: Value) -> bool:
    """`n:` with an n that is not written out: the end of a row."""
    return isinstance(f, SliceV) and is_none(f.hi) and not _fixed(f)


def made_of(done: Uses, plain: Uses) -> bool:
    """Whether losses are others to which something was done: `nll * weight` is made of `nll`."""
    for _ in range(_LINKS):
        if done is plain or done.what is None:
            break
        done = done.parents[0]
    return done is plain


def partly(plain: Uses, done: Uses, only: Mask | None, step: Step) -> Uses:
    """Losses of which those where a mask is true (None: it is not known where) are what was made of them, and the others as they were."""
    there = After("times", name="where", only=only, step=step)
    return Uses((plain.then(there), done.then(After("part", step=step))))


def taken_off(whole: Uses, part: Uses) -> Uses | None:
    """`nll.sum() - nll[pad].sum()`: what is left of losses when those that a mask keeps are subtracted; None where it is not that."""
    since: dict[Uses, list[After]] = {whole: []}  # what was done to the whole since it was this
    at = whole
    while at.what is not None and len(since) < _LINKS:
        since[at.parents[0]] = [at.what, *since[at]]
        at = at.parents[0]
    done: list[After] = []
    while part not in since and part.what is not None and len(done) < _LINKS:
        done.insert(0, part.what)
        part = part.parents[0]
    marked = [i for i, a in enumerate(done) if a.op in ("times", "select") and a.mask is not None]
    if len(marked) != 1 or part not in since or [a for i, a in enumerate(done) if i not in marked] != since[part]:
        return None
    for i, a in enumerate(done):
        part = part.then(replace(a, op="times", mask=a.mask.inverted()) if i in marked and a.mask is not None else a)
    return part
