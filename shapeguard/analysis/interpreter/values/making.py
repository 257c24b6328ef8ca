"""Classes of the project as they are called and read: how objects are made, and what stands in a class."""

from __future__ import annotations

from dataclasses import dataclass

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    BoundLib,
    Class,
    Const,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Method,
    Mod,
    Seq,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.language import attributes, calls, items, methods, sets_attribute
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.objects import class_code, function_code
from shapeguard.analysis.interpreter.values import functions, lineage, typed
from shapeguard.analysis.ops.modules.configs import is_option
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s

MODULES = frozenset({"torch.nn.Module", "lightning.LightningModule", "pytorch_lightning.LightningModule"})
# what a class may derive from, and whose objects are then dicts or lists
CONTAINERS = {
    "builtins.dict": "builtins.dict", "collections.OrderedDict": "builtins.dict", "collections.UserDict": "builtins.dict",
    "builtins.list": "builtins.list", "collections.UserList": "builtins.list", "transformers.BatchEncoding": "transformers.BatchEncoding",
    "transformers.tokenization_utils_base.BatchEncoding": "transformers.BatchEncoding",
}  # fmt: skip
# class methods of a library that make an object of the class that they are called on
MAKERS = frozenset("from_pretrained from_config _from_config load_from_checkpoint from_checkpoint from_file".split())


@calls(Class)
def call_class(m: Machine, cls: Class, held: Value, args: Args) -> Value:
    """`Model(...)`."""
    return instantiate(m, cls, args)


def instantiate(m: Machine, cls: Class, args: Args) -> Value:
    """Make an object of a class."""
    inst = Inst(cls, m.store.number())
    m.objects.instances.setdefault(id(cls.node), []).append(inst)
    hit = lineage.class_attr(m, cls, "__init__")
    base = lineage.lib_base(m, cls)
    if base in CONTAINERS:
        run_library_constructor(m, inst, Args(), base)
    if hit is not None and isinstance(hit[0], Func):
        functions.enter(m, hit[0], Args((inst, *args.pos), args.kw, args.more))
        return inst
    fields = _fields(m, cls)
    if base == "typing.NamedTuple" or base == "collections.namedtuple":
        values = _field_values(m, fields, args)
        return Seq("tuple", tuple(v for _, v in values), UNKNOWN, Dim.of(len(values)), names=tuple(n for n, _ in values))
    if fields and (_is_dataclass(m, cls) or base in ("typing.TypedDict", "pydantic.BaseModel")):
        for name, value in _field_values(m, fields, args):
            m.objects.put(inst, name, value)
        post = lineage.class_attr(m, cls, "__post_init__")
        if post is not None and isinstance(post[0], Func):
            functions.enter(m, post[0], Args((inst,)))
    else:
        run_library_constructor(m, inst, args, base)
    return inst


def _is_dataclass(m: Machine, cls: Class) -> bool:
    for c in lineage.mro(m, cls):
        for d in class_code(c).decorators:
            target = d.func if isinstance(d, s.Call) else d
            name = target.id if isinstance(target, s.Name) else target.name if isinstance(target, s.Attr) else ""
            if name in ("dataclass", "define", "frozen", "attrs", "s", "dataclass_json"):
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Field:
    """A name that a class body annotates."""

    name: str
    cls: Class
    annotation: s.Expr


def _fields(m: Machine, cls: Class) -> list[_Field]:
    out: dict[str, _Field] = {}
    for c in reversed(lineage.mro(m, cls)):
        for stmt in class_code(c).body:
            if isinstance(stmt, s.Assign) and stmt.annotation is not None and isinstance(stmt.targets[0], s.Name):
                out[stmt.targets[0].id] = _Field(stmt.targets[0].id, c, stmt.annotation)
    return list(out.values())


def _field_values(m: Machine, fields: list[_Field], args: Args) -> list[tuple[str, Value]]:
    out: list[tuple[str, Value]] = []
    for i, one in enumerate(fields):
        name = one.name
        value = args.given(i, name)
        if value is None and not args.more:
            default = m.store.get(("v", one.cls.frame, name))
            facts = m.get(default) if default is not None else None
            if isinstance(facts, LibObj) and facts.cls == "dataclasses.field":
                default = facts.args.given(None, "default")
                factory = facts.args.given(None, "default_factory")
                if default is None and factory is not None:
                    default = m.call(factory, Args())
            value = default
        if value is None or isinstance(m.get(value), Unknown):
            value = typed.annotated_object(m, one.annotation, m.frames.by_id[one.cls.frame]) or value
        out.append((name, value if value is not None else m.opaque(name)))
    return out


