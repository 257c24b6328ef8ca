"""Evidence that people wrote down: annotations, shape comments and docstrings, applied where nothing better is known."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.contents import Mask, Origin
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, Sym, axis, fresh
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.tensors import Tensor, unknown_tensor
from shapeguard.analysis.facts.values import Ref, Seq, Unknown, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.written import checked
from shapeguard.analysis.reading import hints
from shapeguard.analysis.reading import syntax as s


def hint_params(m: Machine, node: s.FuncDef, frame: Frame) -> None:
    """Apply what annotations, docstrings and comments say of the parameters."""
    written = hints.named(node.doc) if node.doc and ("(" in node.doc or "[" in node.doc) else {}
    arrived: list[tuple[s.Param, Tensor]] = []
    for p in node.params:
        hint = hints.annotation(p.annotation)
        value = m.store.get(("v", frame.id, p.name))
        if value is None or p.kind in ("star", "starstar"):
            continue
        if hint is None and p.annotation is not None and isinstance(m.get(value), Unknown):
            listed = _listed(m, p.annotation)
            if listed is not None:
                m.set(value, listed)
                continue
        if hint is not None:
            if isinstance(facts := m.get(value), Tensor):
                arrived.append((p, facts))
            at = p.annotation.at if p.annotation is not None else node.at
            _apply(m, value, hint, frame, at, p.name, sure=True, source="annotation")
            continue
        dims = hints.whole_comment(p.comment) if p.comment else written.get(p.name)
        if dims is not None:
            _apply(m, value, hints.Hint(dims), frame, node.at, p.name, sure=False, source="comment" if p.comment else "docstring")
    if arrived and m.frames.stack:
        checked.judge_arguments(m, node, arrived, frame)


def _listed(m: Machine, node: s.Expr, depth: int = 0) -> Seq | None:
    """`list[Tensor]`, `List[List[int]]`: a list of so many levels."""
    if not isinstance(node, s.Index) or len(node.items) != 1 or depth > 3:
        return None
    name = node.obj.id if isinstance(node.obj, s.Name) else node.obj.name if isinstance(node.obj, s.Attr) else ""
    if name not in ("list", "List", "Sequence", "Iterable"):
        return None
    inner = node.items[0]
    nested = _listed(m, inner, depth + 1)
    if nested is not None:
        return Seq("list", None, m.new(nested), fresh("n"))
    if isinstance(inner, s.Name) and inner.id == "int":
        return Seq("list", None, arith.any_id(), fresh("T", "time" if depth else ""), origin=Origin(uid()))
    if isinstance(inner, (s.Name, s.Attr)) and (inner.id if isinstance(inner, s.Name) else inner.name) == "Tensor":
        return Seq("list", None, m.new(unknown_tensor("x", origin=Origin(uid()))), fresh("n"))
    return None


def hint_assign(m: Machine, stmt: s.Assign, value: Value, frame: Frame) -> Value:
    """Apply an annotation or a shape comment to the value."""
    hint = hints.annotation(stmt.annotation) if stmt.annotation is not None else None
    target = stmt.targets[0]
    name = target.id if isinstance(target, s.Name) else target.name if isinstance(target, s.Attr) else ""
    if hint is not None:
        _apply(m, value, hint, frame, stmt.at, name, sure=True, source="annotation")
    elif stmt.comment and name and ("(" in stmt.comment or "[" in stmt.comment):
        dims = hints.named(stmt.comment).get(name) or hints.whole_comment(stmt.comment)
        if dims is not None:
            _apply(m, value, hints.Hint(dims), frame, stmt.at, name, sure=False, source="comment")
    return value


def hint_above(m: Machine, stmt: s.Stmt, frame: Frame) -> None:
    """`# trg = [trg len, batch size]` above a statement, of a variable that stands by then."""
    if "[" not in stmt.above and "(" not in stmt.above:
        return
    for name, dims in hints.named(stmt.above).items():
        value = m.store.get(("v", frame.id, name))
        if value is not None:
            _apply(m, value, hints.Hint(dims), frame, stmt.at, name, sure=False, source="comment")


def _apply(m: Machine, value: Value, hint: hints.Hint, frame: Frame, node: object, name: str, *, sure: bool, source: str) -> None:
    """Give a value the axes that a hint names, where its own are not known."""
    facts = m.get(value)
    if not isinstance(value, Ref) or not isinstance(facts, (Tensor, Unknown)):
        return
    if isinstance(facts, Tensor) and (facts.shape.min_rank > 0 or facts.shape.pack is None):
        if sure and not any(d.startswith("*") or d == "..." for d in hint.dims):
            _learn_names(m, facts, hint, frame)
        told = _with_classes(m, facts, hint, frame)
        if told is not None:
            with m.at(frame.module, node):
                step = m.step(source, f"{name} is {told.shape} by its {source}", told.step, shape=told.shape, sure=sure)
            m.set(value, replace(told, step=step))
        return
    if not sure and len(hint.dims) < 2:
        return
    axes = hints.axes_of(hint, frame.hints)
    tensor = m.as_tensor(value)
    if axes is None or tensor is None or tensor.shape.pack is None:
        return
    m.bind(tensor.shape.pack, axes)
    bound = m.get(value)
    if not isinstance(bound, Tensor):
        return
    with m.at(frame.module, node):
        step = m.step(source, f"{name} is {bound.shape} by its {source}", bound.step, shape=bound.shape, sure=sure)
    changes = {"step": step}
    if hint.dtype and not bound.dtype:
        changes["dtype"] = hint.dtype  # type: ignore[assignment]
    if hint.dtype in ("int", "int64", "int32") and not bound.scale:
        changes["scale"] = "ids"  # type: ignore[assignment]
        changes["origin"] = bound.origin or Origin(uid())  # type: ignore[assignment]
    if hint.dtype == "bool" and bound.mask is None:
        changes["scale"] = "mask"  # type: ignore[assignment]
        changes["mask"] = Mask("given", "unknown", uid=uid(), step=step)  # type: ignore[assignment]
    if sure and hint.dtype:
        changes["contiguous"] = True  # type: ignore[assignment]
    m.set(value, replace(bound, **changes))  # type: ignore[arg-type]


def _with_classes(m: Machine, facts: Tensor, hint: hints.Hint, frame: Frame) -> Tensor | None:
    """Scores of which some axes are known already, and now which one holds the classes; None where that is told of none that is open."""
    if len(hint.dims) < 2 or any(d.startswith("*") or d == "..." for d in hint.dims):
        return None
    wanted = hints.axes_of(hint, {})
    pack = facts.shape.pack
    if wanted is None or any(isinstance(a, Axis) and a.role == "class" for a in facts.shape.axes):
        return None
    at = [i for i, a in enumerate(wanted) if isinstance(a, Axis) and a.role == "class"]
    if pack is not None and facts.shape.min_rank <= len(wanted):
        axes = tuple(axis(fresh("n")) for _ in range(len(wanted) - facts.shape.min_rank))
        m.bind(pack, axes)
        facts = replace(facts, shape=facts.shape.substitute(pack, axes))
    known = facts.shape.dims
    if known is None or len(known) != len(wanted) or len(at) != 1:
        return None
    size = known[at[0]].size
    old = size.sym if size is not None else None
    if old is None or old.role:
        return None
    told = axis(Dim.of(Sym(old.name, old.uid, "class")))  # the same size, of which more is known
    return replace(facts, shape=Shape((*known[: at[0]], told, *known[at[0] + 1 :])))


def _learn_names(m: Machine, facts: Tensor, hint: hints.Hint, frame: Frame) -> None:
    """An annotation on a tensor whose shape is known gives its names to the sizes."""
    dims = facts.shape.dims
    if dims is None or len(dims) != len(hint.dims):
        return
    for text, known in zip(hint.dims, dims, strict=True):
        size = known.size
        if text.isidentifier() and size is not None:
            frame.hints.setdefault(text, size)
