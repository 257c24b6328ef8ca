"""Literals: numbers, strings, slices, lists, tuples, sets and dicts that are written out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts import texts
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.token_names import role_of_token
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Const, Map, Num, Seq, SliceV, Unknown, Value
from shapeguard.analysis.interpreter.language import expression
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import named_losses
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.ops.python import containers, written_rows
from shapeguard.analysis.reading import syntax as s


@expression(s.Const)
def constant(m: Machine, node: s.Const, frame: Frame) -> Value:
    """`1`, `"text"`, `None`."""
    v = node.value
    if v.__class__ is int:
        return Num(Dim.of(v))
    return NONE if v is None else Const(v)


@expression(s.FString)
def formatted_string(m: Machine, node: s.FString, frame: Frame) -> Value:
    """`f"{x}"`."""
    return texts.joined(unread(m, node.parts, frame)) or UNKNOWN


def unread(m: Machine, nodes: list[s.Expr], frame: Frame) -> list[Value]:
    """Evaluate what is merely printed, which does not count as used."""
    before = set(frame.loaded)
    values = [m.value(part, frame) for part in nodes]
    frame.loaded = before
    return values


@expression(s.Slice)
def slice_of(m: Machine, node: s.Slice, frame: Frame) -> Value:
    """`a:b:c` between brackets."""

    def bound(part: s.Expr | None) -> Value:
        return NONE if part is None else m.get(m.value(part, frame))

    return SliceV(bound(node.lo), bound(node.hi), bound(node.step))


@expression(s.Sequence)
def sequence(m: Machine, node: s.Sequence, frame: Frame) -> Value:
    """`[a, *b]`, `(a, b)`, `{a, b}`."""
    kind: Any = node.kind
    if any(isinstance(i, s.Star) for i in node.items) and kind != "tuple":
        out: Value = containers.make(m, "list", ())
        for item in node.items:
            if isinstance(item, s.Star):
                part = m.value(item.value, frame)
            else:
                part = m.new(containers.make(m, "list", (m.value(item, frame),)))
            if isinstance(item, s.Star) and not isinstance(m.get(part), (Seq, Unknown)):
                part = m.new(containers.as_seq(m, part))
            made = containers.plus(m, m.new(out), part)
            out = made if made is not None else out
        return _literal(m, kind, out if isinstance(out, Seq) else containers.make(m, "list", ()))
    items: list[Value] = []
    for item in node.items:
        if isinstance(item, s.Star):
            facts = m.get(m.value(item.value, frame))
            if not isinstance(facts, Seq) or facts.items is None:
                return Seq("tuple", None, m.opaque(), fresh("n"))
            items.extend(facts.items)
        else:
            items.append(m.value(item, frame))
    made = containers.make(m, kind, tuple(items))
    if len(items) != len(node.items):
        return _literal(m, kind, made)
    with m.at(frame.module, node.at):
        return _literal(m, kind, written_rows.written_out(m, made, [_constant(i) for i in node.items]))


def _constant(node: s.Expr) -> bool:
    """Whether a number or a string is written out, or a name by which an id begins or ends rows."""
    name = node.id if isinstance(node, s.Name) else node.name if isinstance(node, s.Attr) else ""
    inner = node.value if isinstance(node, s.Unary) else node
    return isinstance(inner, s.Const) or role_of_token(name) in ("bos", "eos", "sep", "unk")


def _literal(m: Machine, kind: str, seq: Seq) -> Value:
    seq = replace(seq, kind=kind)  # type: ignore[arg-type]
    return seq if kind == "tuple" else m.new(seq)


@expression(s.Dict)
def dictionary(m: Machine, node: s.Dict, frame: Frame) -> Value:
    """`{key: value, **rest}`."""
    items: dict[Any, Value] = {}
    rest: Value | None = None
    for key, value in node.items:
        v = m.value(value, frame)
        if key is None:
            facts = m.get(v)
            if isinstance(facts, Map):
                items.update(facts.items)
                rest = rest or facts.rest
            else:
                rest = m.opaque()
            continue
        k = m.key(m.value(key, frame))
        if k is None:
            rest = v if rest is None else m.join(rest, v)
        else:
            items[k] = v
            if isinstance(k, str):
                named_losses.named(m, k, v)
    return m.new(Map(tuple(items.items()), rest))


@expression(s.Star)
def starred(m: Machine, node: s.Star, frame: Frame) -> Value:
    """`*x` where nothing is spread."""
    return m.value(node.value, frame)
