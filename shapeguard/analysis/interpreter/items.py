"""Items of containers, iteration and unpacking: what `x[i]` is, what `for` gives, and where they are written"""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import by_rows
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Class,
    Const,
    Either,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Mask,
    Num,
    Origin,
    Ref,
    Seq,
    SliceV,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.interpreter.machine import Frame, Machine
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers
from shapeguard.analysis.ops.python import containers
from shapeguard.analysis.ops.tensors import blanked, indexing
from shapeguard.analysis.reading import syntax as s

MANY = 32  # rows of a tensor that become a list of known items


class Items(Machine):
    """Items of containers, iteration and unpacking."""

    def index(self, value: Value, items: tuple[Value, ...], comma: bool) -> Value:
        facts, first = self.get(value), items[0]
        sliced = len(items) > 1 or isinstance(first, SliceV) or isinstance(self.get(first), Tensor)
        if sliced and isinstance(facts, Unknown) and isinstance(value, Ref):
            facts = self.as_tensor(value) or facts
        if isinstance(facts, Tensor):
            picked = self.picked_by(items)
            index = lambda: _picked(indexing.index(self, facts, items), facts.picked + picked if picked else 0)
            made = self.guarded(index, *items)
            if facts.losses and not any(isinstance(self.get(i), Tensor) for i in items):
                self.share(made, value, "[]")
            return made
        if len(items) != 1 or comma:
            if isinstance(facts, (Class, Lib, Func)):
                return facts
            one: Value = Seq("tuple", items, UNKNOWN, Dim.of(len(items)))
        else:
            one = first
        return self.item(value, one)

    def item(self, value: Value, index: Value) -> Value:
        facts = self.registered(value, index)
        key = self.get(index)
        if isinstance(facts, Tensor):
            return self.guarded(lambda: indexing.index(self, facts, (key,)), key)
        if isinstance(facts, Seq) and isinstance(key, SliceV):
            return self.guarded(lambda: containers.slice_seq(self, facts, key.lo, key.hi, key.step), key)
        if isinstance(facts, Map) and (op := table.METHODS.get(f"{facts.kind}.__getitem__")) is not None:
            return self.run_op(op, Args((value, index)))
        if isinstance(facts, Seq) and facts.items is None and facts.sizes is None and isinstance(key, Num) and key.dim.const is not None:
            return self.one_of(facts.elem, key.dim.const)
        if isinstance(facts, (Seq, Map)):
            return self.guarded(lambda: containers.item(self, facts, key))
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__getitem__")
            if hit is not None and isinstance(hit[0], Func):
                return self.call_func(hit[0], Args((facts, index)))
            inner = self.store.get(("a", facts.uid, "__lib__"))
            return self.item(inner, index) if inner is not None else self._opaque_item(Ref(-facts.uid), index)
        if isinstance(facts, LibObj):
            op = table.METHODS.get(f"{facts.cls}.__getitem__")
            return self.run_op(op, Args((value, index))) if op is not None else self._opaque_item(Ref(-facts.uid - 1), index)
        if isinstance(facts, (Class, Lib, Func)):
            return facts
        if isinstance(facts, Either):
            return self.opaque()
        return self._opaque_item(value, index)

    def _opaque_item(self, value: Value, index: Value) -> Value:
        key = self.key_of(index)
        at = self.get(index)
        if key is None and isinstance(at, Num):
            key = ("at", at.dim)
        if key is None or not isinstance(value, Ref):
            return self.opaque()
        where = ("i", value.id, key)
        found = self.store.get(where)
        if found is None:
            found = self.opaque(str(key) if isinstance(key, str) else "")
            self.store.set(where, found)
        return found

    def one_of(self, elem: Value, index: int) -> Value:
        """The item at a known place of a list whose items are known only as alike: the same each time, and no other item's equal."""
        if not isinstance(elem, Ref):
            elem = self.get(elem)
        where = ("i", elem.id if isinstance(elem, Ref) else 0, ("at", index))
        found = self.store.get(where) if isinstance(elem, Ref) else None
        if found is None:
            facts = self.get(elem)
            found = self.opaque(facts.name) if isinstance(facts, Unknown) else self.wrap(another(facts))
            if isinstance(elem, Ref):
                self.store.set(where, found)
        return found

    @staticmethod
    def family(dotted: str) -> str:
        """The table's name for what all classes of a kind have in common."""
        if dotted.startswith("torch.nn."):
            return "torch.nn.Module"
        return transformers.BASE if transformers.is_model(dotted) else dotted

    def set_index(self, value: Value, items: tuple[Value, ...], comma: bool, new: Value) -> None:
        facts, first = self.get(value), items[0]
        sliced = len(items) > 1 or isinstance(self.get(first), (Tensor, SliceV))
        if sliced and isinstance(facts, Unknown) and isinstance(value, Ref):
            facts = self.as_tensor(value) or facts
        if isinstance(facts, Tensor):
            written = self.get(self.guarded(lambda: indexing.write(self, facts, items, new), *items, new))
            written = self._length_mask(facts, written if isinstance(written, Tensor) else facts, items, new)
            at = self.get(first)
            if len(items) == 1 and isinstance(at, Num) and self.get(new) in (Num(Dim.of(0)), Const(0.0)):
                written = replace(written, zeroed=(*written.zeroed, at.dim))
            self.set(value, written)
            self.write_through(value, facts, written)
            if isinstance(value, Ref) and (whole := self.rows.get(value.id)) is not None:
                self.set_index(whole[0], (whole[1], *items), True, new)  # a row is a view
            return
        key = self.key_of(first) if len(items) == 1 else None
        if isinstance(facts, (Map, Seq)):
            made = self.guarded(lambda: containers.store(self, value, first, new), new)
            self.set(value, self.get(made))
        elif isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__setitem__")
            if hit is not None and isinstance(hit[0], Func):
                self.call_func(hit[0], Args((facts, first, new)))
        elif isinstance(value, Ref) and key is not None:
            self.store.set(("i", value.id, key), new)

    def _length_mask(self, before: Tensor, written: Tensor, items: tuple[Value, ...], new: Value) -> Tensor:
        """`mask = zeros(...)`, then `mask[i, :n] = 1` row by row: a mask of what lies within the lengths."""
        cut, value = self.get(items[-1]), self.get(new)
        if isinstance(cut, SliceV) and by_rows(before.mask) and isinstance(value, (Num, Const)):
            return replace(written, mask=before.mask, scale="mask", value=None, fills=(), unpadded=True)  # one more row of it
        if not isinstance(cut, SliceV) or before.value is None or (written.mask is not None and before.mask is None):
            return written
        one, zero = (Num(Dim.of(1)), Const(True), Const(1.0)), (Num(Dim.of(0)), Const(False), Const(0.0))
        ends, starts = self._loose(cut.hi), self._loose(cut.lo)
        if isinstance(value, Tensor) and value.value is not None:
            value = Num(value.value)
        kept = before.value.const == 0 and value in one and cut.lo in (NONE, Num(Dim())) and ends
        dropped = before.value.const == 1 and value in zero and cut.hi == NONE and starts
        if not kept and not dropped:
            return written
        step = self.step("lengths", "marks what lies within each length", before.step, shape=before.shape)
        mask = Mask("lengths", "real", uid=uid(), step=step)
        return replace(written, mask=mask, scale="mask", value=None, fills=(), unpadded=True, step=step)

    def _loose(self, bound: Value) -> bool:
        facts = self.get(bound)
        return facts != NONE and not (isinstance(facts, Num) and facts.dim.const is not None)

    def view_of(self, row: Value, owner: Value, index: Value) -> None:
        """Remember that writing into an entry of a tensor writes into the tensor."""
        facts = self.get(owner)
        if isinstance(owner, Ref) and isinstance(row, Ref) and isinstance(facts, Tensor) and isinstance(self.get(row), Tensor):
            self.rows[row.id] = (owner, index)

    def share(self, view: Value, owner: Value, name: str) -> None:
        """Remember that a method or attribute made a view of losses."""
        facts = self.get(owner)
        if not isinstance(facts, Tensor) or not facts.losses or not isinstance(view, Ref) or not isinstance(owner, Ref) or view == owner:
            return
        if name in blanked.VIEWS or name in ("data", "T", "mT", "[]") or (name in blanked.PERHAPS_VIEWS and facts.contiguous):
            self.views[view.id] = self.views.get(owner.id, owner)

    def write_through(self, value: Value, before: Tensor, now: Tensor) -> None:
        """Losses were written in place: those that share their memory are what they are."""
        if not isinstance(value, Ref) or not before.losses or now.losses is before.losses:
            return
        base = self.views.get(value.id, value)
        for ref in (base, *(Ref(i) for i, b in self.views.items() if b == base)):
            other = self.get(ref)
            if ref != value and isinstance(other, Tensor) and other.losses is before.losses:
                self.set(ref, replace(other, losses=now.losses))

    def rescaled(self, target: s.Index, value: s.Expr, frame: Frame) -> bool:
        """`nll[pad] *= 0`: some of the losses are set to 0, or weighted, in place; False for anything else."""
        facts = self.get(self.eval(target.obj, frame)) if isinstance(target.obj, (s.Name, s.Attr)) else UNKNOWN
        if not isinstance(facts, Tensor) or not facts.losses:
            return False
        by = self.get(self.eval(value, frame))
        if not blanked.is_zero(by) and not any(isinstance(self.get(self.eval(i, frame)), Tensor) for i in target.items):
            return False
        self.bind_target(target, by if blanked.is_zero(by) else UNKNOWN, frame)
        return True

    def masked_in_place(self, left: Value, right: Value, made: Value) -> bool:
        """`nll *= mask` also holds for whoever else has a hand on these losses; False for anything else."""
        losses, mask, now = self.get(left), self.get(right), self.get(made)
        if not isinstance(losses, Tensor) or not losses.losses or not isinstance(mask, Tensor) or mask.scale != "mask":
            return False
        if not isinstance(left, Ref) or not isinstance(now, Tensor):
            return False
        self.set(left, now)
        self.write_through(left, losses, now)
        return True

    def elem(self, value: Value) -> Value:
        found = self._elem(value)
        return found if isinstance(found, Ref) else self.wrap(found)

    def _elem(self, value: Value) -> Value:
        facts = self.get(value)
        if isinstance(facts, Seq):
            if facts.items is not None and facts.items:
                known = [n for i in facts.items if (n := arith.number(self.get(i))) is not None and isinstance(self.get(i), Num)]
                if len(known) == len(facts.items) and len(set(known)) > 1:
                    return arith.one_of("i", Dim.of(min(known)), Dim.of(max(known) + 1))
                return self.join_all(list(facts.items))
            return facts.elem if facts.elem != UNKNOWN else self.opaque()
        if isinstance(facts, Map):
            return Const(facts.items[0][0]) if len(facts.items) == 1 and isinstance(facts.items[0][0], str) else self.opaque()
        if isinstance(facts, Tensor):
            return self.guarded(lambda: _picked(indexing.entry(self, facts), facts.picked + 1))
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__iter__")
            if hit is not None and isinstance(hit[0], Func):
                made = self.call_func(hit[0], Args((facts,)))
                if not isinstance(self.get(made), Inst):
                    return self.elem(made)
                step = self.class_attr(facts.cls, "__next__")
                return self.call_func(step[0], Args((facts,))) if step is not None and isinstance(step[0], Func) else self.opaque()
            if self.class_attr(facts.cls, "__getitem__") is not None:
                return self.item(facts, Num(fresh("i")))
            inner = self.store.get(("a", facts.uid, "__lib__"))
            return self.elem(inner) if inner is not None else self.opaque()
        if isinstance(facts, LibObj):
            op = table.METHODS.get(f"{facts.cls}.__iter__") or table.METHODS.get(f"{self.family(facts.cls)}.__iter__")
            return self.run_op(op, Args((value,))) if op is not None else self.opaque()
        if isinstance(facts, Either):
            return self.join_all([self.elem(o) for o in facts.options])
        return self.opaque()

    def run_op(self, op: table.Op, args: Args) -> Value:
        """Run an operation of the table."""
        return self.guarded(lambda: op(self, args), *args.pos, *(v for _, v in args.kw))

    def bind_target(self, target: s.Expr, value: Value, frame: Frame) -> None:
        if isinstance(target, s.Name):
            self.assign(target.id, value, frame)
        elif isinstance(target, s.Attr):
            self.set_attr(self.eval(target.obj, frame), target.name, value)
        elif isinstance(target, s.Index):
            obj = self.eval(target.obj, frame)
            if isinstance(target.obj, s.Index) and len(target.obj.items) == 1 and isinstance(target.obj.obj, (s.Name, s.Attr)):
                at = self.eval(target.obj.items[0], frame)
                if isinstance(self.get(at), Num):
                    self.view_of(obj, self.eval(target.obj.obj, frame), at)
            items = tuple(self.eval(i, frame) for i in target.items)
            with self.at(frame.module, target.at):
                self.set_index(obj, items, target.tuple, value)
        elif isinstance(target, s.Sequence):
            self._unpack(target.items, value, frame)
        elif isinstance(target, s.Star):
            self.bind_target(target.value, value, frame)

    def _unpack(self, targets: list[s.Expr], value: Value, frame: Frame) -> None:
        facts = self.get(value)
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__iter__")
            facts = self.get(self.call_func(hit[0], Args((facts,)))) if hit is not None and isinstance(hit[0], Func) else facts
        items = facts.items if isinstance(facts, Seq) else None
        stars = [i for i, t in enumerate(targets) if isinstance(t, s.Star)]
        if stars and isinstance(facts, Tensor):
            self._unpack_rows(targets, stars[0], facts, frame)
            return
        if items is not None and not stars and len(items) == len(targets):
            for t, v in zip(targets, items, strict=True):
                self.bind_target(t, v, frame)
            return
        if items is not None and len(stars) == 1 and len(items) >= len(targets) - 1:
            i, tail = stars[0], len(targets) - stars[0] - 1
            middle = items[i : len(items) - tail]
            rest = Seq("list", middle, self.join_all(list(middle)), Dim.of(len(middle)))
            flat = (*items[:i], self.new(rest), *items[len(items) - tail :])
            for t, v in zip(targets, flat, strict=True):
                self.bind_target(t, v, frame)
            return
        for i, t in enumerate(targets):
            if isinstance(facts, Tensor):
                part: Value = self.guarded(lambda i=i: indexing.index(self, facts, (Num(Dim.of(i)),)))  # type: ignore[misc]
            elif isinstance(facts, Map) and facts.kind != "dict":
                part = self.item(value, Num(Dim.of(i)))
            elif isinstance(facts, Seq) and facts.elem != UNKNOWN and not stars:
                part = self.one_of(facts.elem, i)
            elif isinstance(facts, Unknown) and not stars:
                part = self._opaque_item(value, Num(Dim.of(i)))
            else:
                part = self.opaque()
            self.bind_target(t, part, frame)

    def _unpack_rows(self, targets: list[s.Expr], star: int, x: Tensor, frame: Frame) -> None:
        """`first, *rest = x`: entries from both ends, and a list of those between."""

        def at(i: int) -> Value:
            return self.wrap(self.guarded(lambda: indexing.index(self, x, (Num(Dim.of(i)),))))

        behind = len(targets) - star - 1
        size = x.shape.axes[0].size if x.shape.axes and isinstance(x.shape.axes[0], Axis) else None
        count = None if size is None or size.const is None else size.const
        if count is not None and count < len(targets) + MANY:
            middle = tuple(at(i) for i in range(star, count - behind))
            rest = Seq("list", middle, self.join_all(list(middle)), Dim.of(len(middle)))
        else:
            length = fresh("n") if size is None else size - (star + behind)
            rest = Seq("list", None, self.wrap(self.guarded(lambda: indexing.row(self, x))), length)
        parts = [*(at(i) for i in range(star)), self.new(rest), *(at(i - behind) for i in range(behind))]
        for target, value in zip(targets, parts, strict=True):
            self.bind_target(target, value, frame)

    def unpack_shape(self, names: list[str], tensor: Tensor) -> None:
        """`B, T, V = x.shape` of a tensor of unknown rank: it has as many axes as there are names."""
        pack = tensor.shape.pack
        if pack is None:
            return
        need = len(names) - tensor.shape.min_rank
        if need < 0:
            return
        cut = tensor.shape.axes.index(pack)
        self.bind(pack, tuple(axis(fresh(n if n != "_" else "n")) for n in names[cut : cut + need]))


def another(facts: Value) -> Value:
    """Facts of the same kind with sizes and an origin of their own."""
    if isinstance(facts, Tensor):
        own = Shape(tuple(_own_axis(a) for a in facts.shape.axes))
        return replace(facts, shape=own, origin=None if facts.origin is None else Origin(uid()), norm=None)
    if isinstance(facts, Seq) and facts.items is None:
        return replace(facts, origin=None if facts.origin is None else Origin(uid()))
    return facts


def _own_axis(a: Axis | Pack) -> Axis | Pack:
    if isinstance(a, Pack):
        return fresh_pack(a.name)
    return a if a.size is not None and a.size.const is not None else axis(fresh("n", a.role))


def _picked(value: Value, loops: int) -> Value:
    return replace(value, picked=loops) if isinstance(value, Tensor) and value.picked != loops else value
