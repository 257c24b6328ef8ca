"""Where the interpreter came by: the calls with what was called, and the tests that were decided."""

from __future__ import annotations

from shapeguard.analysis.facts.values import UNKNOWN, Lib, LibObj, Value
from shapeguard.analysis.reading import syntax as s

_BODY, _ELSE = 1, 2


class Visits:
    """What is remembered of a run, so that a loss that it did not meet can say why."""

    def __init__(self) -> None:
        self._called: dict[int, Value] = {}  # by id() of the concrete node of a call
        self._requested: set[int] = set()
        self._decided: dict[int, int] = {}  # by id() of an `if`: the sides that were run

    def note_call(self, node: s.Call, callee: Value) -> None:
        """Note that a call was reached where a loss would be recorded, and what it calls."""
        known = self._called.get(id(node.at))
        if known is None:
            self._called[id(node.at)] = callee
        elif known is not callee and known is not UNKNOWN and _kind_and_name(known) != _kind_and_name(callee):
            self._called[id(node.at)] = UNKNOWN

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

    def passed_by(self, stmt: s.If, side: bool) -> bool:
        """Whether an `if` was reached, and one of its sides never run."""
        sides = self._decided.get(id(stmt), 0)
        return sides != 0 and not sides & (_BODY if side else _ELSE)


def _kind_and_name(value: Value) -> tuple[type, str]:
    name = value.name if isinstance(value, Lib) else value.cls if isinstance(value, LibObj) else ""
    return type(value), name