def run_library_constructor(m: Machine, inst: Inst, args: Args, base: str | None) -> None:
    """The library's constructor is run on an object."""
    if base is None:
        return
    step = m.step("init", "options are set here")
    made = LibObj(base, args, uid=uid(), step=step)
    if base not in MODULES:
        known = m.get(m.call(Lib(CONTAINERS.get(base, base)), args))
        if base in CONTAINERS and isinstance(known, (Map, Seq)):
            _filled(m, inst, known)
            return
        if isinstance(known, LibObj):
            made = known if known.step is not None else LibObj(known.cls, known.args, known.facts, known.uid, step)
    m.objects.put(inst, "__lib__", m.new(made))


def _filled(m: Machine, inst: Inst, known: Map | Seq) -> None:
    """The dict or list that an object is, of which a part may be there already."""
    before = m.store.get(("a", inst.uid, "__lib__"))
    if before is None:
        before = m.new(known)
        m.objects.put(inst, "__lib__", before)
    m.set(before, known)
    m.objects.put(inst, "data", before)


@attributes(Class)
def attribute_of_class(m: Machine, cls: Class, held: Value, name: str) -> Value:
    """`Model.name`, `Model.from_pretrained`."""
    if name in ("__name__", "__qualname__"):
        return Const(cls.name)
    hit = lineage.class_attr(m, cls, name)
    if hit is not None:
        found, _ = hit
        return Method(found, cls) if isinstance(found, Func) and found.kind == "class" else found
    base = lineage.lib_base(m, cls)
    return BoundLib(cls, name) if base is None or name in MAKERS else Lib(canonical(f"{base}.{name}"))


@items(Class)
def item_of_class(m: Machine, cls: Class, held: Value, index: Value) -> Value:
    """`Stack[int]` is the class."""
    return cls


@methods(Class)
def call_method_of_class(m: Machine, cls: Class, held: Value, name: str, args: Args) -> Value:
    """`Own.name(...)` of what the library defines."""
    return call_maker(m, cls, name, args)


def call_maker(m: Machine, cls: Class, name: str, args: Args) -> Value:
    """`Own.from_pretrained(...)`: an object of the project's class, with what the library makes inside."""
    base = lineage.lib_base(m, cls)
    if base is None:
        return m.opaque()
    made = m.call(Lib(f"{base}.{name}"), args)
    if name not in MAKERS:
        return made
    facts = m.get(made)
    hit = lineage.class_attr(m, cls, "__init__")
    if hit is not None and isinstance(hit[0], Func):
        own = instantiate(m, cls, _passed_on(m, hit[0], facts, name, args))
    else:
        own = instantiate(m, cls, Args(more=True))
    if isinstance(own, Inst) and isinstance(facts, LibObj):
        before = m.store.get(("a", own.uid, "__lib__"))
        held = m.get(before) if before is not None else None
        assigned = tuple(f for f in held.facts if f[0] not in dict(facts.facts)) if isinstance(held, LibObj) else ()
        m.objects.put(own, "__lib__", m.new(LibObj(facts.cls, facts.args, (*facts.facts, *assigned), facts.uid, facts.step)))
    return own


def _passed_on(m: Machine, init: Func, made: Value, name: str, args: Args) -> Args:
    """What the library's class method hands to the project's `__init__`: the configuration first, then what is no part of it."""
    config = made.fact("config") if isinstance(made, LibObj) else None
    named = {p.name for p in function_code(init).params}
    kw = tuple((k, v) for k, v in args.kw if k in named and k != "config" and not (config is not None and is_option(k)))
    if config is None:
        return Args((), kw, True)
    return Args((config, *args.pos[1:]), kw)


@sets_attribute(Class, Mod)
def set_attribute_of_class(m: Machine, owner: Class | Mod, held: Value, name: str, new: Value) -> None:
    """`Model.name = new`, `module.name = new`."""
    m.store.set(("v", owner.frame, name), new)
