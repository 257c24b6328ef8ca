"""Imports: names are bound at once and looked at when they are used."""

from __future__ import annotations

from bisect import bisect_right

from shapeguard.analysis.facts.values import Const, Inst, Lazy, Lib, Map, Mod, Ref, Value
from shapeguard.analysis.interpreter.machine import Frame, Machine, canonical
from shapeguard.analysis.ops import table
from shapeguard.analysis.reading import syntax as s

MAX_REGISTERING = 40  # files that are run because they may register what a dict is asked for


class Linking(Machine):
    """Imports."""

    def _import(self, stmt: s.Import, frame: Frame) -> bool:
        if stmt.is_from:
            self._import_from(stmt, frame)
            return True
        for name, alias in stmt.names:
            head = name.split(".")[0]
            found = self.project.locate(frame.module, name)
            if alias is not None:
                self.assign(alias, Lib(canonical(name)) if found is None else Lazy(found, None), frame)
                continue
            top = found if head == name else self.project.locate(frame.module, head)
            self.assign(head, Lib(head) if found is None else Lazy(top or found, None), frame)
        return True

    def _import_from(self, stmt: s.Import, frame: Frame) -> None:
        base = self.project.locate(frame.module, stmt.module or "", stmt.level)
        head = f"{stmt.module}." if stmt.module else ""
        for name, alias in stmt.names:
            if name == "*":
                if base is not None and (module := self.project.module_at(base)) is not None:
                    self._import_star(self.module_frame(module), frame)
                elif base is None and not stmt.level:
                    frame.star_libs.append(stmt.module or "")
                continue
            if self.is_loss(canonical(head + name)) and not stmt.level:
                self.assign(alias or name, Lib(canonical(head + name)), frame)  # our own, also inside of our own repository
                continue
            sub = self.project.locate(frame.module, head + name, stmt.level)
            if sub is not None and sub != frame.module.path:
                value: Value = Lazy(sub, None)
            elif base is not None:
                value = Lazy(base, name)
            else:
                value = self.opaque(name) if stmt.level else Lib(canonical(head + name))
            self.assign(alias or name, value, frame)

    def force(self, lazy: Lazy) -> Value:
        """What an import brings, now that it is used."""
        module = self.project.module_at(lazy.path)
        if module is None:
            return self.opaque(lazy.name or "")
        source = self.module_frame(module)
        if lazy.name is None:
            return Mod(module, source.id)
        value = self.store.get(("v", source.id, lazy.name))
        if isinstance(value, Lazy):
            return self.opaque(lazy.name) if value == lazy else self.force(value)
        if value is None:
            sub = self.project.submodule(module, lazy.name)
            if sub is not None:
                return Mod(sub, self.module_frame(sub).id)
            value = next((Lib(n) for lib in source.star_libs if _known(n := canonical(f"{lib}.{lazy.name}"))), None)
        return value if value is not None else self.opaque(lazy.name)

    def registered(self, table: Value, key: Value) -> Value:
        """The facts of a dict that is asked for a key, once the files that may register it are run.

        Imports are followed when their names are used, but those which only register something have none that is.
        """
        facts = self.get(table)
        if not isinstance(facts, Map) or facts.rest is not None or not isinstance(table, Ref):
            return facts
        wanted = self.get(key)
        if not isinstance(wanted, Const) or not isinstance(wanted.value, str) or facts.get(wanted.value) is not None:
            return facts
        asked = (table.id, wanted.value)
        if asked in self.asked:
            return facts
        self.asked.add(asked)
        home = next((f for f in self._running_when_made(table) if self._holds(f, table)), None)
        for path in self._registering(home.module.path) if home is not None else ():
            if path not in self.module_frames and (module := self.project.module_at(path)) is not None:
                self.module_frame(module)
        return self.get(table)

    def _running_when_made(self, table: Ref) -> list[Frame]:
        """The modules one of which made a dict: what a function makes when it is called is no registry, and most dicts are that."""
        at = bisect_right(self.module_runs, table.id, key=lambda run: run[0]) - 1
        if at < 0 or table.id >= self.module_runs[at][1]:
            return []
        first, last = self.module_runs[at]
        return [f for f in self.module_frames.values() if first <= f.id < last]

    def _holds(self, frame: Frame, table: Ref) -> bool:
        """Whether a module keeps a dict under a name of its own, or in an object that it keeps."""
        for name in frame.names:
            value = self.store.get(("v", frame.id, name))
            if value == table:
                return True
            facts = self.get(value) if value is not None else None
            if isinstance(facts, Inst) and any(self.store.get(("a", facts.uid, n)) == table for n in self.attr_names.get(facts.uid, ())):
                return True
        return False

    def _registering(self, home: str) -> list[str]:
        """The files that import a module, also by way of its package."""
        found = self.project.importers(home)
        packages = [path for path in found if path.endswith("__init__.py")]
        return list(dict.fromkeys(found + [up for path in packages for up in self.project.importers(path)]))[:MAX_REGISTERING]

    def _import_star(self, source: Frame, frame: Frame) -> None:
        for name in sorted(source.names):
            if not name.startswith("_"):
                value = self.store.get(("v", source.id, name))
                if value is not None:
                    self.assign(name, value, frame)
        frame.star_libs.extend(source.star_libs)


def _known(dotted: str) -> bool:
    return dotted in table.CALLS or dotted in table.INSTANCES
