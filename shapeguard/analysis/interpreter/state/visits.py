"""Where the interpreter came by: the calls with what was called, and the tests that were decided."""

from __future__ import annotations

from dataclasses import dataclass

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import UNKNOWN, Class, Func, Inst, Lib, LibObj, Method, Value
from shapeguard.analysis.reading import syntax as s

_BODY, _ELSE = 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """A call that Python itself refuses, with what it says of it."""

    site: Site
    says: str


class Visits:
    """What is remembered of a run, so that a loss that it did not meet can say why."""

    def __init__(self) -> None:
        self._called: dict[int, Value] = {}  # by id() of the concrete node of a call
        self._requested: set[int] = set()
        self._several: set[int] = set()  # calls of more than one function or class
        self._behind: dict[int, Refusal] = {}  # calls that stand behind one that raises
        self._decided: dict[int, int] = {}  # by id() of an `if`: the sides that were run

    def note_call(self, node: s.Call, callee: Value) -> None:
        """Note that a call was reached where a loss would be recorded, and what it calls."""
        known = self._called.get(id(node.at))
        if known is None:
            self._called[id(node.at)] = callee
            return
        if known is not callee and _node(known) is not _node(callee):
            self._several.add(id(node.at))
        if known is not callee and known is not UNKNOWN and _kind_and_name(known) != _kind_and_name(callee):
            self._called[id(node.at)] = UNKNOWN

    def came_behind(self, node: s.Call, refusal: Refusal) -> None:
        """A call is, or stands behind, one that Python refuses."""
        self._behind.setdefault(id(node.at), refusal)

    def behind(self, node: s.Call) -> Refusal | None:
        """The call that Python refuses before this one is run, on a way that was followed."""
        return self._behind.get(id(node.at))

    def is_first_request(self, node: s.FuncDef) -> bool:
        """Whether this is the first time that a function is asked for here: it is then run by itself."""
        asked = id(node) in self._requested
        self._requested.add(id(node))
        return not asked

    def note_decision(self, stmt: s.If, known: bool | None) -> None:
        """Note how the test of an `if` came out; None where both sides are run."""
        sides = _BODY | _ELSE if known is None else _BODY if known else _ELSE
        self._decided[id(stmt)] = self._decided.get(id(stmt), 0) | sides

    def callee(self, node: s.Call) -> Value | None:
        """What was called; None where the call was never reached, UNKNOWN where it was not one thing."""
        return self._called.get(id(node.at))

    def only(self, node: s.Call) -> Value | None:
        """What was called, where it was one function or class of the project each time."""
        return None if id(node.at) in self._several or self.behind(node) is not None else self._called.get(id(node.at))

    def passed_by(self, stmt: s.If, side: bool) -> bool:
        """Whether an `if` was reached, and one of its sides never run."""
        sides = self._decided.get(id(stmt), 0)
        return sides != 0 and not sides & (_BODY if side else _ELSE)


def _node(value: Value) -> object:
    """The definition of what is called."""
    if isinstance(value, Method):
        value = value.func
    return value.cls.node if isinstance(value, Inst) else value.node if isinstance(value, (Func, Class)) else value


def _kind_and_name(value: Value) -> tuple[type, str]:
    name = value.name if isinstance(value, Lib) else value.cls if isinstance(value, LibObj) else ""
    return type(value), name
