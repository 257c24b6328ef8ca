"""Annotations as promises: what a known caller hands over, held against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shapeguard.analysis.facts.contents import Note
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Lib, Unknown
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.written.annotated import Handed, contradiction, name_of, sole_tensor_type
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

TYPES = ("jaxtyping", "shapeguard")


def judge_arguments(m: Machine, node: s.FuncDef, arrived: Sequence[tuple[s.Param, Tensor]], frame: Frame) -> None:
    """Hold what a known caller hands over against the annotations of the parameters."""
    if m.refused:
        return
    handed: list[Handed] = []
    params: dict[str, s.Param] = {}
    for p, tensor in arrived:
        found = sole_tensor_type(p.annotation)
        if found is not None and is_tensor_type(m, found[1], frame):
            handed.append(Handed(p.name, found[0], tensor, name_of(found[1])))
            params[p.name] = p
    wrong = contradiction(handed)
    if wrong is None:
        return
    last = wrong.handed[-1]
    annotation = params[last.name].annotation
    with m.at(frame.module, annotation.at if annotation is not None else node.at):
        steps = [h.tensor.step for h in wrong.handed]
        sure = not wrong.of_dtype or not any(link.kind == "annotation" for one in steps if one is not None for link in one.history())
        step = m.step("contradicted", f"in {node.name}(), {wrong.text}", *steps, shape=last.tensor.shape, sure=sure)
    m.book.broken.append((m.frames.stack[-1][1], step))
    for h in wrong.handed:  # the caller's own tensor stays as it is
        value = m.store.get(("v", frame.id, h.name))
        facts = m.get(value) if value is not None else None
        if isinstance(facts, Tensor):
            noted = replace(facts, notes=(*facts.notes, Note("contradicted", step)))
            m.store.set(("v", frame.id, h.name), m.new(noted))


def is_tensor_type(m: Machine, node: s.Expr, frame: Frame) -> bool:
    """Whether a name in an annotation is jaxtyping's, or one of the types that are named here."""
    outer = frame.parent or frame
    with m.at(frame.module, node.at), m.book.silently():
        facts = m.get(m.value(node, outer))
    if isinstance(facts, Lib):
        return facts.name.partition(".")[0] in TYPES
    return isinstance(facts, Unknown) and isinstance(node, s.Name) and _for_types_only(node.id, frame.module)


def _for_types_only(name: str, module: Module) -> bool:
    """Whether a name is imported where only a type checker looks: below `if TYPE_CHECKING`."""
    blocks = (stmt.body for stmt in module.body if isinstance(stmt, s.If) and name_of(stmt.test) == "TYPE_CHECKING")
    imports = (i for body in blocks for i in body if isinstance(i, s.Import) and i.is_from and i.module in TYPES)
    return any((alias or said) == name for i in imports for said, alias in i.names)
