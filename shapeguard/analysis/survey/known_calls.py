"""What calls make of the values that they are handed, as far as what was called is surely known: fields, or the way through a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shapeguard.analysis.facts.values import Class, Func, Inst, Lib, LibObj, Method, Value
from shapeguard.analysis.interpreter.expressions import refusals
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.objects import class_code
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.held import Flow, State
from shapeguard.analysis.reading.held_paths import Held, Key, Read

_MAX_DEPTH = 4  # functions that hand a value on to others


class KnownCalls:
    """The calls of a program, by what was called when they were run."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._depth = 0

    def fields(self, call: s.Call) -> Callable[[Key], str | None] | None:
        """By place or keyword, the field that an argument becomes, of what does nothing but keep them."""
        callee = self._machine.visits.callee(call)
        if isinstance(callee, (Lib, LibObj)):
            name = callee.name if isinstance(callee, Lib) else callee.cls
            keeps = name == "builtins.dict" or (name.startswith("transformers.") and "Output" in name.rpartition(".")[2])
            return _by_keyword if keeps else None
        if not isinstance(callee, Class):
            return None
        body = class_code(callee).body
        if not all(isinstance(stmt, (s.Assign, s.ExprStmt, s.Jump)) for stmt in body):
            return self._kept_by_init(callee) if self._machine.visits.only(call) is callee else None
        annotated = [stmt for stmt in body if isinstance(stmt, s.Assign) and stmt.annotation is not None]
        names = [t.id for stmt in annotated for t in stmt.targets if isinstance(t, s.Name)]
        return lambda at: at if isinstance(at, str) else names[at] if self._in_order(callee) and at < len(names) else None

    def _in_order(self, cls: Class) -> bool:
        """Whether the fields of a class are those that stand in it, in that order: a dataclass of its own or a NamedTuple."""
        bases = [self._machine.get(base) for base in cls.bases]
        return all(isinstance(base, Lib) and base.name == "typing.NamedTuple" for base in bases)

    @staticmethod
    def _kept_by_init(made: Class) -> Callable[[Key], str | None] | None:
        """Of a class that has nothing but an `__init__` with lines such as `self.logits = logits`."""
        code = class_code(made)
        init = [stmt for stmt in code.body if not isinstance(stmt, (s.ExprStmt, s.Jump))]
        if made.bases or code.decorators or len(init) != 1 or not isinstance(init[0], s.FuncDef) or init[0].name != "__init__":
            return None
        params = [p.name for p in init[0].params if p.kind in ("posonly", "normal")]
        kept: dict[str, str] = {}
        for stmt in init[0].body:
            target = stmt.targets[0] if isinstance(stmt, s.Assign) and len(stmt.targets) == 1 else None
            value = stmt.value if isinstance(stmt, s.Assign) else None
            if not isinstance(target, s.Attr) or not isinstance(value, s.Name) or value.id in kept:
                return None
            kept[value.id] = target.name
        return lambda at: kept.get(at if isinstance(at, str) else params[at + 1] if at + 1 < len(params) else "")

    def handed(self, call: s.Call, given: Sequence[tuple[Key, Held]]) -> Held | None:
        """Where values that are handed to a function lie in what it gives; None where it is not known or may read them."""
        found = self._entered(call)
        if found is None or self._depth >= _MAX_DEPTH:
            return None
        node, placed = found
        params = [p.name for p in node.params if p.kind in ("posonly", "normal")]
        named = {p.name for p in node.params if p.kind in ("normal", "kwonly")}
        state: State = {}
        for at, held in given:
            name = at if isinstance(at, str) else params[at + placed] if at + placed < len(params) else ""
            if name not in (named if isinstance(at, str) else params):
                return None
            state[name] = held
        self._depth += 1
        try:
            return Flow(None, frozenset(), self, given=state).returned(node.body)
        except Read:
            return None
        finally:
            self._depth -= 1

    def _entered(self, call: s.Call) -> tuple[s.FuncDef, int] | None:
        """The function that a call enters, each time the same, and how many arguments Python puts before those that are written."""
        callee: Value | None = self._machine.visits.only(call)
        if not isinstance(callee, (Func, Method, Inst)) or any(a.star for a in call.args):
            return None
        around = self._machine.frames.by_id[callee.func.frame if isinstance(callee, Method) else _frame(callee)]
        found = refusals.runs(self._machine, call, callee, around)
        if found is None or not isinstance(found[0].node, s.FuncDef) or found[0].node.is_generator:
            return None
        return found[0].node, found[1]


def _frame(callee: Func | Inst) -> int:
    return callee.frame if isinstance(callee, Func) else callee.cls.frame


def _by_keyword(at: Key) -> str | None:
    return at if isinstance(at, str) else None

