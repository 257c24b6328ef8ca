"""Comprehensions: run item by item where there are few, once for all of them otherwise"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Const,
    Lib,
    Map,
    Note,
    Num,
    Seq,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.machine import Frame, Machine
from shapeguard.analysis.ops.python import containers
from shapeguard.analysis.reading import syntax as s

UNROLL = 6  # comprehensions and loops over this many known items are run item by item
KEYS = 16  # loops over so many keys of a dict: the fields of a sample
TABLE = 64  # and comprehensions of dicts over so many: tag sets


class Comprehensions(Machine):
    """Comprehensions."""

    def _comp(self, node: s.Comp, frame: Frame) -> Value:
        inner = Frame(self.store.number(), frame.module, "block", frame, self_value=frame.self_value)
        self.frames[inner.id] = inner
        first = node.fors[0]
        source = self.eval(first.iter, frame)
        facts = self.get(source)
        if isinstance(facts, Const) and isinstance(facts.value, (str, bytes)):
            facts = containers.as_seq(self, source)
        known = facts.items if isinstance(facts, Seq) and len(node.fors) == 1 and not first.ifs else None
        if known is not None and len(known) <= (TABLE if node.kind == "dict" else UNROLL) and node.kind in ("list", "generator", "dict"):
            done = [self._comp_item(node, first, item, inner) for item in known]
            if node.kind == "dict":
                pairs = {key: v for k, v in done if (key := self.key_of(k)) is not None}
                return self.new(Map(tuple(pairs.items())))
            values = [v for _, v in done]
            return self.new(containers.make(self, "list", tuple(values)))
        length = self.length(facts)
        filtered = False
        with ExitStack() as rounds:
            for i, part in enumerate(node.fors):
                it = source if i == 0 else self.eval(part.iter, inner)
                item = self.elem(it)
                self.bind_target(part.target, item, inner)
                for test in part.ifs:
                    self.eval(test, inner)
                rounds.enter_context(self.in_round(item, it, bool(part.ifs)))
                filtered = filtered or bool(part.ifs)
            key, value = self._comp_values(node, inner)
            with self.at(frame.module, node.at):
                value = self.one_by_one(value)
        if isinstance(node.elt, s.Call) and isinstance(self.get(value), Unknown) and self._to_int(node.elt.func, inner):
            value = self.wrap(arith.any_id())
        if node.kind == "dict":
            whole = isinstance(facts, Seq) and facts.unique and not filtered and _own_key(node)
            return self.new(Map((), value, size=length if whole else None))
        if filtered or len(node.fors) > 1 or length is None:
            length = fresh("n")
        if filtered and isinstance(facts, Tensor):
            row = self.get(value)
            if isinstance(row, Tensor) and not row.note("python-filter"):
                note = Note("python-filter", self.step("filter", "rows are picked one by one in Python"))
                value = self.wrap(replace(row, notes=(*row.notes, note)))
        source_seq = facts if isinstance(facts, Seq) and len(node.fors) == 1 else None
        if source_seq is not None and not filtered and (pair := self._swap(node, first, inner)) is not None:
            return self.wrap(containers.swapped(self, source_seq, *pair))
        with self.at(frame.module, node.at):
            kind: Any = "set" if node.kind == "set" else "list"
            made = self.guarded(lambda: containers.collected(self, kind, value, length, source_seq, filtered))
        return self._skipping(node.elt, made, inner)

    def _skipping(self, item: s.Expr, made: Value, inner: Frame) -> Value:
        """`[tags[w] if w is not None else -100 for w in ...]`: what is negative marks what does not count."""
        facts = self.get(made)
        sides = [self.get(self.eval(e, inner)) for e in (item.then, item.other) if _plain(e)] if isinstance(item, s.Cond) else []
        for side in sides:
            if isinstance(side, Num) and isinstance(facts, Seq):
                facts = containers.skipping(self, facts, side.dim)
        return made if facts == self.get(made) else self.wrap(facts)

    def _to_int(self, func: s.Expr, frame: Frame) -> bool:
        return isinstance(func, s.Name) and func.id == "int" and self.lookup("int", frame) == Lib("builtins.int")

    def _swap(self, node: s.Comp, first: s.CompFor, inner: Frame) -> tuple[Dim | None, Dim] | None:
        """The ids of `[new if x == by else x for x in ...]`."""
        cond, target = node.elt, first.target
        if not (isinstance(cond, s.Cond) and isinstance(cond.test, s.Compare) and isinstance(target, s.Name) and len(cond.test.rest) == 1):
            return None
        op, right = cond.test.rest[0]
        kept, other = (cond.other, cond.then) if op == "==" else (cond.then, cond.other)
        if op not in ("==", "!=") or not (isinstance(kept, s.Name) and kept.id == target.id):
            return None
        sides = [e for e in (cond.test.left, right) if not (isinstance(e, s.Name) and e.id == target.id)]
        new = self.get(self.eval(other, inner))
        by = self.get(self.eval(sides[0], inner)) if len(sides) == 1 else UNKNOWN
        return (by.dim if isinstance(by, Num) else None, new.dim) if isinstance(new, Num) else None

    def _comp_item(self, node: s.Comp, part: s.CompFor, item: Value, inner: Frame) -> tuple[Value, Value]:
        self.bind_target(part.target, item, inner)
        return self._comp_values(node, inner)

    def _comp_values(self, node: s.Comp, inner: Frame) -> tuple[Value, Value]:
        first = self.eval(node.elt, inner)
        return (first, self.eval(node.value, inner)) if node.value is not None else (UNKNOWN, first)

    def length(self, facts: Value) -> Dim | None:
        """How many items iterating gives, where known."""
        if isinstance(facts, Seq):
            return facts.length
        if isinstance(facts, Map) and facts.rest is None:
            return Dim.of(len(facts.items))
        if isinstance(facts, Tensor):
            first = facts.shape.at(0)
            return None if first is None else first.size
        return None


def _plain(node: s.Expr) -> bool:
    """Whether an expression is a number or the name of one."""
    return isinstance(node.value if isinstance(node, s.Unary) else node, (s.Const, s.Name, s.Attr))


def _own_key(node: s.Comp) -> bool:
    """Whether the keys of a dict comprehension are its distinct items, or parts of them: `{w: i for i, w in enumerate(ws)}`."""
    target = node.fors[0].target
    names = [t.id for t in (target.items if isinstance(target, s.Sequence) else [target]) if isinstance(t, s.Name)]
    return len(node.fors) == 1 and isinstance(node.elt, s.Name) and node.elt.id in names
