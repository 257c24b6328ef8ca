"""Names, attributes, items and classes: where a value is found and where it is written."""

from __future__ import annotations

import builtins
from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    BoundLib,
    Class,
    Const,
    Either,
    Func,
    Inst,
    Lazy,
    Lib,
    LibObj,
    Map,
    Method,
    Mod,
    Num,
    Partial,
    Ref,
    Seq,
    Super,
    Tensor,
    Unknown,
    Value,
)
from shapeguard.analysis.interpreter.classes import Classes
from shapeguard.analysis.interpreter.derived import MAKERS, MODULES, SELF_METHODS
from shapeguard.analysis.interpreter.items import Items
from shapeguard.analysis.interpreter.machine import Frame, canonical
from shapeguard.analysis.ops import table

# methods and attributes that only tensors have: an unknown that is asked for one is a tensor
TENSOR_ONLY = frozenset(
    "view reshape transpose permute contiguous unsqueeze squeeze size dim numel argmax softmax log_softmax masked_fill masked_fill_ "
    "masked_select detach long float half bfloat16 to_padded_tensor new_zeros new_full new_ones expand expand_as view_as type_as scatter "
    "scatter_ gather index_select flatten shape ndim t mT cumsum topk bmm matmul repeat_interleave chunk narrow unbind movedim clamp "
    "backward item sigmoid tanh relu fill_ zero_ requires_grad_ logical_not logical_and eq ne".split()
)
REGISTERING = frozenset("save_hyperparameters register_buffer add_module register_parameter".split())
SELF_UNKNOWN = frozenset("parameters named_parameters state_dict modules named_modules children log log_dict print".split())


