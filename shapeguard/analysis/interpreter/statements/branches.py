"""Statements that choose a way, or end one: if, try, match, with, raise, assert."""

from __future__ import annotations

from collections.abc import Callable

from shapeguard.analysis.facts.values import Lib
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.expressions.names import bind_name
from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import counts
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.written.annotated import name_of
from shapeguard.analysis.reading import syntax as s

HARMLESS_ERRORS = frozenset("ImportError ModuleNotFoundError KeyboardInterrupt StopIteration".split())
_OPEN = ("torch.", "builtins.open", "contextlib.nullcontext", "tqdm.", "warnings.")
RAISES = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
REFUSALS = frozenset({"ShapeError", "TypeCheckError", "BeartypeCallHintViolation", "BeartypeCallHintParamViolation"})


@statement(s.If)
def run_if(m: Machine, stmt: s.If, frame: Frame) -> bool:
    """`if test:`; both sides where the test is not known."""
    if frame.kind == "module" and _is_main_guard(stmt.test):
        m.frames.main_blocks.setdefault(frame.module.path, []).append(stmt.body)
        return run_block(m, stmt.orelse, frame) if stmt.orelse else True
    asked = m.value(stmt.test, frame)
    counts.mark_count_guarded(m, asked)
    known = m.truth(asked)
    m.visits.note_decision(stmt, known)
    if m.rounds.running and stmt.body and isinstance(last := stmt.body[-1], s.Jump) and last.kind != "pass":
        counts.stops_at(m, asked)
    if known is False and m.get(asked) == Lib("typing.TYPE_CHECKING"):
        run_block(m, [one for one in stmt.body if isinstance(one, s.Import)], m.frames.of_annotations(frame, m.store.number))
    if known is not None:
        m.trail.chose_branch(asked)
        return run_block(m, stmt.body if known else stmt.orelse, frame)
    with m.rounds.under_condition():
        return m.run_branches(lambda: run_block(m, stmt.body, frame), lambda: run_block(m, stmt.orelse, frame))


def _is_main_guard(test: s.Expr) -> bool:
    return (
        isinstance(test, s.Compare)
        and any(isinstance(e, s.Name) and e.id == "__name__" for e in (test.left, *(e for _, e in test.rest)))
        and any(isinstance(e, s.Const) and e.value == "__main__" for e in (test.left, *(e for _, e in test.rest)))
    )


@statement(s.Try)
def run_try(m: Machine, stmt: s.Try, frame: Frame) -> bool:
    """`try:`; its body, or any of its handlers."""

    def body() -> bool:
        refused = any(_refusal(kind) for kind, _, _ in stmt.handlers)
        return _expecting(m, refused, stmt.body, frame) and run_block(m, stmt.orelse, frame)

    def handler(name: str | None, block: list[s.Statement]) -> Callable[[], bool]:
        def run() -> bool:
            if name:
                bind_name(m, name, m.opaque(name), frame)
            return run_block(m, block, frame)

        return run

    branches = [body]
    for kind, name, block in stmt.handlers:
        if isinstance(kind, s.Name) and kind.id in HARMLESS_ERRORS:
            continue
        branches.append(handler(name, block))
    falls = m.run_branches(*branches) if len(branches) > 1 else body()
    if not falls and len(branches) != len(stmt.handlers) + 1:
        falls = m.run_branches(*(handler(n, b) for _, n, b in stmt.handlers))
    return run_block(m, stmt.final, frame) and falls


@statement(s.Match)
def run_match(m: Machine, stmt: s.Match, frame: Frame) -> bool:
    """`match subject:`; any of its cases, or none."""
    m.value(stmt.subject, frame)

    def case(names: list[str], block: list[s.Statement]) -> Callable[[], bool]:
        def run() -> bool:
            for name in names:
                bind_name(m, name, m.opaque(name), frame)
            return run_block(m, block, frame)

        return run

    return m.run_branches(*(case(n, b) for n, b in stmt.cases), lambda: True)


@statement(s.With)
def run_with(m: Machine, stmt: s.With, frame: Frame) -> bool:
    """`with x as y:`."""
    for expr, target in stmt.items:
        value = m.value(expr, frame)
        if target is not None:
            m.assign(target, value, frame)
    around = frame.around()
    ended = len(around.refusals)
    falls = _expecting(m, any(isinstance(e, s.Call) and name_of(e.func) in RAISES for e, _ in stmt.items), stmt.body, frame)
    return falls or (len(around.refusals) > ended and not all(_hands_errors_on(m, e, frame) for e, _ in stmt.items))


def _hands_errors_on(m: Machine, manager: s.Expr, frame: Frame) -> bool:
    """Whether a context is one of a library that is known not to keep an error to itself."""
    made = m.get(m.value(manager.func if isinstance(manager, s.Call) else manager, frame))
    return isinstance(made, Lib) and made.name.startswith(_OPEN)


def _expecting(m: Machine, refusal: bool, body: list[s.Statement], frame: Frame) -> bool:
    """Run a block, perhaps one whose calls are meant to be refused."""
    m.refused += refusal
    try:
        return run_block(m, body, frame)
    finally:
        m.refused -= refusal


def _refusal(kind: s.Expr | None) -> bool:
    """Whether an `except` names what a checker of annotations raises."""
    kinds = kind.items if isinstance(kind, s.Sequence) else [kind] if kind is not None else []
    return any(name_of(k) in REFUSALS for k in kinds)


@statement(s.Raise)
def run_raise(m: Machine, stmt: s.Raise, frame: Frame) -> bool:
    """`raise error`."""
    if stmt.value is not None:
        m.value(stmt.value, frame)
    return False


@statement(s.Assert)
def run_assert(m: Machine, stmt: s.Assert, frame: Frame) -> bool:
    """`assert test`."""
    m.value(stmt.test, frame)
    return True
