"""Imports: names are bound at once and looked at when they are used."""

from __future__ import annotations

from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.values import Lazy, Lib, Value
from shapeguard.analysis.interpreter import modules
from shapeguard.analysis.interpreter.expressions.names import bind_name
from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s


@statement(s.Import)
def run_import(m: Machine, stmt: s.Import, frame: Frame) -> bool:
    """`import a.b as c`, `from a import b`."""
    if stmt.is_from:
        _import_from(m, stmt, frame)
        return True
    for name, alias in stmt.names:
        head = name.split(".")[0]
        found = m.project.locate(frame.module, name)
        if alias is not None:
            bind_name(m, alias, Lib(canonical(name)) if found is None else Lazy(found, None), frame)
            continue
        top = found if head == name else m.project.locate(frame.module, head)
        bind_name(m, head, Lib(head) if found is None else Lazy(top or found, None), frame)
    return True


def _import_from(m: Machine, stmt: s.Import, frame: Frame) -> None:
    """`from a import b`: modules and names of the project, or of a library."""
    base = m.project.locate(frame.module, stmt.module or "", stmt.level)
    head = f"{stmt.module}." if stmt.module else ""
    for name, alias in stmt.names:
        if name == "*":
            if base is not None and (module := m.project.module_at(base)) is not None:
                _import_star(m, modules.module_frame(m, module), frame)
            elif base is None and not stmt.level:
                frame.star_libs.append(stmt.module or "")
            continue
        if is_loss(canonical(head + name)) and not stmt.level:
            bind_name(m, alias or name, Lib(canonical(head + name)), frame)  # our own, also inside of our own repository
            continue
        sub = m.project.locate(frame.module, head + name, stmt.level)
        if sub is not None and sub != frame.module.path:
            value: Value = Lazy(sub, None)
        elif base is not None:
            value = Lazy(base, name)
        else:
            value = m.opaque(name) if stmt.level else Lib(canonical(head + name))
        bind_name(m, alias or name, value, frame)


def _import_star(m: Machine, source: Frame, frame: Frame) -> None:
    for name in sorted(source.names):
        if not name.startswith("_"):
            value = m.store.get(("v", source.id, name))
            if value is not None:
                bind_name(m, name, value, frame)
    frame.star_libs.extend(source.star_libs)
