"""Objects of project classes that derive from a library's: what the project wrote wins, the rest is the library's."""

from __future__ import annotations

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
    Super,
    Value,
    uid,
)
from shapeguard.analysis.interpreter.machine import Machine, canonical
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers
from shapeguard.analysis.ops.modules.configs import is_option

TRAINERS = frozenset({"transformers.Trainer", "transformers.Seq2SeqTrainer"})  # their methods call those of the project's subclass
MODULES = frozenset({"torch.nn.Module", "lightning.LightningModule", "pytorch_lightning.LightningModule"})
SELF_METHODS = frozenset("to cuda cpu eval train float half double bfloat16 requires_grad_ apply compile share_memory type".split())
# class methods of a library that make an object of the class that they are called on
MAKERS = frozenset("from_pretrained from_config _from_config load_from_checkpoint from_checkpoint from_file".split())
# what the library's own call goes through: where the project overrides it, the rest of what the library does is not known
_STEPS = frozenset({
    "torch_mask_tokens", "mask_tokens", "torch_pad", "loss_function", "pad", "_pad", "_encode_plus", "_batch_encode_plus", "encode_plus",
    "batch_encode_plus", "build_inputs_with_special_tokens",
})  # fmt: skip
_WHOLE = ("torch_call", "numpy_call")  # what a collator's `__call__` hands its features to


