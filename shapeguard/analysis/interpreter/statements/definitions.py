"""Definitions of functions and classes, what decorates them, and what stands in functions alone: return, global, nonlocal."""

from __future__ import annotations

from shapeguard.analysis.facts.values import NONE, Args, Class, Func, Lib, Method, Partial, Value
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import named_losses
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.values import functions
from shapeguard.analysis.reading import syntax as s

METHOD_KINDS = ("builtins.property", "functools.cached_property", "builtins.staticmethod", "builtins.classmethod")


@statement(s.FuncDef)
def define_function(m: Machine, stmt: s.FuncDef, frame: Frame) -> bool:
    """`def f(...):`."""
    frame.capture()
    value: Value = Func(stmt, frame.module, frame.id, m.frames.classes.get(frame.id), functions.defaults(m, stmt.params, frame))
    if isinstance(value, Func):
        m.objects.undecorated[id(stmt)] = value
    for decorator in reversed(stmt.decorators):
        value = _decorated(m, decorator, value, frame)
    m.store.set(("v", frame.id, stmt.name), value)
    frame.names.add(stmt.name)
    if frame.kind == "function" and isinstance(value, Func) and not m.book.quiet:
        m.work.nested.append(value)
    return True


def _decorated(m: Machine, decorator: s.Expr, value: Value, frame: Frame) -> Value:
    """What a decorator makes of a function; one that is not followed leaves it as it is."""
    if isinstance(decorator, s.Attr) and decorator.name in ("setter", "deleter"):
        return _property(m, decorator, frame) or value
    if isinstance(decorator, s.Attr) and decorator.name == "getter":
        return value
    made = m.value(decorator, frame)
    facts = m.get(made)
    if isinstance(facts, Lib) and facts.name in METHOD_KINDS:
        return m.call(facts, Args((value,)))
    if isinstance(facts, (Func, Method, Partial)):
        nested = len(m.work.nested)
        with m.at(frame.module, decorator.at):
            result = m.get(m.call(facts, Args((value,))))
        del m.work.nested[nested:]  # what a decorator makes is called for what it wraps
        return result if isinstance(result, (Func, Class)) else value
    return value  # a library's decorator (no_grad, hydra.main, command ...) leaves the function what it is


def _property(m: Machine, node: s.Attr, frame: Frame) -> Value | None:
    """The property that `@name.setter` extends."""
    return m.store.get(("v", frame.id, node.obj.id)) if isinstance(node.obj, s.Name) else None


@statement(s.ClassDef)
def define_class(m: Machine, stmt: s.ClassDef, frame: Frame) -> bool:
    """`class C(...):`; its body is run at once."""
    bases = tuple(m.value(b.value, frame) for b in stmt.bases if b.name is None and not b.star)
    frame.capture()
    body = Frame(m.store.number(), frame.module, "class", frame)
    m.frames.by_id[body.id] = body
    cls = Class(stmt, frame.module, body.id, bases, stmt.name)
    m.frames.classes[body.id] = cls
    run_block(m, stmt.body, body)
    value: Value = cls
    for decorator in reversed(stmt.decorators):
        value = _decorated(m, decorator, value, frame)  # a registry's, as a rule
    m.store.set(("v", frame.id, stmt.name), value)
    frame.names.add(stmt.name)
    return True


@statement(s.Return)
def run_return(m: Machine, stmt: s.Return, frame: Frame) -> bool:
    """`return value`."""
    value = NONE if stmt.value is None else m.value(stmt.value, frame)
    owner = frame.around()
    named_losses.returned(m, owner.func, value)
    if owner.mark is not None and m.book.behind is owner.behind:  # no call before it was refused
        owner.returns.append((value, m.store.changes(owner.mark)))
    return False


@statement(s.Scope)
def run_scope(m: Machine, stmt: s.Scope, frame: Frame) -> bool:
    """`global x`, `nonlocal x`."""
    frame.outer.update(dict.fromkeys(stmt.names, stmt.kind))
    return True
