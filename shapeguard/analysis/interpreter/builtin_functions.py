"""Functions of Python that concern the interpreter's own values: isinstance, getattr, partial, property, namedtuple and their kin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Class,
    Const,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Num,
    Partial,
    Ref,
    Seq,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.language import builtin
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.values import functions, lineage
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.table import canonical


@builtin("builtins.isinstance")
def is_instance(m: Machine, args: Args) -> Value:
    facts = m.get(args.given(0, "obj") or UNKNOWN)
    kind = m.get(args.given(1, "cls") or UNKNOWN)
    kinds = [m.get(i) for i in kind.items] if isinstance(kind, Seq) and kind.items is not None else [kind]
    answers = [_is_a(m, facts, k) for k in kinds]
    if True in answers:
        return Const(True)
    return Const(False) if answers and all(a is False for a in answers) else UNKNOWN


_KINDS: dict[str, Callable[[Value], bool]] = {
    "builtins.list": lambda f: isinstance(f, Seq) and f.kind == "list",
    "builtins.tuple": lambda f: isinstance(f, Seq) and f.kind == "tuple",
    "builtins.dict": lambda f: isinstance(f, Map),
    "builtins.str": lambda f: isinstance(f, Const) and isinstance(f.value, str),
    "builtins.int": lambda f: isinstance(f, Num),
    "torch.Tensor": lambda f: isinstance(f, Tensor) and not f.array,
    "numpy.ndarray": lambda f: isinstance(f, Tensor) and f.array,
}


def _is_a(m: Machine, facts: Value, kind: Value) -> bool | None:
    if isinstance(facts, Unknown) or isinstance(kind, Unknown):
        return None
    if isinstance(kind, Class):
        return any(c is kind or c.node is kind.node for c in lineage.mro(m, facts.cls)) if isinstance(facts, Inst) else False
    if isinstance(kind, Lib):
        test = _KINDS.get(canonical(kind.name))
        if test is not None:
            return test(facts)
        if isinstance(facts, LibObj):
            return True if facts.cls == canonical(kind.name) else None
        if isinstance(facts, (Tensor, Num, Const, Seq, Map)):
            return None if isinstance(facts, (Num, Const, Map)) else False
    return None


@builtin("builtins.getattr")
def get_attribute(m: Machine, args: Args) -> Value:
    name = m.get(args.given(1, "name") or UNKNOWN)
    if not args.pos or not isinstance(name, Const) or not isinstance(name.value, str):
        return m.opaque()
    facts = m.get(args.pos[0])
    default = args.given(2, "default")
    if default is not None and isinstance(facts, Inst):
        known = m.store.get(("a", facts.uid, name.value)) is not None or lineage.class_attr(m, facts.cls, name.value) is not None
        if not known:
            return default if lineage.lib_base(m, facts.cls) is None else m.join(default, m.attr(args.pos[0], name.value))
    return m.attr(args.pos[0], name.value)


@builtin("builtins.setattr")
def set_attribute(m: Machine, args: Args) -> Value:
    name = m.get(args.given(1, "name") or UNKNOWN)
    if len(args.pos) == 3 and isinstance(name, Const) and isinstance(name.value, str):
        m.set_attr(args.pos[0], name.value, args.pos[2])
    return NONE


@builtin("builtins.hasattr")
def has_attribute(m: Machine, args: Args) -> Value:
    name = m.get(args.given(1, "name") or UNKNOWN)
    facts = m.get(args.given(0, "obj") or UNKNOWN)
    if isinstance(facts, Inst) and isinstance(name, Const) and isinstance(name.value, str):
        if m.store.get(("a", facts.uid, name.value)) is not None or lineage.class_attr(m, facts.cls, name.value) is not None:
            return Const(True)
        return Const(False) if lineage.lib_base(m, facts.cls) is None else UNKNOWN
    return UNKNOWN


@builtin("functools.partial")
def partial(m: Machine, args: Args) -> Value:
    return Partial(args.pos[0], Args(args.pos[1:], args.kw, args.more)) if args.pos else m.opaque()


@builtin("builtins.type")
def type_of(m: Machine, args: Args) -> Value:
    facts = m.get(args.pos[0]) if args.pos else UNKNOWN
    return facts.cls if isinstance(facts, Inst) else UNKNOWN


@builtin("builtins.len")
def length(m: Machine, args: Args) -> Value:
    facts = m.get(args.pos[0]) if args.pos else UNKNOWN
    if isinstance(facts, Inst):
        hit = lineage.class_attr(m, facts.cls, "__len__")
        return functions.enter(m, hit[0], Args((facts,))) if hit is not None and isinstance(hit[0], Func) else Num(fresh("n"))
    if isinstance(facts, Unknown) and args.pos and isinstance(args.pos[0], Ref):
        key = ("a", ("r", args.pos[0].id), "__len__")
        found = m.store.get(key)
        if found is None:
            found = Num(arith.opaque_length(args.pos[0].id, facts.name))
            m.store.set(key, found)
        return found
    op = table.CALLS.get("builtins.len")
    return m.run_op(op, args) if op is not None else m.opaque()


@builtin("builtins.property", "functools.cached_property")
def make_property(m: Machine, args: Args) -> Value:
    facts = m.get(args.pos[0]) if args.pos else UNKNOWN
    return replace(facts, kind="property") if isinstance(facts, Func) else facts


@builtin("builtins.staticmethod")
def make_static(m: Machine, args: Args) -> Value:
    facts = m.get(args.pos[0]) if args.pos else UNKNOWN
    return replace(facts, kind="static") if isinstance(facts, Func) else facts


@builtin("builtins.classmethod")
def make_class_method(m: Machine, args: Args) -> Value:
    facts = m.get(args.pos[0]) if args.pos else UNKNOWN
    return replace(facts, kind="class") if isinstance(facts, Func) else facts


@builtin("types.SimpleNamespace", "argparse.Namespace")
def namespace(m: Machine, args: Args) -> Value:
    return m.new(Map(args.kw, m.opaque() if args.more else None, kind="Namespace"))


@builtin("dataclasses.field")
def dataclass_field(m: Machine, args: Args) -> Value:
    return LibObj("dataclasses.field", args, uid=uid())


@builtin("collections.namedtuple", "typing.NamedTuple")
def named_tuple(m: Machine, args: Args) -> Value:
    spec = m.get(args.given(1, "field_names") or UNKNOWN)
    names: list[str] = []
    if isinstance(spec, Const) and isinstance(spec.value, str):
        names = spec.value.replace(",", " ").split()
    elif isinstance(spec, Seq) and spec.items is not None:
        for i in spec.items:
            f = m.get(i)
            pair = m.get(f.items[0]) if isinstance(f, Seq) and f.items else f
            if isinstance(pair, Const) and isinstance(pair.value, str):
                names.append(pair.value)
    return Partial(Lib("shapeguard.namedtuple"), Args((), tuple((f"__{i}", Const(n)) for i, n in enumerate(names))))


@builtin("shapeguard.namedtuple")
def make_named_tuple(m: Machine, args: Args) -> Value:
    names = [v.value for k, v in args.kw if k.startswith("__") and isinstance(v, Const)]
    own = {k: v for k, v in args.kw if not k.startswith("__")}
    values = [args.pos[i] if i < len(args.pos) else own.get(n) or m.opaque(n) for i, n in enumerate(names)]
    return Seq("tuple", tuple(values), UNKNOWN, Dim.of(len(values)), names=tuple(names))


@builtin("builtins.iter")
def iterator(m: Machine, args: Args) -> Value:
    return args.pos[0] if args.pos else m.opaque()


@builtin("builtins.next")
def next_item(m: Machine, args: Args) -> Value:
    return m.elem(args.pos[0]) if args.pos else m.opaque()
