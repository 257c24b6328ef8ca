"""Objects of project classes: what they hold, and what their own methods make of a call, an index or a loop."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.values import UNKNOWN, Args, BoundLib, Class, Func, Inst, Lib, LibObj, Method, Num, Ref, Super, Value
from shapeguard.analysis.interpreter.language import attributes, calls, items, iterates, sets_attribute, sets_item
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import derived, functions, library, lineage, making
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers
from shapeguard.analysis.ops.table import canonical

REGISTERING = frozenset("save_hyperparameters register_buffer add_module register_parameter".split())
SELF_UNKNOWN = frozenset("parameters named_parameters state_dict modules named_modules children log log_dict print".split())


@calls(Inst)
def call_object(m: Machine, inst: Inst, held: Value, args: Args) -> Value:
    """`obj(...)`."""
    for name in ("forward", "__call__"):
        hit = lineage.class_attr(m, inst.cls, name)
        if hit is not None and isinstance(hit[0], Func) and not _library_first(m, inst.cls, hit[1]):
            return functions.enter(m, hit[0], Args((inst, *args.pos), args.kw, args.more))
    return derived.call_library(m, inst, args)


def _library_first(m: Machine, cls: Class, owner: Class | None) -> bool:
    """Whether what a library class does when it is called stands before a class of the project: `class A(BertModel, Mixin)`."""
    for known in lineage.mro(m, cls):
        if known is owner:
            return False
        for base in map(m.get, known.bases):
            if isinstance(base, Class) and any(c is owner for c in lineage.mro(m, base)):
                break
            if isinstance(base, Lib) and _called_by_library(m, canonical(base.name)):
                return True
    return False


def _called_by_library(m: Machine, name: str) -> bool:
    return transformers.is_model(name) or name in table.INSTANCES or is_loss(name)


@attributes(Inst)
def attribute_of_object(m: Machine, inst: Inst, held: Value, name: str) -> Value:
    """`obj.name`: what was written on it, what its class says, what the library's object inside of it has."""
    found = m.store.get(("a", inst.uid, name))
    if found is not None:
        return found
    if name == "__class__":
        return inst.cls
    hit = lineage.class_attr(m, inst.cls, name)
    if hit is not None:
        value, _ = hit
        if isinstance(value, Func):
            if value.kind == "property":
                return functions.enter(m, value, Args((inst,)))
            return value if value.kind == "static" else Method(value, inst.cls if value.kind == "class" else inst)
        return value
    inner = m.store.get(("a", inst.uid, "__lib__"))
    if (box := derived.container(m, inst)) is not None:
        return derived.part_of_container(m, inst, box, name)
    if inner is not None and name != "__lib__":
        obj = m.get(inner)
        option = obj.args.given(None, name) if isinstance(obj, LibObj) else None
        if option is not None:
            return option
        if isinstance(obj, LibObj):
            if name in derived.SELF_METHODS:
                return BoundLib(inst, name)
            known = library.known_attribute(m, inner, obj, name)
            if known is not None and m.get(known) != UNKNOWN:
                return BoundLib(inst, name) if isinstance(known, BoundLib) else known
    base = lineage.lib_base(m, inst.cls)
    if base is not None and (name in derived.SELF_METHODS or name in SELF_UNKNOWN or name in REGISTERING):
        return BoundLib(inst, name)
    if base is not None and f"{base}.{name}" in table.METHODS:
        return BoundLib(inst, name)
    if name == "module" and base is not None:
        return inst  # DataParallel and its kin are transparent
    value = m.opaque(name)
    m.objects.put(inst, name, value)
    return value


@attributes(Super)
def attribute_of_super(m: Machine, facts: Super, held: Value, name: str) -> Value:
    """`super().name`."""
    own = m.get(facts.self)
    start = own.cls if isinstance(own, Inst) else own if isinstance(own, Class) else facts.cls
    hit = lineage.class_attr(m, start, name, after=facts.cls)
    if hit is not None:
        value, _ = hit
        if isinstance(value, Func) and value.kind == "property":
            return functions.enter(m, value, Args((facts.self,)))
        return Method(value, facts.self) if isinstance(value, Func) and value.kind != "static" else value
    return BoundLib(facts, name)


@sets_attribute(Inst)
def set_attribute_of_object(m: Machine, inst: Inst, held: Value, name: str, new: Value) -> None:
    """`self.name = new`, also on the library's object inside of it."""
    m.objects.put(inst, name, new)
    inner = m.store.get(("a", inst.uid, "__lib__"))
    facts = m.get(inner) if inner is not None else None
    if inner is not None and isinstance(facts, LibObj) and facts.cls not in making.MODULES:
        m.set(inner, facts.with_fact(name, new))


@items(Inst)
def item_of_object(m: Machine, inst: Inst, held: Value, index: Value) -> Value:
    """`obj[index]` by its `__getitem__`, or as the library's object inside of it."""
    own = lineage.method(m, inst.cls, "__getitem__")
    if own is not None:
        return functions.enter(m, own, Args((inst, index)))
    inner = m.store.get(("a", inst.uid, "__lib__"))
    return m.item(inner, index) if inner is not None else m.opaque_item(Ref(-inst.uid), index)


@sets_item(Inst)
def set_item_of_object(m: Machine, inst: Inst, held: Value, indices: tuple[Value, ...], new: Value) -> None:
    """`obj[index] = new` by its `__setitem__`."""
    own = lineage.method(m, inst.cls, "__setitem__")
    inner = derived.container(m, inst)
    if own is not None:
        functions.enter(m, own, Args((inst, indices[0], new)))
    elif inner is not None:
        m.set_item(inner, indices, new)


@iterates(Inst)
def iterate_object(m: Machine, inst: Inst, held: Value) -> Value:
    """What `for x in obj` gives by its `__iter__`, its `__getitem__`, or the library's object inside of it."""
    own = lineage.method(m, inst.cls, "__iter__")
    if own is not None:
        made = functions.enter(m, own, Args((inst,)))
        if not isinstance(m.get(made), Inst):
            return m.elem(made)
        step = lineage.method(m, inst.cls, "__next__")
        return functions.enter(m, step, Args((inst,))) if step is not None else m.opaque()
    if lineage.class_attr(m, inst.cls, "__getitem__") is not None:
        return m.item(inst, Num(fresh("i")))
    inner = m.store.get(("a", inst.uid, "__lib__"))
    return m.elem(inner) if inner is not None else m.opaque()
