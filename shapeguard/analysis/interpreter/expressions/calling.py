"""Calls as they are written, and what makes functions of expressions: `f(x, *xs)`, `lambda`, `yield`, `await`."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Func, Lib, Map, Seq, Value
from shapeguard.analysis.interpreter.expressions import literals, refusals
from shapeguard.analysis.interpreter.language import expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import named_losses
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.visits import Refusal
from shapeguard.analysis.interpreter.values import derived, functions
from shapeguard.analysis.reading import syntax as s


@expression(s.Call)
def value_of_call(m: Machine, node: s.Call, frame: Frame) -> Value:
    """`f(x, *xs, name=y)`."""
    if isinstance(node.func, s.Name) and node.func.id == "print":
        literals.unread(m, [a.value for a in node.args], frame)
        return NONE
    func = m.value(node.func, frame)
    if isinstance(func, Lib) and func.name == "builtins.super":
        return derived.super_of(m, frame)
    if isinstance(func, Lib) and func.name in ("builtins.locals", "builtins.globals", "builtins.vars"):
        return m.opaque()
    args = arguments(m, node.args, frame)
    refused = refusals.refused(m, node, m.get(func), args, frame)
    if refused and m.book.behind is None:
        m.book.behind = Refusal(Site(frame.module, node.at), refused)
    if not m.book.quiet and m.book.behind is not None:
        m.visits.came_behind(node, m.book.behind)
    elif not m.book.quiet:
        m.visits.note_call(node, m.get(func))
    with m.at(frame.module, node.at):
        m.frames.current = frame
        m.book.stuck = None
        value = m.call(func, args)
    if m.book.stuck is not None and refusals.runs(m, node, m.get(func), frame) is not None:
        m.book.behind = m.book.behind or m.book.stuck
    m.book.stuck = None
    return value


def arguments(m: Machine, given: list[s.Arg], frame: Frame) -> Args:
    """Evaluated arguments, starred ones spread where they are known."""
    pos: list[Value] = []
    kw: list[tuple[str, Value]] = []
    more = False
    for arg in given:
        value = m.value(arg.value, frame)
        if arg.star == 1:
            facts = m.get(value)
            if isinstance(facts, Seq) and facts.items is not None:
                pos.extend(facts.items)
            elif isinstance(facts, Seq) and facts.elem != UNKNOWN:
                pos.append(replace(facts, kind="tuple"))
                more = True
            else:
                more = True
        elif arg.star == 2:
            facts = m.get(value)
            if isinstance(facts, Map):
                kw.extend((k, v) for k, v in facts.items if isinstance(k, str))
                more = more or facts.rest is not None
            else:
                more = True
        elif arg.name is not None:
            named_losses.named(m, arg.name, value)
            kw.append((arg.name, value))
        else:
            pos.append(value)
    return Args(tuple(pos), tuple(kw), more)


@expression(s.Lambda)
def value_of_lambda(m: Machine, node: s.Lambda, frame: Frame) -> Value:
    """`lambda x: x`."""
    frame.capture()
    return Func(node, frame.module, frame.id, defaults=functions.defaults(m, node.params, frame))


@expression(s.Yield)
def value_of_yield(m: Machine, node: s.Yield, frame: Frame) -> Value:
    """`yield x`: what is handed in again is not known."""
    value = NONE if node.value is None else m.value(node.value, frame)
    frame.around().yields.append(m.elem(value) if node.from_ else value)
    return m.opaque()


@expression(s.Await)
def value_of_await(m: Machine, node: s.Await, frame: Frame) -> Value:
    """`await x`."""
    return m.value(node.value, frame)