class Objects(Items, Classes):
    """Where values live."""

    # names

    def lookup(self, name: str, frame: Frame) -> Value:
        here: Frame | None = frame
        data = self.store.data
        while here is not None:
            if here.kind != "class" or here is frame:
                value = data.get(("v", here.id, name))
                if value is not None:
                    here.loaded.add(name)
                    if isinstance(value, Lazy):
                        value = self.force(value)
                        self.store.settle(("v", here.id, name), value)
                    return value  # type: ignore[return-value]
            here = here.parent
        top = self.module_of(frame)
        for star in reversed(top.star_libs):
            dotted = canonical(f"{star}.{name}")
            if dotted in table.CALLS or dotted in table.INSTANCES or self.is_loss(dotted):
                return Lib(dotted)
        if hasattr(builtins, name):
            return Lib(f"builtins.{name}")
        value = self.opaque(name)
        self.store.set(("v", frame.id, name), value)
        return value

    def module_of(self, frame: Frame) -> Frame:
        """The module's own frame."""
        while frame.parent is not None:
            frame = frame.parent
        return frame

    def assign(self, name: str, value: Value, frame: Frame) -> None:
        if not isinstance(value, Ref):
            value = self.wrap(value)
        target = frame
        scope = frame.outer.get(name)
        if scope == "global":
            target = self.module_of(frame)
        elif scope == "nonlocal":
            up = frame.parent
            while up is not None and ("v", up.id, name) not in self.store.data:
                up = up.parent
            target = up or frame
        self.store.set(("v", target.id, name), value)
        target.names.add(name)
        facts = self.get(value)
        target.local_masks.pop(name, None)
        if isinstance(facts, Tensor) and facts.mask is not None:
            target.local_masks[name] = facts.mask
            target.loaded.discard(name)
        elif isinstance(facts, Unknown) and not facts.name and isinstance(value, Ref):
            self.set(value, replace(facts, name=name))

    # attributes

    def attr(self, value: Value, name: str) -> Value:
        facts = self.get(value)
        if isinstance(facts, Tensor):
            return self._tensor_attr(value, name)
        if isinstance(facts, Inst):
            return self._inst_attr(facts, name)
        if isinstance(facts, Mod):
            return self._mod_attr(facts, name)
        if isinstance(facts, Lib):
            dotted = canonical(f"{facts.name}.{name}")
            op = table.ATTRS.get(dotted)
            return self.run_op(op, Args((value,))) if op is not None else Lib(dotted)
        if isinstance(facts, LibObj):
            return self._lib_attr(value, facts, name)
        if isinstance(facts, Class):
            return self._class_member(facts, name)
        if isinstance(facts, Super):
            return self._super_attr(facts, name)
        if isinstance(facts, Map):
            if facts.kind != "dict":
                found = facts.get(name)
                if found is not None:
                    return found
            return BoundLib(value, name)
        if isinstance(facts, Seq):
            if name in facts.names and facts.items is not None:
                return facts.items[facts.names.index(name)]
            return BoundLib(value, name)
        if isinstance(facts, (Const, Num)):
            return BoundLib(value, name)
        if isinstance(facts, Unknown) and isinstance(value, Ref):
            if name in TENSOR_ONLY:
                self.as_tensor(value)
                return self._tensor_attr(value, name)
            return self._opaque_attr(value, name)
        if isinstance(facts, (Func, Method, Partial)) and name in ("func", "__func__", "__wrapped__"):
            return facts.func if isinstance(facts, (Method, Partial)) else facts
        if isinstance(facts, Either):
            return self.join_all([self.attr(o, name) for o in facts.options if o != NONE])
        return self.opaque(name)

    def _mod_attr(self, module: Mod, name: str) -> Value:
        found = self.store.get(("v", module.frame, name))
        if isinstance(found, Lazy):
            return self.force(found)
        if found is not None:
            return found
        sub = self.project.submodule(module.module, name)
        return Mod(sub, self.module_frame(sub).id) if sub is not None else self.opaque(name)

    def _class_member(self, cls: Class, name: str) -> Value:
        if name in ("__name__", "__qualname__"):
            return Const(cls.name)
        hit = self.class_attr(cls, name)
        if hit is not None:
            found, _ = hit
            return Method(found, cls) if isinstance(found, Func) and found.kind == "class" else found
        base = self.lib_base(cls)
        return BoundLib(cls, name) if base is None or name in MAKERS else Lib(canonical(f"{base}.{name}"))

    def _opaque_attr(self, value: Ref, name: str) -> Value:
        key = ("a", ("r", value.id), name)
        found = self.store.get(key)
        if found is None:
            found = self.opaque(name)
            self.store.set(key, found)
        return found

    def _tensor_attr(self, value: Value, name: str) -> Value:
        op = table.TENSOR_ATTRS.get(name)
        if op is not None:
            made = self.run_op(op, Args((value,)))
            self.share(made, value, name)
            return made
        if isinstance(value, Ref):
            stored = self.store.get(("a", ("r", value.id), name))
            if stored is not None:
                return stored
        return BoundLib(value, name)

    def _inst_attr(self, inst: Inst, name: str) -> Value:
        found = self.store.get(("a", inst.uid, name))
        if found is not None:
            return found
        if name == "__class__":
            return inst.cls
        hit = self.class_attr(inst.cls, name)
        if hit is not None:
            value, _ = hit
            if isinstance(value, Func):
                if value.kind == "property":
                    return self.call_func(value, Args((inst,)))
                return value if value.kind == "static" else Method(value, inst.cls if value.kind == "class" else inst)
            return value
        inner = self.store.get(("a", inst.uid, "__lib__"))
        if inner is not None and name != "__lib__":
            obj = self.get(inner)
            option = obj.args.given(None, name) if isinstance(obj, LibObj) else None
            if option is not None:
                return option
            if isinstance(obj, LibObj):
                if name in SELF_METHODS:
                    return BoundLib(inst, name)
                known = self._known_of(inner, obj, name)
                if known is not None and self.get(known) != UNKNOWN:
                    return BoundLib(inst, name) if isinstance(known, BoundLib) else known
        base = self.lib_base(inst.cls)
        if base is not None and (name in SELF_METHODS or name in SELF_UNKNOWN or name in REGISTERING):
            return BoundLib(inst, name)
        if base is not None and f"{base}.{name}" in table.METHODS:
            return BoundLib(inst, name)
        if name == "module" and base is not None:
            return inst  # DataParallel and its kin are transparent
        value = self.opaque(name)
        self.put_attr(inst, name, value)
        return value

    @staticmethod
    def default_option(name: str) -> Value:
        """What torch's criteria hold when an option was left out."""
        known: dict[str, Value] = {"ignore_index": Num(Dim.of(-100)), "reduction": Const("mean"), "weight": NONE}
        return known.get(name, Const(0.0))

    def _known_of(self, value: Value, obj: LibObj, name: str) -> Value | None:
        """What the table, or an assignment, says of an attribute of a library object."""
        owners = (obj.cls, self.family(obj.cls))
        for owner in owners:
            op = table.ATTRS.get(f"{owner}.{name}")
            if op is not None:
                return self.run_op(op, Args((value,)))
        fact = obj.fact(name)
        if fact is not None:
            return fact
        if any(f"{owner}.{name}" in table.METHODS for owner in owners):
            return BoundLib(value, name)
        if self.is_loss(obj.cls) and name in ("ignore_index", "reduction", "weight", "label_smoothing"):
            option = obj.args.given(None, name)
            return option if option is not None else self.default_option(name)
        return None

    def _lib_attr(self, value: Value, obj: LibObj, name: str) -> Value:
        known = self._known_of(value, obj, name)
        if known is not None:
            return known
        if obj.cls.startswith("torch.nn.") or obj.cls.startswith("transformers."):
            return BoundLib(value, name)
        key = ("a", ("lib", obj.uid), name)
        found = self.store.get(key)
        if found is None:
            found = self.opaque(name)
            self.store.set(key, found)
        return found

    def _super_attr(self, facts: Super, name: str) -> Value:
        own = self.get(facts.self)
        start = own.cls if isinstance(own, Inst) else own if isinstance(own, Class) else facts.cls
        hit = self.class_attr(start, name, after=facts.cls)
        if hit is not None:
            value, _ = hit
            if isinstance(value, Func) and value.kind == "property":
                return self.call_func(value, Args((facts.self,)))
            return Method(value, facts.self) if isinstance(value, Func) and value.kind != "static" else value
        return BoundLib(facts, name)

    def set_attr(self, value: Value, name: str, new: Value) -> None:
        facts = self.get(value)
        new = new if isinstance(new, Ref) else self.wrap(new)
        if isinstance(facts, Inst):
            self.put_attr(facts, name, new)
            inner = self.store.get(("a", facts.uid, "__lib__"))
            held = self.get(inner) if inner is not None else None
            if inner is not None and isinstance(held, LibObj) and held.cls not in MODULES:
                self.set(inner, held.with_fact(name, new))
        elif isinstance(facts, LibObj):
            self.set(value, facts.with_fact(name, new))
        elif isinstance(facts, (Class, Mod)):
            self.store.set(("v", facts.frame, name), new)
        elif isinstance(facts, Map) and facts.kind != "dict":
            self.set(value, replace(facts, items=(*((k, v) for k, v in facts.items if k != name), (name, new))))
        elif isinstance(value, Ref):
            self.store.set(("a", ("r", value.id), name), new)

    def put_attr(self, inst: Inst, name: str, value: Value) -> None:
        """Write an attribute of an instance."""
        self.attr_names.setdefault(inst.uid, set()).add(name)
        self.store.set(("a", inst.uid, name), value)