class Derived(Machine):
    """Calls of such objects, their inherited methods, and the class methods that make them."""

    def call_inst(self, inst: Inst, args: Args) -> Value:
        """`obj(...)`."""
        for name in ("forward", "__call__"):
            hit = self.class_attr(inst.cls, name)
            if hit is not None and isinstance(hit[0], Func) and not self._library_first(inst.cls, hit[1]):
                return self.call_func(hit[0], Args((inst, *args.pos), args.kw, args.more))
        return self._call_library(inst, args)

    def _library_first(self, cls: Class, owner: Class | None) -> bool:
        """Whether what a library class does when it is called stands before a class of the project: `class A(BertModel, Mixin)`."""
        for known in self.mro(cls):
            if known is owner:
                return False
            for base in map(self.get, known.bases):
                if isinstance(base, Class) and any(c is owner for c in self.mro(base)):
                    break
                if isinstance(base, Lib) and self._callable(canonical(base.name)):
                    return True
        return False

    def _callable(self, name: str) -> bool:
        return transformers.is_model(name) or name in table.INSTANCES or self.is_loss(name)

    def _call_library(self, inst: Inst, args: Args) -> Value:
        """What the library's own call does, by way of the methods that the project overrides."""
        inner = self.store.get(("a", inst.uid, "__lib__"))
        if inner is None:
            return self.opaque(why=f"{inst.cls.name} has no forward here")
        held = self.get(inner)
        if not (isinstance(held, LibObj) and held.cls.startswith("transformers.")):
            return self.call(inner, args)
        for name in _WHOLE:
            hit = self.class_attr(inst.cls, name)
            if hit is not None and isinstance(hit[0], Func) and not any(f is hit[0] for f, _ in self.stack):
                return self.call_func(hit[0], Args((inst, *args.pos), args.kw, args.more))
        own = next((n for n in _STEPS if self.class_attr(inst.cls, n) is not None), None)
        if own is not None:
            return self.opaque(why=f"{inst.cls.name} has a {own} of its own")
        return self.call(inner, args)

    def call_super(self, sup: Super, name: str, args: Args) -> Value:
        """`super().name(...)` of what the library defines."""
        own = self.get(sup.self)
        if isinstance(own, Class):
            return self.call_maker(own, name, args)
        if name in ("__init__", "__post_init__"):
            if isinstance(own, Inst) and name == "__init__":
                self.made_by(own, args, self.lib_base(sup.cls))
            return NONE
        if not isinstance(own, Inst):
            return self.opaque()
        inner = self.store.get(("a", own.uid, "__lib__"))
        if name in ("forward", "__call__", *_WHOLE):
            return self._call_library(own, args)
        if name == "__iter__" and inner is not None:
            return inner
        return self.call_inherited(own, name, args)

    def made_by(self, inst: Inst, args: Args, base: str | None) -> None:
        """The library's constructor is run on an object."""
        if base is None:
            return
        step = self.step("init", "options are set here")
        made = LibObj(base, args, uid=uid(), step=step)
        if base not in MODULES:
            known = self.get(self.call(Lib(base), args))
            if isinstance(known, LibObj):
                made = known if known.step is not None else LibObj(known.cls, known.args, known.facts, known.uid, step)
        self.put_attr(inst, "__lib__", self.new(made))

    def call_maker(self, cls: Class, name: str, args: Args) -> Value:
        """`Own.from_pretrained(...)`: an object of the project's class, with what the library makes inside."""
        base = self.lib_base(cls)
        if base is None:
            return self.opaque()
        made = self.call(Lib(f"{base}.{name}"), args)
        if name not in MAKERS:
            return made
        facts = self.get(made)
        hit = self.class_attr(cls, "__init__")
        if hit is not None and isinstance(hit[0], Func):
            own = self.instantiate(cls, self._passed_on(hit[0], facts, name, args))
        else:
            own = self.instantiate(cls, Args(more=True))
        if isinstance(own, Inst) and isinstance(facts, LibObj):
            before = self.store.get(("a", own.uid, "__lib__"))
            held = self.get(before) if before is not None else None
            assigned = tuple(f for f in held.facts if f[0] not in dict(facts.facts)) if isinstance(held, LibObj) else ()
            self.put_attr(own, "__lib__", self.new(LibObj(facts.cls, facts.args, (*facts.facts, *assigned), facts.uid, facts.step)))
        return own

    def _passed_on(self, init: Func, made: Value, name: str, args: Args) -> Args:
        """What the library's class method hands to the project's `__init__`: the configuration first, then what is no part of it."""
        config = made.fact("config") if isinstance(made, LibObj) else None
        named = {p.name for p in init.node.params}
        kw = tuple((k, v) for k, v in args.kw if k in named and k != "config" and not (config is not None and is_option(k)))
        if config is None:
            return Args((), kw, True)
        return Args((config, *args.pos[1:]), kw)

    def call_inherited(self, inst: Inst, name: str, args: Args) -> Value:
        """A method that the library defines."""
        base = self.lib_base(inst.cls)
        op = table.METHODS.get(f"{base}.{name}")
        if op is not None and base in TRAINERS:
            return self.run_op(op, Args((inst, *args.pos), args.kw, args.more))
        if name in SELF_METHODS:
            return inst
        if name in ("register_buffer", "register_parameter", "add_module", "register_module"):
            key = self.get(args.given(0, "name") or UNKNOWN)
            value = args.given(1, "tensor") or args.given(1, "module") or args.given(1, "param")
            if isinstance(key, Const) and isinstance(key.value, str) and value is not None:
                self.put_attr(inst, key.value, value)
            return NONE
        if name == "save_hyperparameters":
            self._save_hyperparameters(inst)
            return NONE
        inner = self.store.get(("a", inst.uid, "__lib__"))
        if op is not None:
            return self.run_op(op, Args((inner or inst, *args.pos), args.kw, args.more))
        held = self.get(inner) if inner is not None else None
        if isinstance(held, LibObj) and (op := self.method_op(held, name)) is not None and inner is not None:
            return self.run_op(op, Args((inner, *args.pos), args.kw, args.more))
        return self.opaque()

    def method_op(self, obj: LibObj, name: str) -> table.Op | None:
        """What the table says of a method of a library object."""
        family = transformers.BASE if transformers.is_model(obj.cls) else obj.cls
        return table.METHODS.get(f"{obj.cls}.{name}") or table.METHODS.get(f"{family}.{name}")

    def _save_hyperparameters(self, inst: Inst) -> None:
        for func, _ in reversed(self.stack):
            if func.cls is not None and getattr(func.node, "name", "") == "__init__":
                frame = next((f for f in reversed(list(self.frames.values())) if f.func is func), None)
                if frame is None:
                    return
                items = tuple((p.name, v) for p in func.node.params[1:] if (v := self.store.get(("v", frame.id, p.name))) is not None)
                self.put_attr(inst, "hparams", self.new(Map(items, None, kind="Namespace")))
                return
