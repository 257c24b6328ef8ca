"""Assignments and expressions that stand alone: what is bound, written into or added up."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import axis, fresh
from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.uses import After
from shapeguard.analysis.facts.values import UNKNOWN, Args, Map, Num, Ref, Seq, Unknown, Value
from shapeguard.analysis.interpreter.expressions import operators
from shapeguard.analysis.interpreter.expressions.names import lookup
from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import outside
from shapeguard.analysis.interpreter.written import hinted
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.tensors import blanked
from shapeguard.analysis.reading import syntax as s


@statement(s.ExprStmt)
def run_expression(m: Machine, stmt: s.ExprStmt, frame: Frame) -> bool:
    """`f(x)` on a line of its own."""
    view = _copied_into(stmt.value)
    if view is not None and isinstance(m.get(m.value(view[0].obj, frame)), Tensor):
        m.assign(view[0], m.value(view[1], frame), frame)
        return True
    parted = _parted(stmt.value)
    if parted is not None and m.truth(m.value(parted[0], frame)) is None:
        _, then, other = parted
        with m.rounds.under_condition(), m.book.perhaps():
            return m.run_branches(lambda: m.value(then, frame) is not None, lambda: m.value(other, frame) is not None)
    m.value(stmt.value, frame)
    return True


@statement(s.Assign)
def run_assignment(m: Machine, stmt: s.Assign, frame: Frame) -> bool:
    """`a = b = value`, `a: T = value`."""
    if stmt.value is None:
        return True
    _unpacked_shape(m, stmt, frame)
    value = m.value(stmt.value, frame)
    with m.at(frame.module, stmt.at):
        value = hinted.hint_assign(m, stmt, value, frame)
    if frame.kind != "function" or isinstance(stmt.targets[0], s.Attr):
        m.trail.written(value, Site(frame.module, stmt.at))
    for target in stmt.targets:
        m.assign(target, value, frame)
    _bind_entry(m, stmt, frame)
    return True


def _bind_entry(m: Machine, stmt: s.Assign, frame: Frame) -> None:
    """`row = out[i]`: writing the row writes what it is of."""
    made, target = stmt.value, stmt.targets[0]
    if isinstance(made, s.Index) and len(made.items) == 1 and isinstance(made.obj, (s.Name, s.Attr)) and isinstance(target, s.Name):
        row = lookup(m, target.id, frame)
        if isinstance(made.items[0], (s.Name, s.Const)) and isinstance(m.get(row), Tensor):
            at = m.get(m.value(made.items[0], frame))
            if isinstance(at, Num):
                m.sharing.view_of(row, m.value(made.obj, frame), at)


def _unpacked_shape(m: Machine, stmt: s.Assign, frame: Frame) -> None:
    value, target = stmt.value, stmt.targets[0]
    if not isinstance(target, s.Sequence) or any(not isinstance(t, s.Name) for t in target.items):
        return
    if isinstance(value, s.Call) and not value.args and isinstance(value.func, s.Attr) and value.func.name == "size":
        obj = value.func.obj
    elif isinstance(value, s.Attr) and value.name == "shape":
        obj = value.obj
    else:
        return
    tensor = m.as_tensor(m.value(obj, frame))
    if tensor is None or tensor.shape.pack is None:
        return
    _name_axes(m, [t.id for t in target.items if isinstance(t, s.Name)], tensor)


def _name_axes(m: Machine, names: list[str], tensor: Tensor) -> None:
    """`B, T, V = x.shape` of a tensor of unknown rank: it has as many axes as there are names."""
    pack = tensor.shape.pack
    if pack is None:
        return
    need = len(names) - tensor.shape.min_rank
    if need < 0:
        return
    cut = tensor.shape.axes.index(pack)
    m.bind(pack, tuple(axis(fresh(n if n != "_" else "n")) for n in names[cut : cut + need]))


@statement(s.AugAssign)
def run_augmented(m: Machine, stmt: s.AugAssign, frame: Frame) -> bool:
    """`a += value`."""
    if stmt.op == "*" and isinstance(stmt.target, s.Index) and _rescaled(m, stmt.target, stmt.value, frame):
        return True
    left = m.value(stmt.target, frame)
    right = m.value(stmt.value, frame)
    with m.at(frame.module, stmt.at):
        _accumulated(m, right)
        facts, more = m.get(left), m.get(right)
        if stmt.op == "+" and isinstance(facts, Unknown) and isinstance(left, Ref) and outside.pads(m, right):
            facts = outside.take_for_list(m, left, right)
        if stmt.op == "+" and isinstance(facts, Seq) and facts.kind == "list" and isinstance(more, Seq) and len(more.items or ()) == 1:
            m.run_op(table.METHODS["list.extend"], Args((left, right)))
            return True
        value = operators.binary(m, stmt.op, left, right)
        if isinstance(facts, Seq) and facts.kind == "list" and isinstance(m.get(value), Seq):
            m.set(left, m.get(value))
            return True
        if stmt.op == "*" and _masked_in_place(m, left, right, value):
            return True
    m.assign(stmt.target, value, frame)
    return True


def _accumulated(m: Machine, value: Value) -> None:
    """A value was added onto a running total."""
    facts = m.get(value)
    if isinstance(facts, Tensor):
        m.kept.then(facts, After("accumulate", name="+="))


def _rescaled(m: Machine, target: s.Index, value: s.Expr, frame: Frame) -> bool:
    """`nll[pad] *= 0`: some of the losses are set to 0, or weighted, in place; False for anything else."""
    facts = m.get(m.value(target.obj, frame)) if isinstance(target.obj, (s.Name, s.Attr)) else UNKNOWN
    if not isinstance(facts, Tensor) or not facts.losses:
        return False
    by = m.get(m.value(value, frame))
    if not blanked.is_zero(by) and not any(isinstance(m.get(m.value(i, frame)), Tensor) for i in target.items):
        return False
    m.assign(target, by if blanked.is_zero(by) else UNKNOWN, frame)
    return True


def _masked_in_place(m: Machine, left: Value, right: Value, made: Value) -> bool:
    """`nll *= mask` also holds for whoever else has a hand on these losses; False for anything else."""
    losses, mask, now = m.get(left), m.get(right), m.get(made)
    if not isinstance(losses, Tensor) or not losses.losses or not isinstance(mask, Tensor) or mask.scale != "mask":
        return False
    if not isinstance(left, Ref) or not isinstance(now, Tensor):
        return False
    m.set(left, now)
    m.sharing.write_through(left, losses, now)
    return True


@statement(s.Delete)
def run_delete(m: Machine, stmt: s.Delete, frame: Frame) -> bool:
    """`del x`: what is gone is asked for no more."""
    for target in stmt.targets:
        if isinstance(target, s.Index) and len(target.items) == 1 and not isinstance(target.items[0], s.Slice):
            owner = m.value(target.obj, frame)
            if isinstance(m.get(owner), (Seq, Map)):
                m.call(m.attr(owner, "pop"), Args((m.value(target.items[0], frame),)))
        elif isinstance(target, s.Index):
            m.assign(target, UNKNOWN, frame)
    return True


def _copied_into(call: s.Expr) -> tuple[s.Index, s.Expr] | None:
    """`x[i, :n].copy_(ids)` and `x[i, n:].fill_(PAD)` as the place and what is written there."""
    if not (isinstance(call, s.Call) and isinstance(call.func, s.Attr) and call.func.name in ("copy_", "fill_") and call.args):
        return None
    place = call.func.obj
    named = isinstance(place, s.Index) and isinstance(place.obj, (s.Name, s.Attr))
    return (place, call.args[0].value) if isinstance(place, s.Index) and named and not call.args[0].star else None


def _parted(call: s.Expr) -> tuple[s.Expr, s.Expr, s.Expr] | None:
    """`xs.append(a if test else b)` as the test and a call for each side: a list knows what is put in it, a number does not."""
    if not (isinstance(call, s.Call) and isinstance(call.func, s.Attr) and call.func.name == "append" and len(call.args) == 1):
        return None
    value = call.args[0].value
    if not isinstance(value, s.Cond) or call.args[0].name is not None or call.args[0].star:
        return None
    then, other = (s.Call(call.at, call.func, [s.Arg(side)]) for side in (value.then, value.other))
    return value.test, then, other
