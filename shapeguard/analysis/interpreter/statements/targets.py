"""What may stand on the left of `=`: attributes, items, and several things at once. Names are in `expressions/names.py`."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Axis, Dim, fresh
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Func, Inst, Map, Num, Seq, Unknown, Value
from shapeguard.analysis.interpreter.language import target
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import named_losses
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import functions, lineage, tensors
from shapeguard.analysis.ops.tensors import indexing
from shapeguard.analysis.reading import syntax as s


@target(s.Attr)
def assign_attribute(m: Machine, left: s.Attr, value: Value, frame: Frame) -> None:
    """`x.name = value`."""
    named_losses.named(m, left.name, value)
    m.set_attr(m.value(left.obj, frame), left.name, value)


@target(s.Index)
def assign_item(m: Machine, left: s.Index, value: Value, frame: Frame) -> None:
    """`x[i] = value`, `x[i][j] = value`."""
    obj = m.value(left.obj, frame)
    if isinstance(left.obj, s.Index) and len(left.obj.items) == 1 and isinstance(left.obj.obj, (s.Name, s.Attr)):
        at = m.value(left.obj.items[0], frame)
        if isinstance(m.get(at), Num):
            m.sharing.view_of(obj, m.value(left.obj.obj, frame), at)
    indices = tuple(m.value(i, frame) for i in left.items)
    key = m.get(indices[0]) if len(indices) == 1 else None
    if isinstance(key, Const) and isinstance(key.value, str):
        named_losses.named(m, key.value, value)
    with m.at(frame.module, left.at):
        m.set_item(obj, indices, value)


@target(s.Star)
def assign_starred(m: Machine, left: s.Star, value: Value, frame: Frame) -> None:
    """`*x` alone."""
    m.assign(left.value, value, frame)


@target(s.Sequence)
def assign_several(m: Machine, left: s.Sequence, value: Value, frame: Frame) -> None:
    """`a, *b = value`."""
    targets = left.items
    facts = m.get(value)
    if isinstance(facts, Inst):
        hit = lineage.class_attr(m, facts.cls, "__iter__")
        facts = m.get(functions.enter(m, hit[0], Args((facts,)))) if hit is not None and isinstance(hit[0], Func) else facts
    items = facts.items if isinstance(facts, Seq) else None
    stars = [i for i, t in enumerate(targets) if isinstance(t, s.Star)]
    if stars and isinstance(facts, Tensor):
        _unpack_rows(m, targets, stars[0], facts, frame)
        return
    if items is not None and not stars and len(items) == len(targets):
        for t, v in zip(targets, items, strict=True):
            m.assign(t, v, frame)
        return
    if items is not None and len(stars) == 1 and len(items) >= len(targets) - 1:
        i, tail = stars[0], len(targets) - stars[0] - 1
        middle = items[i : len(items) - tail]
        rest = Seq("list", middle, m.join_all(list(middle)), Dim.of(len(middle)))
        flat = (*items[:i], m.new(rest), *items[len(items) - tail :])
        for t, v in zip(targets, flat, strict=True):
            m.assign(t, v, frame)
        return
    for i, t in enumerate(targets):
        if isinstance(facts, Tensor):
            part: Value = m.guarded(lambda i=i: indexing.index(m, facts, (Num(Dim.of(i)),)))  # type: ignore[misc]
        elif isinstance(facts, Map) and facts.kind != "dict":
            part = m.item(value, Num(Dim.of(i)))
        elif isinstance(facts, Seq) and facts.elem != UNKNOWN and not stars:
            part = functions.item_at_known_place(m, facts.elem, i)
        elif isinstance(facts, Unknown) and not stars:
            part = m.opaque_item(value, Num(Dim.of(i)))
        else:
            part = m.opaque()
        m.assign(t, part, frame)


def _unpack_rows(m: Machine, targets: list[s.Expr], star: int, x: Tensor, frame: Frame) -> None:
    """`first, *rest = x`: entries from both ends, and a list of those between."""

    def at(i: int) -> Value:
        return m.wrap(m.guarded(lambda: indexing.index(m, x, (Num(Dim.of(i)),))))

    behind = len(targets) - star - 1
    size = x.shape.axes[0].size if x.shape.axes and isinstance(x.shape.axes[0], Axis) else None
    count = None if size is None or size.const is None else size.const
    if count is not None and count < len(targets) + tensors.MANY:
        middle = tuple(at(i) for i in range(star, count - behind))
        rest = Seq("list", middle, m.join_all(list(middle)), Dim.of(len(middle)))
    else:
        length = fresh("n") if size is None else size - (star + behind)
        rest = Seq("list", None, m.wrap(m.guarded(lambda: indexing.row(m, x))), length)
    parts = [*(at(i) for i in range(star)), m.new(rest), *(at(i - behind) for i in range(behind))]
    for one, value in zip(targets, parts, strict=True):
        m.assign(one, value, frame)
