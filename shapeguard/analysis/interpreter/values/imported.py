"""Modules of the project and what is imported from them: looked at when it is used, for most of it never is."""

from __future__ import annotations

from bisect import bisect_right

from shapeguard.analysis.facts.values import Const, Inst, Lazy, Lib, Map, Mod, Ref, Value
from shapeguard.analysis.interpreter import modules
from shapeguard.analysis.interpreter.language import attributes
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import module_of
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.table import canonical

MAX_REGISTERING = 40  # files that are run because they may register what a dict is asked for


@attributes(Mod)
def attribute_of_module(m: Machine, module: Mod, held: Value, name: str) -> Value:
    """`module.name`."""
    found = m.store.get(("v", module.frame, name))
    if isinstance(found, Lazy):
        return resolve_lazy(m, found)
    if found is not None:
        return found
    sub = m.project.submodule(module_of(module), name)
    return Mod(sub, modules.module_frame(m, sub).id) if sub is not None else m.opaque(name)


def resolve_lazy(m: Machine, lazy: Lazy) -> Value:
    """What an import brings, now that it is used."""
    module = m.project.module_at(lazy.path)
    if module is None:
        return m.opaque(lazy.name or "")
    source = modules.module_frame(m, module)
    if lazy.name is None:
        return Mod(module, source.id)
    value = m.store.get(("v", source.id, lazy.name))
    if isinstance(value, Lazy):
        return m.opaque(lazy.name) if value == lazy else resolve_lazy(m, value)
    if value is None:
        sub = m.project.submodule(module, lazy.name)
        if sub is not None:
            return Mod(sub, modules.module_frame(m, sub).id)
        value = next((Lib(n) for lib in source.star_libs if _known(n := canonical(f"{lib}.{lazy.name}"))), None)
    return value if value is not None else m.opaque(lazy.name)


def _known(dotted: str) -> bool:
    return dotted in table.CALLS or dotted in table.INSTANCES


def after_registrations(m: Machine, table: Value, key: Value) -> Value:
    """The facts of a dict that is asked for a key, once the files that may register it are run.

    Imports are followed when their names are used, but those which only register something have none that is.
    """
    facts = m.get(table)
    if not isinstance(facts, Map) or facts.rest is not None or not isinstance(table, Ref):
        return facts
    wanted = m.get(key)
    if not isinstance(wanted, Const) or not isinstance(wanted.value, str) or facts.get(wanted.value) is not None:
        return facts
    asked = (table.id, wanted.value)
    if asked in m.objects.asked:
        return facts
    m.objects.asked.add(asked)
    home = next((f for f in _running_when_made(m, table) if _holds(m, f, table)), None)
    for path in _registering(m, home.module.path) if home is not None else ():
        if path not in m.frames.modules and (module := m.project.module_at(path)) is not None:
            modules.module_frame(m, module)
    return m.get(table)


def _running_when_made(m: Machine, table: Ref) -> list[Frame]:
    """The modules one of which made a dict: what a function makes when it is called is no registry, and most dicts are that."""
    at = bisect_right(m.frames.runs, table.id, key=lambda run: run[0]) - 1
    if at < 0 or table.id >= m.frames.runs[at][1]:
        return []
    first, last = m.frames.runs[at]
    return [f for f in m.frames.modules.values() if first <= f.id < last]


def _holds(m: Machine, frame: Frame, table: Ref) -> bool:
    """Whether a module keeps a dict under a name of its own, or in an object that it keeps."""
    for name in frame.names:
        value = m.store.get(("v", frame.id, name))
        if value == table:
            return True
        facts = m.get(value) if value is not None else None
        if isinstance(facts, Inst) and any(m.store.get(("a", facts.uid, n)) == table for n in m.objects.attributes.get(facts.uid, ())):
            return True
    return False


def _registering(m: Machine, home: str) -> list[str]:
    """The files that import a module, also by way of its package."""
    found = m.project.importers(home)
    packages = [path for path in found if path.endswith("__init__.py")]
    return list(dict.fromkeys(found + [up for path in packages for up in m.project.importers(path)]))[:MAX_REGISTERING]
