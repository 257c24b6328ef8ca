"""Statements: run in order, branches joined, loops run twice, and each module once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapeguard.analysis.facts.join import after_loop
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    Args,
    Class,
    Const,
    Func,
    Lib,
    LibObj,
    Method,
    Num,
    Partial,
    Seq,
    Site,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.annotated import name_of
from shapeguard.analysis.interpreter.comprehensions import KEYS, UNROLL
from shapeguard.analysis.interpreter.linking import Linking
from shapeguard.analysis.interpreter.machine import Frame, OutOfFuel
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import statements

METHOD_KINDS = ("builtins.property", "functools.cached_property", "builtins.staticmethod", "builtins.classmethod")
HARMLESS_ERRORS = frozenset("ImportError ModuleNotFoundError KeyboardInterrupt StopIteration".split())


_SHORT = 3  # statements in a loop that moves the fields of a batch: an `if` and its two ways
RAISES = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
REFUSALS = frozenset({"ShapeError", "TypeCheckError", "BeartypeCallHintViolation", "BeartypeCallHintParamViolation"})


class Statements(Linking):
    """Execution of statements."""

    def exec_block(self, body: Sequence[s.Statement], frame: Frame) -> bool:
        for stmt in body:
            self.burn()
            if stmt.above:
                self.hint_above(stmt, frame)
            depth, loops, quiet, site = len(self.stack), len(self.loop_marks), self.quiet, self.site
            try:
                if not _EXEC[type(stmt)](self, stmt, frame):
                    return False
            except (OutOfFuel, RecursionError):
                raise
            except Exception as error:  # our own bug: what this statement does is not known, the rest goes on
                del self.stack[depth:], self.loop_marks[loops:]
                self.quiet, self.site = quiet, site
                self.failed(frame.module, f"{type(error).__name__}: {error} (line {frame.module.span(stmt.at).row})")
        return True

    def _expr(self, stmt: s.ExprStmt, frame: Frame) -> bool:
        view = _copied_into(stmt.value)
        if view is not None and isinstance(self.get(self.eval(view[0].obj, frame)), Tensor):
            self.bind_target(view[0], self.eval(view[1], frame), frame)
            return True
        parted = _parted(stmt.value)
        if parted is not None and self.truth(self.eval(parted[0], frame)) is None:
            _, then, other = parted
            with self.on_condition():
                return self.fork(lambda: self.eval(then, frame) is not None, lambda: self.eval(other, frame) is not None)
        self.eval(stmt.value, frame)
        return True

    def _assign(self, stmt: s.Assign, frame: Frame) -> bool:
        if stmt.value is None:
            return True
        self._unpacked_shape(stmt, frame)
        value = self.eval(stmt.value, frame)
        with self.at(frame.module, stmt.at):
            value = self.hint_assign(stmt, value, frame)
        if frame.kind != "function" or isinstance(stmt.targets[0], s.Attr):
            self.trail.written(value, Site(frame.module, stmt.at))
        for target in stmt.targets:
            self.bind_target(target, value, frame)
        self._bind_entry(stmt, frame)
        return True

    def _bind_entry(self, stmt: s.Assign, frame: Frame) -> None:
        """`row = out[i]`: writing the row writes what it is of."""
        made, target = stmt.value, stmt.targets[0]
        if isinstance(made, s.Index) and len(made.items) == 1 and isinstance(made.obj, (s.Name, s.Attr)) and isinstance(target, s.Name):
            row = self.lookup(target.id, frame)
            if isinstance(made.items[0], (s.Name, s.Const)) and isinstance(self.get(row), Tensor):
                at = self.get(self.eval(made.items[0], frame))
                if isinstance(at, Num):
                    self.view_of(row, self.eval(made.obj, frame), at)

    def _unpacked_shape(self, stmt: s.Assign, frame: Frame) -> None:
        value, target = stmt.value, stmt.targets[0]
        if not isinstance(target, s.Sequence) or any(not isinstance(t, s.Name) for t in target.items):
            return
        if isinstance(value, s.Call) and not value.args and isinstance(value.func, s.Attr) and value.func.name == "size":
            obj = value.func.obj
        elif isinstance(value, s.Attr) and value.name == "shape":
            obj = value.obj
        else:
            return
        tensor = self.as_tensor(self.eval(obj, frame))
        if tensor is None or tensor.shape.pack is None:
            return
        self.unpack_shape([t.id for t in target.items if isinstance(t, s.Name)], tensor)

    def _augassign(self, stmt: s.AugAssign, frame: Frame) -> bool:
        if stmt.op == "*" and isinstance(stmt.target, s.Index) and self.rescaled(stmt.target, stmt.value, frame):
            return True
        left = self.eval(stmt.target, frame)
        right = self.eval(stmt.value, frame)
        with self.at(frame.module, stmt.at):
            self.accumulated(right)
            facts = self.get(left)
            value = self.binary(stmt.op, left, right)
            if isinstance(facts, Seq) and facts.kind == "list" and isinstance(self.get(value), Seq):
                self.set(left, self.get(value))
                return True
            if stmt.op == "*" and self.masked_in_place(left, right, value):
                return True
        self.bind_target(stmt.target, value, frame)
        return True

    def _return(self, stmt: s.Return, frame: Frame) -> bool:
        value = NONE if stmt.value is None else self.eval(stmt.value, frame)
        owner = frame
        while owner.kind == "block" and owner.parent is not None:
            owner = owner.parent
        if owner.mark is not None:
            owner.returns.append((value, self.store.changes(owner.mark)))
        return False

    def _raise(self, stmt: s.Raise, frame: Frame) -> bool:
        if stmt.value is not None:
            self.eval(stmt.value, frame)
        return False

    def _assert(self, stmt: s.Assert, frame: Frame) -> bool:
        self.eval(stmt.test, frame)
        return True

    def _delete(self, stmt: s.Delete, frame: Frame) -> bool:
        return True

    def _jump(self, stmt: s.Jump, frame: Frame) -> bool:
        if stmt.kind == "pass" or not self.loop_marks:
            return True
        mark, breaks, continues = self.loop_marks[-1]
        (breaks if stmt.kind == "break" else continues).append(self.store.changes(mark))
        return False

    def _scope(self, stmt: s.Scope, frame: Frame) -> bool:
        frame.outer.update(dict.fromkeys(stmt.names, stmt.kind))
        return True

    # imports

    # branches

    def _if(self, stmt: s.If, frame: Frame) -> bool:
        if frame.kind == "module" and _is_main_guard(stmt.test):
            self.main_blocks.setdefault(frame.module.path, []).append(stmt.body)
            return self.exec_block(stmt.orelse, frame) if stmt.orelse else True
        asked = self.eval(stmt.test, frame)
        self.look_at_count(asked)
        known = self.truth(asked)
        self.visits.decided(stmt, known)
        if self.rounds and stmt.body and isinstance(last := stmt.body[-1], s.Jump) and last.kind == "break":
            self.stops_at(asked)
        if known is not None:
            self.trail.steer(asked)
            return self.exec_block(stmt.body if known else stmt.orelse, frame)
        with self.on_condition():
            return self.fork(lambda: self.exec_block(stmt.body, frame), lambda: self.exec_block(stmt.orelse, frame))

    main_blocks: dict[str, list[list[s.Statement]]]

    def _try(self, stmt: s.Try, frame: Frame) -> bool:
        def body() -> bool:
            refused = any(_refusal(kind) for kind, _, _ in stmt.handlers)
            return self._expecting(refused, stmt.body, frame) and self.exec_block(stmt.orelse, frame)

        def handler(name: str | None, block: list[s.Statement]) -> Callable[[], bool]:
            def run() -> bool:
                if name:
                    self.assign(name, self.opaque(name), frame)
                return self.exec_block(block, frame)

            return run

        branches = [body]
        for kind, name, block in stmt.handlers:
            if isinstance(kind, s.Name) and kind.id in HARMLESS_ERRORS:
                continue
            branches.append(handler(name, block))
        falls = self.fork(*branches) if len(branches) > 1 else body()
        if not falls and len(branches) != len(stmt.handlers) + 1:
            falls = self.fork(*(handler(n, b) for _, n, b in stmt.handlers))
        return self.exec_block(stmt.final, frame) and falls

    def _match(self, stmt: s.Match, frame: Frame) -> bool:
        self.eval(stmt.subject, frame)

        def case(names: list[str], block: list[s.Statement]) -> Callable[[], bool]:
            def run() -> bool:
                for name in names:
                    self.assign(name, self.opaque(name), frame)
                return self.exec_block(block, frame)

            return run

        return self.fork(*(case(n, b) for n, b in stmt.cases), lambda: True)

    def _with(self, stmt: s.With, frame: Frame) -> bool:
        for expr, target in stmt.items:
            value = self.eval(expr, frame)
            if target is not None:
                self.bind_target(target, value, frame)
        return self._expecting(any(isinstance(e, s.Call) and name_of(e.func) in RAISES for e, _ in stmt.items), stmt.body, frame)

    def _expecting(self, refusal: bool, body: list[s.Statement], frame: Frame) -> bool:
        """Run a block, perhaps one whose calls are meant to be refused."""
        self.refused += refusal
        try:
            return self.exec_block(body, frame)
        finally:
            self.refused -= refusal

    # loops

    def _for(self, stmt: s.For, frame: Frame) -> bool:
        source = self.eval(stmt.iter, frame)
        facts = self.get(source)
        if isinstance(facts, LibObj) and (parts := facts.fact("__parts__")) is not None:
            facts = self.get(parts)
        items = facts.items if isinstance(facts, Seq) else None
        counted = bool(items) and all(isinstance(self.get(i), Num) for i in items or ())
        short = sum(1 for _ in statements(stmt.body)) <= _SHORT
        few = KEYS if items and short and all(self._names(i) for i in items) else UNROLL
        if items is not None and len(items) <= few and not counted and any(self._tells_apart(i) for i in items):
            return self._unrolled(stmt, items, frame)

        def body() -> bool:
            with self.at(frame.module, stmt.iter.at):
                item = Num(fresh("i")) if counted and len(items or ()) == 1 else self.elem(source)
            self.bind_target(stmt.target, item, frame)
            self._bind_rows(stmt.target, stmt.iter, frame)
            with self.in_round(item, source):
                return self.exec_block(stmt.body, frame)

        self._loop(body, self.length(facts))
        return self.exec_block(stmt.orelse, frame)

    def _bind_rows(self, target: s.Expr, source: s.Expr, frame: Frame) -> None:
        """`for row in out`, `for row, ids in zip(out, rows)`, `for i, row in enumerate(out)`: writing a row writes what it is of."""
        if isinstance(target, s.Name) and isinstance(source, (s.Name, s.Attr)):
            row, owner = self.lookup(target.id, frame), self.eval(source, frame)
            if row != owner:
                self.view_of(row, owner, Num(fresh("i", "index")))
        elif isinstance(target, s.Sequence) and isinstance(source, s.Call) and isinstance(source.func, s.Name):
            given = [a.value for a in source.args if not a.star and a.name is None]
            if source.func.id == "enumerate" and given and len(target.items) == 2:
                self._bind_rows(target.items[1], given[0], frame)
            elif source.func.id == "zip" and len(given) == len(target.items) == len(source.args):
                for one, of in zip(target.items, given, strict=True):
                    self._bind_rows(one, of, frame)

    def _names(self, item: Value) -> bool:
        """Whether an item is a string, or begins with one: a key of a dict, perhaps with what stands under it."""
        facts = self.get(item)
        if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items:
            facts = self.get(facts.items[0])
        return isinstance(facts, Const) and isinstance(facts.value, str)

    def _tells_apart(self, item: Value, depth: int = 0) -> bool:
        """Whether an item is more than data: a name, a callable or an object, so that each round is a program of its own."""
        facts = self.get(item)
        if isinstance(facts, Seq) and facts.kind == "tuple" and facts.items is not None and depth < 2:
            return any(self._tells_apart(i, depth + 1) for i in facts.items)
        return not isinstance(facts, (Num, Tensor, Seq, Unknown)) and not (isinstance(facts, Const) and not isinstance(facts.value, str))

    def _unrolled(self, stmt: s.For, items: tuple[Value, ...], frame: Frame) -> bool:
        for item in items:
            def body(item: Value = item) -> bool:
                self.bind_target(stmt.target, item, frame)
                return self.exec_block(stmt.body, frame)

            if not self._once(body):
                break
        return self.exec_block(stmt.orelse, frame)

    def _while(self, stmt: s.While, frame: Frame) -> bool:
        first = self.truth(self.eval(stmt.test, frame))
        if first is False:
            return self.exec_block(stmt.orelse, frame)

        def body() -> bool:
            self.eval(stmt.test, frame)
            return self.exec_block(stmt.body, frame)

        self._loop(body)
        return self.exec_block(stmt.orelse, frame)

    def _loop(self, body: Callable[[], bool], trips: Dim | None = None) -> None:
        """Run a body twice: first unrecorded, to learn what it carries round, then for good from the join of both states."""
        if self.quiet:
            self._once(body)
            return
        mark = self.store.mark()
        with self.silently():
            self._once(body)
        carried = self.store.changes(mark)
        self.store.undo(mark)
        self.store.release(mark)
        grown = {k: (v, None) for k in carried if trips is not None and isinstance(v := self.store.get(k), (Seq, Num))}
        self.store.merge([{}, carried], self.join)
        # what was joined may stand behind a reference of its own
        starts = {k: (v, self.get(found)) for k, (v, _) in grown.items() if (found := self.store.get(k)) is not None}
        self.leaves = False
        self._once(body)
        if self.leaves:
            return
        for key, (entry, before) in starts.items():
            after = self.store.get(key)
            after = after if after is None else self.get(after)
            if entry is not None and after is not None and after is not before:
                behind = after_loop(entry, before, after, trips)
                if behind is not None:
                    self.store.set(key, behind)

    leaves = False  # whether the loop body that was run last has a break or continue

    def _once(self, body: Callable[[], bool]) -> bool:
        """One pass of a loop body; False when every path leaves the loop."""
        mark = self.store.mark()
        breaks: list[Any] = []
        continues: list[Any] = []
        self.loop_marks.append((mark, breaks, continues))
        try:
            falls = body()
        finally:
            self.store.release(mark)
        self.loop_marks.pop()
        self.leaves = bool(breaks or continues)
        if not self.leaves:
            return falls
        ends = [*continues, *breaks]
        if falls:
            ends.append(self.store.changes(mark))
        self.store.undo(mark)
        self.store.merge(ends, self.join)
        return falls or bool(continues)

    # definitions

    def _funcdef(self, stmt: s.FuncDef, frame: Frame) -> bool:
        self.capture(frame)
        value: Value = Func(stmt, frame.module, frame.id, self.class_of_frame(frame), self.defaults(stmt.params, frame))
        if isinstance(value, Func):
            self.undecorated[id(stmt)] = value
        for decorator in reversed(stmt.decorators):
            value = self._decorated(decorator, value, frame)
        self.store.set(("v", frame.id, stmt.name), value)
        frame.names.add(stmt.name)
        if frame.kind == "function" and isinstance(value, Func) and not self.quiet:
            self.nested.append(value)
        return True

    def class_of_frame(self, frame: Frame) -> Class | None:
        """The class whose body a frame is."""
        return self.classes.get(frame.id)

    classes: dict[int, Class]

    def _decorated(self, decorator: s.Expr, value: Value, frame: Frame) -> Value:
        if isinstance(decorator, s.Attr) and decorator.name in ("setter", "deleter"):
            return self.lookup_own(decorator, frame) or value
        if isinstance(decorator, s.Attr) and decorator.name == "getter":
            return value
        made = self.eval(decorator, frame)
        facts = self.get(made)
        if isinstance(facts, Lib) and facts.name in METHOD_KINDS:
            return self.call(facts, Args((value,)))
        if isinstance(facts, (Func, Method, Partial)):
            nested = len(self.nested)
            with self.at(frame.module, decorator.at):
                result = self.get(self.call(facts, Args((value,))))
            del self.nested[nested:]  # what a decorator makes is called for what it wraps
            return result if isinstance(result, (Func, Class)) else value
        return value  # a library's decorator (no_grad, hydra.main, command ...) leaves the function what it is

    def lookup_own(self, node: s.Attr, frame: Frame) -> Value | None:
        """The property that `@name.setter` extends."""
        return self.store.get(("v", frame.id, node.obj.id)) if isinstance(node.obj, s.Name) else None

    def _classdef(self, stmt: s.ClassDef, frame: Frame) -> bool:
        bases = tuple(self.eval(b.value, frame) for b in stmt.bases if b.name is None and not b.star)
        self.capture(frame)
        body = Frame(self.store.number(), frame.module, "class", frame)
        self.frames[body.id] = body
        cls = Class(stmt, frame.module, body.id, bases, stmt.name)
        self.classes[body.id] = cls
        self.exec_block(stmt.body, body)
        value: Value = cls
        for decorator in reversed(stmt.decorators):
            value = self._decorated(decorator, value, frame)  # a registry's, as a rule
        self.store.set(("v", frame.id, stmt.name), value)
        frame.names.add(stmt.name)
        return True


def _refusal(kind: s.Expr | None) -> bool:
    """Whether an `except` names what a checker of annotations raises."""
    kinds = kind.items if isinstance(kind, s.Sequence) else [kind] if kind is not None else []
    return any(name_of(k) in REFUSALS for k in kinds)


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


def _is_main_guard(test: s.Expr) -> bool:
    return (
        isinstance(test, s.Compare)
        and any(isinstance(e, s.Name) and e.id == "__name__" for e in (test.left, *(e for _, e in test.rest)))
        and any(isinstance(e, s.Const) and e.value == "__main__" for e in (test.left, *(e for _, e in test.rest)))
    )


_EXEC: dict[type, Callable[[Any, Any, Frame], bool]] = {
    s.ExprStmt: Statements._expr,
    s.Assign: Statements._assign,
    s.AugAssign: Statements._augassign,
    s.Return: Statements._return,
    s.Raise: Statements._raise,
    s.Assert: Statements._assert,
    s.Delete: Statements._delete,
    s.Jump: Statements._jump,
    s.Scope: Statements._scope,
    s.Import: Statements._import,
    s.If: Statements._if,
    s.For: Statements._for,
    s.While: Statements._while,
    s.With: Statements._with,
    s.Try: Statements._try,
    s.Match: Statements._match,
    s.FuncDef: Statements._funcdef,
    s.ClassDef: Statements._classdef,
}

