"""Objects of project classes that derive from a library's: what the project wrote wins, the rest is the library's."""

from __future__ import annotations

from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, BoundLib, Class, Const, Func, Inst, LibObj, Map, Seq, Super, Value
from shapeguard.analysis.interpreter.language import methods
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import function_code
from shapeguard.analysis.interpreter.values import functions, lineage, making
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers

TRAINERS = frozenset({"transformers.Trainer", "transformers.Seq2SeqTrainer"})  # their methods call those of the project's subclass
SELF_METHODS = frozenset("to cuda cpu eval train float half double bfloat16 requires_grad_ apply compile share_memory type".split())
# what the library's own call goes through: where the project overrides it, the rest of what the library does is not known
_STEPS = frozenset({
    "torch_mask_tokens", "mask_tokens", "torch_pad", "loss_function", "pad", "_pad", "_encode_plus", "_batch_encode_plus", "encode_plus",
    "batch_encode_plus", "build_inputs_with_special_tokens",
})  # fmt: skip
_WHOLE = ("torch_call", "numpy_call")  # what a collator's `__call__` hands its features to


def call_library(m: Machine, inst: Inst, args: Args) -> Value:
    """What the library's own call does, by way of the methods that the project overrides."""
    inner = m.store.get(("a", inst.uid, "__lib__"))
    if inner is None:
        return m.opaque(why=f"{inst.cls.name} has no forward here")
    held = m.get(inner)
    if not (isinstance(held, LibObj) and held.cls.startswith("transformers.")):
        return m.call(inner, args)
    for name in _WHOLE:
        hit = lineage.class_attr(m, inst.cls, name)
        if hit is not None and isinstance(hit[0], Func) and not any(f is hit[0] for f, _ in m.frames.stack):
            return functions.enter(m, hit[0], Args((inst, *args.pos), args.kw, args.more))
    own = next((n for n in _STEPS if lineage.class_attr(m, inst.cls, n) is not None), None)
    if own is not None:
        return m.opaque(why=f"{inst.cls.name} has a {own} of its own")
    return m.call(inner, args)


@methods(Super)
def call_method_of_super(m: Machine, sup: Super, held: Value, name: str, args: Args) -> Value:
    """`super().name(...)`."""
    return call_super(m, sup, name, args)


def call_super(m: Machine, sup: Super, name: str, args: Args) -> Value:
    """`super().name(...)` of what the library defines."""
    own = m.get(sup.self)
    if isinstance(own, Class):
        return making.call_maker(m, own, name, args)
    if name in ("__init__", "__post_init__"):
        if isinstance(own, Inst) and name == "__init__":
            making.run_library_constructor(m, own, args, lineage.lib_base(m, sup.cls))
        return NONE
    if not isinstance(own, Inst):
        return m.opaque()
    inner = m.store.get(("a", own.uid, "__lib__"))
    if name in ("forward", "__call__", *_WHOLE):
        return call_library(m, own, args)
    if name == "__iter__" and inner is not None:
        return inner
    return call_inherited(m, own, name, args)


def container(m: Machine, inst: Inst) -> Value | None:
    """The dict or list that an object of a class derived from one is; None for any other."""
    inner = m.store.get(("a", inst.uid, "__lib__"))
    return inner if inner is not None and isinstance(m.get(inner), (Map, Seq)) else None


def part_of_container(m: Machine, inst: Inst, box: Value, name: str) -> Value:
    """What a dict or list of the project has under a name that its class does not define: a method, or a key by `__getattr__`."""
    facts = m.get(box)
    if any(f"{kind}.{name}" in table.METHODS for kind in ("dict" if isinstance(facts, Map) else "list", getattr(facts, "kind", ""))):
        return BoundLib(inst, name)
    own = lineage.method(m, inst.cls, "__getattr__")
    if own is not None:
        return functions.enter(m, own, Args((inst, Const(name))))
    known = facts.get(name) if isinstance(facts, Map) and (facts.kind != "dict" or _shares_keys(m, inst)) else None
    if known is not None:
        return known
    found = m.opaque(name)
    m.objects.put(inst, name, found)
    return found


def _shares_keys(m: Machine, inst: Inst) -> bool:
    """`self.__dict__ = self`: its keys are its attributes."""
    return m.store.get(("a", inst.uid, "__dict__")) is not None


@methods(Inst)
def call_method_of_object(m: Machine, inst: Inst, held: Value, name: str, args: Args) -> Value:
    """`obj.name(...)` that the project does not define."""
    return call_inherited(m, inst, name, args)


def call_inherited(m: Machine, inst: Inst, name: str, args: Args) -> Value:
    """A method that the library defines."""
    base = lineage.lib_base(m, inst.cls)
    op = table.METHODS.get(f"{base}.{name}")
    if op is not None and base in TRAINERS:
        return m.run_op(op, Args((inst, *args.pos), args.kw, args.more))
    if name in SELF_METHODS:
        return inst
    if name in ("register_buffer", "register_parameter", "add_module", "register_module"):
        key = m.get(args.given(0, "name") or UNKNOWN)
        value = args.given(1, "tensor") or args.given(1, "module") or args.given(1, "param")
        if isinstance(key, Const) and isinstance(key.value, str) and value is not None:
            m.objects.put(inst, key.value, value)
        return NONE
    if name == "save_hyperparameters":
        _save_hyperparameters(m, inst)
        return NONE
    inner = m.store.get(("a", inst.uid, "__lib__"))
    if (box := container(m, inst)) is not None:
        return _by_container(m, box, name, args)
    if op is not None:
        return m.run_op(op, Args((inner or inst, *args.pos), args.kw, args.more))
    held = m.get(inner) if inner is not None else None
    if isinstance(held, LibObj) and (op := _method_op(m, held, name)) is not None and inner is not None:
        return m.run_op(op, Args((inner, *args.pos), args.kw, args.more))
    return m.opaque()


def _by_container(m: Machine, box: Value, name: str, args: Args) -> Value:
    """`super().__setitem__(key, value)`, `self.update(...)` of a class that derives from dict or list."""
    if name == "__getitem__" and args.pos:
        return m.item(box, args.pos[0])
    if name == "__setitem__" and len(args.pos) == 2:
        m.set_item(box, (args.pos[0],), args.pos[1])
        return NONE
    return m.call(m.attr(box, name), args)


def _method_op(m: Machine, obj: LibObj, name: str) -> table.Op | None:
    """What the table says of a method of a library object."""
    family = transformers.BASE if transformers.is_model(obj.cls) else obj.cls
    return table.METHODS.get(f"{obj.cls}.{name}") or table.METHODS.get(f"{family}.{name}")


def _save_hyperparameters(m: Machine, inst: Inst) -> None:
    for func, _ in reversed(m.frames.stack):
        if func.cls is not None and getattr(func.node, "name", "") == "__init__":
            frame = next((f for f in reversed(list(m.frames.by_id.values())) if f.func is func), None)
            if frame is None:
                return
            items = tuple((p.name, v) for p in function_code(func).params[1:] if (v := m.store.get(("v", frame.id, p.name))) is not None)
            m.objects.put(inst, "hparams", m.new(Map(items, None, kind="Namespace")))
            return


def super_of(m: Machine, frame: Frame) -> Value:
    """`super()` in a method's frame."""
    here: Frame | None = frame
    while here is not None and (here.func is None or here.func.cls is None):
        here = here.parent
    if here is None or here.func is None or here.func.cls is None or here.self_value is None:
        return m.opaque("super")
    return Super(here.func.cls, here.self_value)
