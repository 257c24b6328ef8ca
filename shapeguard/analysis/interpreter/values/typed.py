"""What an annotation says of a value that nothing else is known of: it is an object of a class of the project."""

from __future__ import annotations

import ast

from shapeguard.analysis.facts.values import Args, Class, Inst, Unknown, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import class_code
from shapeguard.analysis.interpreter.values import lineage
from shapeguard.analysis.interpreter.written.annotated import name_of
from shapeguard.analysis.reading import syntax as s

_DEEPEST = 4  # calls inside of each other in which objects are made after annotations: a class may ask for many others
_AROUND = frozenset({"Optional", "Union", "Annotated", "Final", "ClassVar", "InitVar"})
_PLANS = ("enum.", "typing.", "typing_extensions.")  # what derives from these is no object that is called, or not made in this way


def type_params(m: Machine, node: s.FuncDef, frame: Frame) -> None:
    """Parameters of which nothing else is known are the objects that their annotations name."""
    for p in node.params:
        value = m.store.get(("v", frame.id, p.name)) if p.annotation is not None and p.kind not in ("star", "starstar") else None
        made = annotated_object(m, p.annotation, frame.parent or frame) if value is not None and isinstance(m.get(value), Unknown) else None
        if made is not None:
            m.store.set(("v", frame.id, p.name), made)


def annotated_object(m: Machine, node: s.Expr | None, frame: Frame) -> Inst | None:
    """An object of the one class of the project that an annotation names, beside None; None where it names none, or several.

    Where the program makes one such object it is that one; else it is made with arguments that are not known.
    """
    dotted = _dotted(node)
    if dotted is None or len(m.frames.stack) > _DEEPEST:
        return None
    cls = _class_of(m, dotted, frame)
    if cls is None or any(base.startswith(_PLANS) for base in lineage.lib_bases(m, cls)) or _abstract(m, cls):
        return None
    made = m.objects.instances.setdefault(id(cls.node), [])
    live = [i for i in made if any(("a", i.uid, n) in m.store.data for n in m.objects.attributes.get(i.uid, ()))]
    if len(live) == 1:
        return live[0]
    if id(cls.node) in m.objects.annotated or cls.frame in _derived_from(m):
        return None  # it is being made, and holds another of its own kind; or it may be of a class that computes something else
    before = len(made)
    m.objects.annotated.add(id(cls.node))
    try:
        found = m.get(m.call(cls, Args(more=True)))
    finally:
        m.objects.annotated.discard(id(cls.node))
        del made[before:]  # the program does not make it
    return found if isinstance(found, Inst) else None


def _derived_from(m: Machine) -> set[int]:
    """The frames of the classes from which others are derived that do something else."""
    more = [cls for cls in m.frames.classes.values() if any(isinstance(stmt, (s.FuncDef, s.Assign)) for stmt in class_code(cls).body)]
    return {base.frame for cls in more for b in cls.bases if isinstance(base := m.get(b), Class)}


def _class_of(m: Machine, dotted: tuple[str, ...], frame: Frame) -> Class | None:
    here: Frame | None = frame
    while here is not None and ("v", here.id, dotted[0]) not in m.store.data:
        here = here.parent
    if here is None:
        here = m.frames.annotations.get(frame.top().id)
    if here is None or ("v", here.id, dotted[0]) not in m.store.data:
        return None
    value: Value = m.value(s.Name(None, dotted[0]), here)
    for name in dotted[1:]:
        value = m.attr(value, name)
    facts = m.get(value)
    return facts if isinstance(facts, Class) else None


def _abstract(m: Machine, cls: Class) -> bool:
    """Whether only classes that derive from it have objects."""
    line = lineage.mro(m, cls)
    functions = {f.name: f for c in reversed(line) for f in class_code(c).body if isinstance(f, s.FuncDef)}
    return any(name_of(d).startswith("abstract") for f in functions.values() for d in f.decorators)


def _dotted(node: s.Expr | None) -> tuple[str, ...] | None:
    """The parts of the one name that an annotation holds, beside None."""
    if isinstance(node, s.Const) and isinstance(node.value, str):
        return _quoted(node.value)
    if isinstance(node, s.Binary) and node.op == "|":
        return _only([node.left, node.right])
    if isinstance(node, s.Index) and name_of(node.obj) in _AROUND:
        return _only(node.items[:1] if name_of(node.obj) == "Annotated" else node.items)
    if isinstance(node, s.Name):
        return (node.id,)
    if isinstance(node, s.Attr):
        ahead = _dotted(node.obj) if isinstance(node.obj, (s.Name, s.Attr)) else None
        return None if ahead is None else (*ahead, node.name)
    return None


def _only(nodes: list[s.Expr]) -> tuple[str, ...] | None:
    some = [n for n in nodes if not (isinstance(n, s.Const) and n.value is None)]
    return _dotted(some[0]) if len(some) == 1 else None


def _quoted(text: str) -> tuple[str, ...] | None:
    """The same of an annotation in quotes."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _named(node)


def _named(node: ast.expr) -> tuple[str, ...] | None:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=obj, attr=name):
            ahead = _named(obj)
            return None if ahead is None else (*ahead, name)
        case ast.Constant(value=str() as text):
            return _quoted(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _sole([left, right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner) if name in _AROUND:
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _sole(parts[:1] if name == "Annotated" else parts)
    return None


def _sole(nodes: list[ast.expr]) -> tuple[str, ...] | None:
    some = [n for n in nodes if not (isinstance(n, ast.Constant) and n.value is None)]
    return _named(some[0]) if len(some) == 1 else None
