"""Tensors: their attributes, methods, entries and rows, and what is written into them."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import row_lengths
from shapeguard.analysis.facts.contents import Mask, Origin
from shapeguard.analysis.facts.join import by_rows
from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, BoundLib, Const, Num, Ref, SliceV, Value
from shapeguard.analysis.interpreter.language import attributes, items, iterates, lengths, methods, sets_item, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import loss_calls
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.common import side_by_side
from shapeguard.analysis.ops.python import list_writes
from shapeguard.analysis.ops.tensors import indexing

MANY = 32  # rows of a tensor that become a list of known items


@attributes(Tensor)
def attribute_of_tensor(m: Machine, x: Tensor, value: Value, name: str) -> Value:
    """`x.shape`, `x.T`, and what was written on it."""
    op = table.TENSOR_ATTRS.get(name)
    if op is not None:
        made = m.run_op(op, Args((value,)))
        m.sharing.share(made, value, name)
        return made
    if isinstance(value, Ref):
        stored = m.store.get(("a", ("r", value.id), name))
        if stored is not None:
            return stored
    return BoundLib(value, name)


@methods(Tensor)
def call_method_of_tensor(m: Machine, facts: Tensor, owner: Value, name: str, args: Args) -> Value:
    """`x.view(...)`, `x.masked_fill_(...)`."""
    if name == "backward":
        m.kept.note_backward(facts)
        return NONE
    full = Args((owner, *args.pos), args.kw, args.more)
    op = table.TENSOR_METHODS.get(name)
    if op is not None and not name.endswith("_"):
        return operate(m, name, op, full)
    if name.endswith("_") and not name.endswith("__") and (op := op or table.TENSOR_METHODS.get(name[:-1])) is not None:
        result = m.get(m.run_op(op, full))
        if isinstance(result, Tensor):
            m.set(owner, result)
            m.sharing.write_through(owner, facts, result)
        return owner
    return m.opaque(why=f"Tensor.{name} is not known")


def operate(m: Machine, name: str, op: table.Op, args: Args) -> Value:
    """An operation on a tensor, whichever form is written: `x.gather(-1, y)` and `torch.gather(x, -1, y)` alike."""
    owner = args.given(0, "input") or args.given(None, "a") or UNKNOWN  # NumPy calls it a
    facts = m.get(owner)
    made = m.run_op(op, args)
    if name and isinstance(facts, Tensor):
        made = loss_calls.after_op(m, name, facts, made)
        m.sharing.share(made, owner, name)
    return made


def index_tensor(m: Machine, x: Tensor, held: Value, indices: tuple[Value, ...]) -> Value:
    """`x[a, b]`."""
    picked = m.rounds.picked_by(indices)
    made = m.guarded(lambda: _picked(indexing.index(m, x, indices), x.picked + picked if picked else 0), *indices)
    if x.losses and not any(isinstance(m.get(i), Tensor) for i in indices):
        m.sharing.share(made, held, "[]")
    return made


@items(Tensor)
def item_of_tensor(m: Machine, x: Tensor, held: Value, index: Value) -> Value:
    """`x[i]` as an operation asks for it."""
    at = m.get(index)
    return m.guarded(lambda: indexing.index(m, x, (at,)), at)


@sets_item(Tensor)
def set_item_of_tensor(m: Machine, x: Tensor, held: Value, indices: tuple[Value, ...], new: Value) -> None:
    """`x[a, b] = new`: what is in it, and in what it is an entry of."""
    written = m.get(m.guarded(lambda: indexing.write(m, x, indices, new), *indices, new))
    written = _length_mask(m, x, written if isinstance(written, Tensor) else x, indices, new)
    at = m.get(indices[0])
    if len(indices) == 1 and isinstance(at, Num) and m.get(new) in (Num(Dim.of(0)), Const(0.0)):
        written = replace(written, zeroed=(*written.zeroed, at.dim))
    if len(indices) == 1 and not m.rounds.conditional:
        left = list_writes.entry_written(m, x, written, indices[0], new)
        written = left if isinstance(left, Tensor) else written
    written = _row_by_row(m, x, written, indices, new)
    m.set(held, written)
    m.sharing.write_through(held, x, written)
    if isinstance(held, Ref) and (whole := m.sharing.rows.get(held.id)) is not None:
        m.set_item(whole[0], (whole[1], *indices), new)  # a row is a view


def _row_by_row(m: Machine, before: Tensor, written: Tensor, indices: tuple[Value, ...], new: Value) -> Tensor:
    """`lengths[i] = len(row)` says that rows differ in length; `out[i, j] = id` leaves the rest of a shorter row as it was."""
    at, value = m.get(indices[0]), m.get(new)
    if len(indices) == 1 and before.shape.rank == 1 and isinstance(at, Num) and at.dim.const is None and isinstance(value, Num):
        row_lengths.note(value.dim, m.step("lengths", "the length of each row is written down"))
    return list_writes.cell_written(m, before, written, indices, new) if len(indices) == 2 else written


def _length_mask(m: Machine, before: Tensor, written: Tensor, items: tuple[Value, ...], new: Value) -> Tensor:
    """`mask = zeros(...)`, then `mask[i, :n] = 1` row by row: a mask of what lies within the lengths."""
    cut, value = m.get(items[-1]), m.get(new)
    if isinstance(cut, SliceV) and before.mask is not None and by_rows(before.mask) and isinstance(value, (Num, Const)):
        longer = _one_more(before.mask, _row_of(m, cut))
        return replace(written, mask=longer, scale="mask", value=None, fills=(), unpadded=True)  # one more row of it
    if not isinstance(cut, SliceV) or before.value is None or (written.mask is not None and before.mask is None):
        return written
    one, zero = (Num(Dim.of(1)), Const(True), Const(1.0)), (Num(Dim.of(0)), Const(False), Const(0.0))
    ends, starts = _loose(m, cut.hi), _loose(m, cut.lo)
    if isinstance(value, Tensor) and value.value is not None:
        value = Num(value.value)
    kept = before.value.const == 0 and value in one and cut.lo in (NONE, Num(Dim())) and ends
    dropped = before.value.const == 1 and value in zero and cut.hi == NONE and starts
    if not kept and not dropped:
        return written
    step = m.step("lengths", "marks what lies within each length", before.step, shape=before.shape)
    row = _row_of(m, cut)
    mask = Mask("lengths", "real", of=row, uid=uid(), step=step, rows=() if row is None else (row,))
    return replace(written, mask=mask, scale="mask", value=None, fills=(), unpadded=True, step=step)


def _row_of(m: Machine, cut: SliceV) -> Origin | None:
    """The ids whose length one row of a mask was marked with."""
    bound = m.get(cut.hi if cut.hi != NONE else cut.lo)
    return bound.of if isinstance(bound, Num) else None


def _one_more(mask: Mask, row: Origin | None) -> Mask:
    """A mask by lengths with one more row."""
    if row is None or not mask.rows:
        return replace(mask, of=None, rows=())
    rows = mask.rows if row in mask.rows else (*mask.rows, row)
    return replace(mask, of=side_by_side(rows), rows=rows)


def _loose(m: Machine, bound: Value) -> bool:
    facts = m.get(bound)
    return facts != NONE and not (isinstance(facts, Num) and facts.dim.const is not None)


@iterates(Tensor)
def iterate_tensor(m: Machine, x: Tensor, held: Value) -> Value:
    """`for row in x`."""
    return m.guarded(lambda: _picked(indexing.entry(m, x), x.picked + 1))


@truths(Tensor)
def truth_of_tensor(m: Machine, x: Tensor) -> bool | None:
    """What a tensor holds is not known."""
    return None


@lengths(Tensor)
def length_of_tensor(m: Machine, x: Tensor) -> Dim | None:
    """The size of its first axis."""
    first = x.shape.at(0)
    return None if first is None else first.size


def _picked(value: Value, loops: int) -> Value:
    return replace(value, picked=loops) if isinstance(value, Tensor) and value.picked != loops else value
