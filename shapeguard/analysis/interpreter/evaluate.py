"""Expressions: what each of them is, given what is known of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import arith, texts
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    Either,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Num,
    Seq,
    Site,
    SliceV,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.comprehensions import Comprehensions
from shapeguard.analysis.interpreter.machine import Frame
from shapeguard.analysis.interpreter.named_masks import as_named_mask
from shapeguard.analysis.ops.python import containers
from shapeguard.analysis.ops.tensors import pointwise
from shapeguard.analysis.reading import syntax as s


class Expressions(Comprehensions):
    """Evaluation of expressions."""

    def eval(self, node: s.Expr, frame: Frame) -> Value:
        return _EVAL[type(node)](self, node, frame)

    def _const(self, node: s.Const, frame: Frame) -> Value:
        v = node.value
        if v.__class__ is int:
            return Num(Dim.of(v))
        return NONE if v is None else Const(v)

    def _name(self, node: s.Name, frame: Frame) -> Value:
        return self.lookup(node.id, frame)

    def _fstring(self, node: s.FString, frame: Frame) -> Value:
        return texts.joined(self.eval_unread(node.parts, frame)) or UNKNOWN

    def eval_unread(self, nodes: list[s.Expr], frame: Frame) -> list[Value]:
        """Evaluate what is merely printed, which does not count as used."""
        before = set(frame.loaded)
        values = [self.eval(part, frame) for part in nodes]
        frame.loaded = before
        return values

    def _attr(self, node: s.Attr, frame: Frame) -> Value:
        value = self.eval(node.obj, frame)
        with self.at(frame.module, node.at):
            return self.attr(value, node.name)

    def _index(self, node: s.Index, frame: Frame) -> Value:
        value = self.eval(node.obj, frame)
        items = tuple(self.eval(i, frame) for i in node.items)
        with self.at(frame.module, node.at):
            return self.index(value, items, node.tuple)

    def _slice(self, node: s.Slice, frame: Frame) -> Value:
        def bound(part: s.Expr | None) -> Value:
            return NONE if part is None else self.get(self.eval(part, frame))

        return SliceV(bound(node.lo), bound(node.hi), bound(node.step))

    def _sequence(self, node: s.Sequence, frame: Frame) -> Value:
        kind: Any = node.kind
        if any(isinstance(i, s.Star) for i in node.items) and kind != "tuple":
            out: Value = containers.make(self, "list", ())
            for item in node.items:
                if isinstance(item, s.Star):
                    part = self.eval(item.value, frame)
                else:
                    part = self.new(containers.make(self, "list", (self.eval(item, frame),)))
                if isinstance(item, s.Star) and not isinstance(self.get(part), (Seq, Unknown)):
                    part = self.new(containers.as_seq(self, part))
                made = containers.plus(self, self.new(out), part)
                out = made if made is not None else out
            return self._literal(kind, out if isinstance(out, Seq) else containers.make(self, "list", ()))
        items: list[Value] = []
        for item in node.items:
            if isinstance(item, s.Star):
                facts = self.get(self.eval(item.value, frame))
                if not isinstance(facts, Seq) or facts.items is None:
                    return Seq("tuple", None, self.opaque(), fresh("n"))
                items.extend(facts.items)
            else:
                items.append(self.eval(item, frame))
        return self._literal(kind, containers.make(self, kind, tuple(items)))

    def _literal(self, kind: str, seq: Seq) -> Value:
        seq = replace(seq, kind=kind)  # type: ignore[arg-type]
        return seq if kind == "tuple" else self.new(seq)

    def _dict(self, node: s.Dict, frame: Frame) -> Value:
        items: dict[Any, Value] = {}
        rest: Value | None = None
        for key, value in node.items:
            v = self.eval(value, frame)
            if key is None:
                facts = self.get(v)
                if isinstance(facts, Map):
                    items.update(facts.items)
                    rest = rest or facts.rest
                else:
                    rest = self.opaque()
                continue
            k = self.key_of(self.eval(key, frame))
            if k is None:
                rest = v if rest is None else self.join(rest, v)
            else:
                items[k] = v
        return self.new(Map(tuple(items.items()), rest))

    def key_of(self, value: Value) -> Any:
        """A dictionary key, where it is known: a string, an int, a tuple of such."""
        facts = self.get(value)
        if isinstance(facts, Const) and isinstance(facts.value, (str, bytes, bool, float)):
            return facts.value
        if isinstance(facts, Num):
            return facts.dim.const
        if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items is not None:
            keys = tuple(self.key_of(i) for i in facts.items)
            return None if None in keys else keys
        return facts.name if isinstance(facts, Lib) else None

    def _star(self, node: s.Star, frame: Frame) -> Value:
        return self.eval(node.value, frame)

    def _binary(self, node: s.Binary, frame: Frame) -> Value:
        left, right = self.eval(node.left, frame), self.eval(node.right, frame)
        with self.at(frame.module, node.at):
            if node.op == "*":
                left, right = as_named_mask(self, left, node.left, right), as_named_mask(self, right, node.right, left)
            return self.binary(node.op, left, right)

    def binary(self, op: str, left: Value, right: Value) -> Value:
        """`left op right`."""
        a, b = self.get(left), self.get(right)
        if op == "+" and (isinstance(a, Seq) or isinstance(b, Seq)) and not (_array(a) or _array(b)):
            made = containers.plus(self, left, right)
            if made is not None:
                return self.wrap(made)
        if op == "*" and isinstance(a, Seq) and not isinstance(b, Tensor):
            return self.wrap(containers.repeat(self, a, b))
        if op == "*" and isinstance(b, Seq) and not isinstance(a, Tensor):
            return self.wrap(containers.repeat(self, b, a))
        if op == "|" and isinstance(a, Map) and isinstance(b, Map):
            return self.new(Map(tuple({**dict(a.items), **dict(b.items)}.items()), a.rest or b.rest))
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return self.guarded(lambda: pointwise.binary(self, op, left, right), left, right)
        known = arith.binary(op, a, b) or texts.written(op, a, b)
        if known is None:
            return self.opaque()
        self.trail.led(known, (a, b))
        return known

    def guarded(self, op: Callable[[], Value], *used: Value) -> Value:
        """Run an operation of ours on some values; a failure in it is remembered and gives unknown."""
        try:
            made = self.wrap(op())
            self.trail.led(made, used)
            return made
        except (RecursionError, MemoryError):
            raise
        except Exception as error:  # our own bug must not stop the user's commit
            from shapeguard.analysis.interpreter.machine import OutOfFuel

            if isinstance(error, OutOfFuel):
                raise
            self.failed(self.site.module, f"{type(error).__name__}: {error} (line {self.site.place.row})")
            return self.opaque()

    def _unary(self, node: s.Unary, frame: Frame) -> Value:
        value = self.eval(node.value, frame)
        facts = self.get(value)
        if node.op == "not":
            self.look_at_count(value)
            known = self.truth(value)
            return UNKNOWN if known is None else self._answer(not known, value)
        with self.at(frame.module, node.at):
            if isinstance(facts, Tensor):
                return self.guarded(lambda: pointwise.unary(self, node.op, value))
        if isinstance(facts, Num):
            if node.op == "-":
                self.trail.led(found := Num(-facts.dim), (facts,))
                return found
            return facts if node.op == "+" else UNKNOWN
        if isinstance(facts, Const) and isinstance(facts.value, (int, float)) and node.op == "-":
            return Const(-facts.value)
        return self.opaque()

    def _compare(self, node: s.Compare, frame: Frame) -> Value:
        left = self.eval(node.left, frame)
        out: Value = UNKNOWN
        with self.at(frame.module, node.at):
            for i, (op, right_node) in enumerate(node.rest):
                right = self.eval(right_node, frame)
                answer = self.compare(op, left, right)
                if i == 0:
                    out = answer
                else:
                    both = {self.truth(out), self.truth(answer)}
                    out = Const(False) if False in both else Const(True) if both == {True} else UNKNOWN
                left = right
        return out

    def compare(self, op: str, left: Value, right: Value) -> Value:
        """`left op right` for one comparison."""
        a, b = self.get(left), self.get(right)
        if op in ("is", "is not"):
            if NONE in (a, b):
                other = b if a == NONE else a
                known = None if isinstance(other, Unknown) or (isinstance(other, Either) and NONE in other.options) else other == NONE
            else:
                known = True if isinstance(left, type(right)) and left == right and isinstance(a, (Const, Inst)) else None
                if isinstance(a, Const) and isinstance(b, Const):
                    known = a.value is b.value
            return UNKNOWN if known is None else self._answer(known if op == "is" else not known, left, right)
        if op in ("in", "not in"):
            known = self._contains(left, self.registered(right, left))
            return UNKNOWN if known is None else self._answer(known if op == "in" else not known, left, right)
        self.look_at_count(left)
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            return self.guarded(lambda: pointwise.compare(self, op, left, right), left, right)
        known = arith.compare(op, a, b)
        return UNKNOWN if known is None else self._answer(known, a, b)

    def _answer(self, answer: bool, *asked: Value) -> Const:
        """The answer to a question about some values."""
        found = Const(answer)
        self.trail.led(found, asked)
        return found

    def _contains(self, item: Value, box: Value) -> bool | None:
        key = self.key_of(item)
        if key is None:
            return None
        if isinstance(box, Map) and box.rest is None:
            return box.get(key) is not None
        if isinstance(box, Map):
            return True if any(k == key for k, _ in box.items) else None
        if isinstance(box, Seq) and box.items is not None:
            keys = [self.key_of(i) for i in box.items]
            return True if key in keys else None if None in keys else False
        if isinstance(box, Const) and isinstance(box.value, str) and isinstance(key, str):
            return key in box.value
        return None

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true, where known."""
        facts = self.get(value)
        if isinstance(facts, (Tensor, Unknown)):
            return None
        if isinstance(facts, Lib) and facts.name == "typing.TYPE_CHECKING":
            return False
        if isinstance(facts, Seq):
            return bool(facts.items) if facts.items is not None else None
        if isinstance(facts, Map):
            return True if facts.items else False if facts.rest is None else None
        if isinstance(facts, (Num, Const)):
            return arith.truth(facts)
        if isinstance(facts, Either):
            return None if NONE in facts.options else True
        return None if isinstance(facts, LibObj) and facts.cls.startswith("argparse") else True

    def _boolop(self, node: s.BoolOp, frame: Frame) -> Value:
        left = self.eval(node.left, frame)
        known = self.truth(left)
        if known is not None:
            self.trail.steer(left)
            return left if known is (node.op == "or") else self.eval(node.right, frame)
        right = self.eval(node.right, frame)
        if self.truth(right) is (node.op == "or") and isinstance(self.get(right), Const):
            return right
        return self.join(left, right) if node.op == "or" else UNKNOWN if isinstance(self.get(left), Unknown) else right

    def _cond(self, node: s.Cond, frame: Frame) -> Value:
        asked = self.eval(node.test, frame)
        self.look_at_count(asked)
        known = self.truth(asked)
        if known is not None:
            self.trail.steer(asked)
            return self.eval(node.then if known else node.other, frame)
        values: list[Value] = []

        def branch(side: s.Expr) -> bool:
            values.append(self.eval(side, frame))
            return True

        self.fork(lambda: branch(node.then), lambda: branch(node.other))
        return self.join_all(values)

    def _lambda(self, node: s.Lambda, frame: Frame) -> Value:
        self.capture(frame)
        return Func(node, frame.module, frame.id, defaults=self.defaults(node.params, frame))

    @staticmethod
    def capture(frame: Frame) -> None:
        """A function was made that may be called when its frames are done."""
        here: Frame | None = frame
        while here is not None and not here.captured:
            here.captured = True
            here = here.parent

    def defaults(self, params: list[s.Param], frame: Frame) -> tuple[tuple[str, Value], ...]:
        """Default arguments, evaluated where the function is defined."""
        found = tuple((p.name, self.eval(p.default, frame)) for p in params if p.default is not None)
        for p, (_, value) in zip([p for p in params if p.default is not None], found, strict=True):
            self.trail.written(value, Site(frame.module, p.default.at if p.default is not None else None))
        return found

    def _walrus(self, node: s.Walrus, frame: Frame) -> Value:
        value = self.eval(node.value, frame)
        target = frame
        while target.kind == "block" and target.parent is not None:
            target = target.parent
        self.assign(node.name, value, target)
        return value

    def _yield(self, node: s.Yield, frame: Frame) -> Value:
        value = NONE if node.value is None else self.eval(node.value, frame)
        target = frame
        while target.kind == "block" and target.parent is not None:
            target = target.parent
        target.yields.append(self.elem(value) if node.from_ else value)
        return self.opaque()

    def _await(self, node: s.Await, frame: Frame) -> Value:
        return self.eval(node.value, frame)

    def _call(self, node: s.Call, frame: Frame) -> Value:
        if isinstance(node.func, s.Name) and node.func.id == "print":
            self.eval_unread([a.value for a in node.args], frame)
            return NONE
        func = self.eval(node.func, frame)
        if isinstance(func, Lib) and func.name == "builtins.super":
            return self.super_of(frame)
        if isinstance(func, Lib) and func.name in ("builtins.locals", "builtins.globals", "builtins.vars"):
            return self.opaque()
        args = self.arguments(node.args, frame)
        if not self.quiet:
            self.visits.came(node, self.get(func))
        with self.at(frame.module, node.at):
            self.current = frame
            return self.call(func, args)

    def arguments(self, given: list[s.Arg], frame: Frame) -> Args:
        """Evaluated arguments, starred ones spread where they are known."""
        pos: list[Value] = []
        kw: list[tuple[str, Value]] = []
        more = False
        for arg in given:
            value = self.eval(arg.value, frame)
            if arg.star == 1:
                facts = self.get(value)
                if isinstance(facts, Seq) and facts.items is not None:
                    pos.extend(facts.items)
                elif isinstance(facts, Seq) and facts.elem != UNKNOWN:
                    pos.append(replace(facts, kind="tuple"))
                    more = True
                else:
                    more = True
            elif arg.star == 2:
                facts = self.get(value)
                if isinstance(facts, Map):
                    kw.extend((k, v) for k, v in facts.items if isinstance(k, str))
                    more = more or facts.rest is not None
                else:
                    more = True
            elif arg.name is not None:
                kw.append((arg.name, value))
            else:
                pos.append(value)
        return Args(tuple(pos), tuple(kw), more)

    current: Frame


def _array(facts: Value) -> bool:
    return isinstance(facts, Tensor) and (facts.array or facts.step is not None)


_EVAL: dict[type, Callable[[Any, Any, Frame], Value]] = {
    s.Const: Expressions._const,
    s.Name: Expressions._name,
    s.FString: Expressions._fstring,
    s.Attr: Expressions._attr,
    s.Index: Expressions._index,
    s.Slice: Expressions._slice,
    s.Sequence: Expressions._sequence,
    s.Dict: Expressions._dict,
    s.Star: Expressions._star,
    s.Binary: Expressions._binary,
    s.Unary: Expressions._unary,
    s.Compare: Expressions._compare,
    s.BoolOp: Expressions._boolop,
    s.Cond: Expressions._cond,
    s.Lambda: Expressions._lambda,
    s.Comp: Expressions._comp,
    s.Walrus: Expressions._walrus,
    s.Yield: Expressions._yield,
    s.Await: Expressions._await,
    s.Call: Expressions._call,
}
