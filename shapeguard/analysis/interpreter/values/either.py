"""One of a few callables or criteria: what is asked of it is asked of each."""

from __future__ import annotations

from collections.abc import Callable

from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.values import NONE, Args, Const, Either, Lib, LibObj, Value
from shapeguard.analysis.interpreter.language import attributes, calls, items, iterates, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.ops.table import canonical


@calls(Either)
def call_either(m: Machine, either: Either, held: Value, args: Args) -> Value:
    """Each of the few; a loss beside something that is none is judged with doubt: the code around may know which it is."""
    results: list[Value] = []
    doubted = any(_loss_name(m, o) for o in either.options) and any(_no_loss(m, o) for o in either.options)

    def one(option: Value) -> Callable[[], bool]:
        def run() -> bool:
            m.doubts += doubted
            try:
                results.append(m.call(option, args))
            finally:
                m.doubts -= doubted
            return True

        return run

    m.run_branches(*(one(o) for o in either.options if o != NONE))  # what is called is not None
    return m.join_all(results)


def _no_loss(m: Machine, option: Value) -> bool:
    """Whether an option is something of a library that is no cross entropy, or nothing."""
    return isinstance(m.get(option), (Lib, LibObj, Const)) and _loss_name(m, option) is None


def _loss_name(m: Machine, option: Value) -> str | None:
    facts = m.get(option)
    name = facts.name if isinstance(facts, Lib) else facts.cls if isinstance(facts, LibObj) else ""
    return name if is_loss(canonical(name)) else None


@attributes(Either)
def attribute_of_either(m: Machine, either: Either, held: Value, name: str) -> Value:
    """`.name` of each."""
    return m.join_all([m.attr(o, name) for o in either.options if o != NONE])


@items(Either)
def item_of_either(m: Machine, either: Either, held: Value, index: Value) -> Value:
    """Nothing is known of it."""
    return m.opaque()


@iterates(Either)
def iterate_either(m: Machine, either: Either, held: Value) -> Value:
    """What going over each gives."""
    return m.join_all([m.elem(o) for o in either.options])


@truths(Either)
def truth_of_either(m: Machine, either: Either) -> bool | None:
    """It is true unless None is among them."""
    return None if NONE in either.options else True
