"""Classes of the project: the order in which attributes are looked up, and how objects are made"""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Class,
    Func,
    Inst,
    Lib,
    LibObj,
    Seq,
    Value,
)
from shapeguard.analysis.interpreter.machine import Machine, canonical
from shapeguard.analysis.reading import syntax as s

_BARE = frozenset({"typing.Generic", "typing_extensions.Generic", "typing.Protocol", "abc.ABC", "builtins.object"})  # bring nothing along


class Classes(Machine):
    """Classes of the project."""

    def mro(self, cls: Class) -> list[Class]:
        """The project classes along the method resolution order (depth first, each at its last place)."""
        known = self.lines.get(cls.frame)
        if known is not None:
            return known
        order: list[Class] = []

        def visit(c: Class, depth: int) -> None:
            order.append(c)
            for base in c.bases:
                facts = self.get(base)
                if isinstance(facts, Class) and depth < 12:
                    visit(facts, depth + 1)

        visit(cls, 0)
        seen: set[int] = set()
        out: list[Class] = []
        for c in reversed(order):
            if id(c) not in seen:
                seen.add(id(c))
                out.append(c)
        self.lines[cls.frame] = out = out[::-1]
        return out

    def class_attr(self, cls: Class, name: str, after: Class | None = None) -> tuple[Value, Class | None] | None:
        line = self.mro(cls)
        if after is not None and any(c is after for c in line):
            line = line[next(i for i, c in enumerate(line) if c is after) + 1 :]
        for c in line:
            found = self.store.get(("v", c.frame, name))
            if found is not None:
                return found, c
        return None

    def lib_base(self, cls: Class) -> str | None:
        return next(iter(self.lib_bases(cls)), None)

    def lib_bases(self, cls: Class) -> list[str]:
        found = [self.get(base) for c in self.mro(cls) for base in c.bases]
        names = [canonical(f.name) for f in found if isinstance(f, Lib)]
        return [n for n in names if n not in _BARE] or names

    def instantiate(self, cls: Class, args: Args) -> Value:
        inst = Inst(cls, self.store.number())
        self.instances.setdefault(id(cls.node), []).append(inst)
        hit = self.class_attr(cls, "__init__")
        base = self.lib_base(cls)
        if hit is not None and isinstance(hit[0], Func):
            self.call_func(hit[0], Args((inst, *args.pos), args.kw, args.more))
            return inst
        fields = self._fields(cls)
        if base == "typing.NamedTuple" or base == "collections.namedtuple":
            values = self._field_values(fields, args)
            return Seq("tuple", tuple(v for _, v in values), UNKNOWN, Dim.of(len(values)), names=tuple(n for n, _ in values))
        if fields and (self._is_dataclass(cls) or base in ("typing.TypedDict", "pydantic.BaseModel")):
            for name, value in self._field_values(fields, args):
                self.put_attr(inst, name, value)
            post = self.class_attr(cls, "__post_init__")
            if post is not None and isinstance(post[0], Func):
                self.call_func(post[0], Args((inst,)))
        else:
            self.made_by(inst, args, base)
        return inst

    def _is_dataclass(self, cls: Class) -> bool:
        for c in self.mro(cls):
            for d in c.node.decorators:
                target = d.func if isinstance(d, s.Call) else d
                name = target.id if isinstance(target, s.Name) else target.name if isinstance(target, s.Attr) else ""
                if name in ("dataclass", "define", "frozen", "attrs", "s", "dataclass_json"):
                    return True
        return False

    def _fields(self, cls: Class) -> list[tuple[str, Class]]:
        out: dict[str, Class] = {}
        for c in reversed(self.mro(cls)):
            for stmt in c.node.body:
                if isinstance(stmt, s.Assign) and stmt.annotation is not None and isinstance(stmt.targets[0], s.Name):
                    out[stmt.targets[0].id] = c
        return list(out.items())

    def _field_values(self, fields: list[tuple[str, Class]], args: Args) -> list[tuple[str, Value]]:
        out: list[tuple[str, Value]] = []
        for i, (name, cls) in enumerate(fields):
            value = args.given(i, name)
            if value is None and not args.more:
                default = self.store.get(("v", cls.frame, name))
                facts = self.get(default) if default is not None else None
                if isinstance(facts, LibObj) and facts.cls == "dataclasses.field":
                    default = facts.args.given(None, "default")
                    factory = facts.args.given(None, "default_factory")
                    if default is None and factory is not None:
                        default = self.call(factory, Args())
                value = default
            out.append((name, value if value is not None else self.opaque(name)))
        return out
