"""Names, attributes, items and classes: where a value is found and where it is written."""

from __future__ import annotations

import builtins
from dataclasses import replace

from shapeguard.analysis import arith
from shapeguard.analysis import syntax as s
from shapeguard.analysis.join import by_rows
from shapeguard.analysis.machine import Frame, Machine, canonical
from shapeguard.analysis.ops import containers, indexing, modules_transformers, table
from shapeguard.analysis.values import (
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
    Mask,
    Method,
    Mod,
    Num,
    Origin,
    Partial,
    Ref,
    Seq,
    SliceV,
    Super,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.shapes import Dim, Pack, Shape, axis, fresh, fresh_pack

# methods and attributes that only tensors have: an unknown that is asked for one is a tensor
TENSOR_ONLY = frozenset(
    "view reshape transpose permute contiguous unsqueeze squeeze size dim numel argmax softmax log_softmax masked_fill masked_fill_ "
    "masked_select detach long float half bfloat16 to_padded_tensor new_zeros new_full new_ones expand expand_as view_as type_as scatter "
    "scatter_ gather index_select flatten shape ndim t mT cumsum topk bmm matmul repeat_interleave chunk narrow unbind movedim clamp "
    "backward item sigmoid tanh relu fill_ zero_ requires_grad_ logical_not logical_and eq ne".split()
)
SELF_METHODS = frozenset("to cuda cpu eval train float half double bfloat16 requires_grad_ apply compile share_memory type".split())
SELF_UNKNOWN = frozenset("parameters named_parameters state_dict modules named_modules children log log_dict print".split())


class Objects(Machine):
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
            found = self.store.get(("v", facts.frame, name))
            if isinstance(found, Lazy):
                return self.force(found)
            if found is not None:
                return found
            sub = self.project.submodule(facts.module, name)
            return Mod(sub, self.module_frame(sub).id) if sub is not None else self.opaque(name)
        if isinstance(facts, Lib):
            dotted = canonical(f"{facts.name}.{name}")
            op = table.ATTRS.get(dotted)
            return self.run_op(op, Args((value,))) if op is not None else Lib(dotted)
        if isinstance(facts, LibObj):
            return self._lib_attr(value, facts, name)
        if isinstance(facts, Class):
            if name in ("__name__", "__qualname__"):
                return Const(facts.name)
            hit = self.class_attr(facts, name)
            if hit is not None:
                found, owner = hit
                return self._bind_class(found, facts, owner)
            base = self.lib_base(facts)
            return BoundLib(facts, name) if base is None else Lib(canonical(f"{base}.{name}"))
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
            return self.join_all([self.attr(o, name) for o in facts.options])
        return self.opaque(name)

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
            return self.run_op(op, Args((value,)))
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
        if inner is not None:
            obj = self.get(inner)
            option = obj.args.given(None, name) if isinstance(obj, LibObj) else None
            if option is not None:
                return option
            if isinstance(obj, LibObj) and name in ("ignore_index", "reduction", "weight", "label_smoothing"):
                return self.default_option(name)
            if isinstance(obj, LibObj) and name in SELF_METHODS:
                return BoundLib(inst, name)
        base = self.lib_base(inst.cls)
        if base is not None and (
            name in SELF_METHODS or name in SELF_UNKNOWN or name in ("save_hyperparameters", "register_buffer", "add_module", "register_parameter")
        ):
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

    def _lib_attr(self, value: Value, obj: LibObj, name: str) -> Value:
        for owner in (obj.cls, self.family(obj.cls)):
            op = table.ATTRS.get(f"{owner}.{name}")
            if op is not None:
                return self.run_op(op, Args((value,)))
        fact = obj.fact(name)
        if fact is not None:
            return fact
        for owner in (obj.cls, self.family(obj.cls)):
            if f"{owner}.{name}" in table.METHODS:
                return BoundLib(value, name)
        if self.is_loss(obj.cls) and name in ("ignore_index", "reduction", "weight", "label_smoothing"):
            option = obj.args.given(None, name)
            return option if option is not None else self.default_option(name)
        if obj.cls.startswith("torch.nn.") or obj.cls.startswith("transformers."):
            return BoundLib(value, name)
        key = ("a", ("lib", obj.uid), name)
        found = self.store.get(key)
        if found is None:
            found = self.opaque(name)
            self.store.set(key, found)
        return found

    @staticmethod
    def family(cls: str) -> str:
        """The table's name for what all classes of a kind have in common."""
        if cls.startswith("torch.nn."):
            return "torch.nn.Module"
        return modules_transformers.BASE if modules_transformers.is_model(cls) else cls

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

    def _bind_class(self, value: Value, cls: Class, owner: Class | None) -> Value:
        return Method(value, cls) if isinstance(value, Func) and value.kind == "class" else value

    def set_attr(self, value: Value, name: str, new: Value) -> None:
        facts = self.get(value)
        new = new if isinstance(new, Ref) else self.wrap(new)
        if isinstance(facts, Inst):
            self.put_attr(facts, name, new)
        elif isinstance(facts, LibObj):
            self.set(value, facts.with_fact(name, new))
        elif isinstance(facts, Class):
            self.store.set(("v", facts.frame, name), new)
        elif isinstance(facts, Mod):
            self.store.set(("v", facts.frame, name), new)
        elif isinstance(facts, Map) and facts.kind != "dict":
            self.set(value, replace(facts, items=(*((k, v) for k, v in facts.items if k != name), (name, new))))
        elif isinstance(value, Ref):
            self.store.set(("a", ("r", value.id), name), new)

    def put_attr(self, inst: Inst, name: str, value: Value) -> None:
        """Write an attribute of an instance."""
        self.attr_names.setdefault(inst.uid, set()).add(name)
        self.store.set(("a", inst.uid, name), value)

    # items

    def index(self, value: Value, items: tuple[Value, ...], comma: bool) -> Value:
        facts = self.get(value)
        if isinstance(facts, Unknown) and isinstance(value, Ref) and (
            len(items) > 1 or isinstance(items[0], SliceV) or isinstance(self.get(items[0]), Tensor)
        ):
            facts = self.as_tensor(value) or facts
        if isinstance(facts, Tensor):
            picked = self.picked_by(items)
            return self.guarded(lambda: _picked(indexing.index(self, facts, items), facts.picked + picked if picked else 0))
        if len(items) != 1 or comma:
            if isinstance(facts, (Class, Lib, Func)):
                return facts
            one: Value = Seq("tuple", items, UNKNOWN, Dim.of(len(items)))
        else:
            one = items[0]
        return self.item(value, one)

    def item(self, value: Value, index: Value) -> Value:
        facts = self.get(value)
        key = self.get(index)
        if isinstance(facts, Tensor):
            return self.guarded(lambda: indexing.index(self, facts, (key,)))
        if isinstance(facts, Seq) and isinstance(key, SliceV):
            return self.guarded(lambda: containers.slice_seq(self, facts, key.lo, key.hi, key.step))
        if isinstance(facts, Map) and (op := table.METHODS.get(f"{facts.kind}.__getitem__")) is not None:
            return self.run_op(op, Args((value, index)))
        if isinstance(facts, Seq) and facts.items is None and facts.sizes is None and isinstance(key, Num) and key.dim.const is not None:
            return self.one_of(facts.elem, key.dim.const)
        if isinstance(facts, (Seq, Map)):
            return self.guarded(lambda: containers.item(self, facts, key))
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__getitem__")
            if hit is not None and isinstance(hit[0], Func):
                return self.call_func(hit[0], Args((facts, index)))
            inner = self.store.get(("a", facts.uid, "__lib__"))
            return self.item(inner, index) if inner is not None else self._opaque_item(Ref(-facts.uid), index)
        if isinstance(facts, LibObj):
            op = table.METHODS.get(f"{facts.cls}.__getitem__")
            return self.run_op(op, Args((value, index))) if op is not None else self._opaque_item(Ref(-facts.uid - 1), index)
        if isinstance(facts, (Class, Lib, Func)):
            return facts
        if isinstance(facts, Either):
            return self.opaque()
        return self._opaque_item(value, index)

    def _opaque_item(self, value: Value, index: Value) -> Value:
        key = self.key_of(index)
        at = self.get(index)
        if key is None and isinstance(at, Num):
            key = ("at", at.dim)
        if key is None or not isinstance(value, Ref):
            return self.opaque()
        where = ("i", value.id, key)
        found = self.store.get(where)
        if found is None:
            found = self.opaque(str(key) if isinstance(key, str) else "")
            self.store.set(where, found)
        return found

    def one_of(self, elem: Value, index: int) -> Value:
        """The item at a known place of a list whose items are known only as alike: the same each time, and no other item's equal."""
        if not isinstance(elem, Ref):
            elem = self.get(elem)
        where = ("i", elem.id if isinstance(elem, Ref) else 0, ("at", index))
        found = self.store.get(where) if isinstance(elem, Ref) else None
        if found is None:
            facts = self.get(elem)
            found = self.opaque(facts.name) if isinstance(facts, Unknown) else self.wrap(another(facts))
            if isinstance(elem, Ref):
                self.store.set(where, found)
        return found

    def set_index(self, value: Value, items: tuple[Value, ...], comma: bool, new: Value) -> None:
        facts = self.get(value)
        if isinstance(facts, Unknown) and isinstance(value, Ref) and (len(items) > 1 or isinstance(self.get(items[0]), (Tensor, SliceV))):
            facts = self.as_tensor(value) or facts
        if isinstance(facts, Tensor):
            written = self.get(self.guarded(lambda: indexing.write(self, facts, items, new)))
            written = self._length_mask(facts, written if isinstance(written, Tensor) else facts, items, new)
            at = self.get(items[0])
            if len(items) == 1 and isinstance(at, Num) and self.get(new) in (Num(Dim.of(0)), Const(0.0)):
                written = replace(written, zeroed=(*written.zeroed, at.dim))
            self.set(value, written)
            return
        key = self.key_of(items[0]) if len(items) == 1 else None
        if isinstance(facts, (Map, Seq)):
            made = self.guarded(lambda: containers.store(self, value, items[0], new))
            self.set(value, self.get(made))
        elif isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__setitem__")
            if hit is not None and isinstance(hit[0], Func):
                self.call_func(hit[0], Args((facts, items[0], new)))
        elif isinstance(value, Ref) and key is not None:
            self.store.set(("i", value.id, key), new)

    def _length_mask(self, before: Tensor, written: Tensor, items: tuple[Value, ...], new: Value) -> Tensor:
        """`mask = zeros(...)`, then `mask[i, :n] = 1` row by row: a mask of what lies within the lengths."""
        cut, value = self.get(items[-1]), self.get(new)
        if isinstance(cut, SliceV) and by_rows(before.mask) and isinstance(value, (Num, Const)):
            return replace(written, mask=before.mask, scale="mask", value=None, fills=(), padding="none")  # one more row of it
        if isinstance(cut, SliceV) and before.mask is not None and before.mask.kind == "lengths" and self.get(new) in (Num(Dim.of(1)), Num(Dim()), Const(True), Const(1.0), Const(False), Const(0.0)):
            return replace(written, mask=before.mask, scale="mask", fills=(), padding=before.padding, step=before.step)
        if not isinstance(cut, SliceV) or before.value is None or (written.mask is not None and before.mask is None):
            return written
        one, zero = (Num(Dim.of(1)), Const(True), Const(1.0)), (Num(Dim.of(0)), Const(False), Const(0.0))
        ends, starts = self._loose(cut.hi), self._loose(cut.lo)
        if isinstance(value, Tensor) and value.value is not None:
            value = Num(value.value)
        kept = before.value.const == 0 and value in one and cut.lo in (NONE, Num(Dim())) and ends
        dropped = before.value.const == 1 and value in zero and cut.hi == NONE and starts
        if not kept and not dropped:
            return written
        step = self.step("lengths", "marks what lies within each length", before.step, shape=before.shape)
        return replace(written, mask=Mask("lengths", "real", uid=uid(), step=step), scale="mask", value=None, fills=(), padding="none", step=step)

    def _loose(self, bound: Value) -> bool:
        facts = self.get(bound)
        return facts != NONE and not (isinstance(facts, Num) and facts.dim.const is not None)

    def elem(self, value: Value) -> Value:
        found = self._elem(value)
        return found if isinstance(found, Ref) else self.wrap(found)

    def _elem(self, value: Value) -> Value:
        facts = self.get(value)
        if isinstance(facts, Seq):
            if facts.items is not None and facts.items:
                known = [n for i in facts.items if (n := arith.number(self.get(i))) is not None and isinstance(self.get(i), Num)]
                if len(known) == len(facts.items) and len(set(known)) > 1:
                    return arith.one_of("i", Dim.of(min(known)), Dim.of(max(known) + 1))
                return self.join_all(list(facts.items))
            return facts.elem if facts.elem != UNKNOWN else self.opaque()
        if isinstance(facts, Map):
            return Const(facts.items[0][0]) if len(facts.items) == 1 and isinstance(facts.items[0][0], str) else self.opaque()
        if isinstance(facts, Tensor):
            return self.guarded(lambda: _picked(indexing.entry(self, facts), facts.picked + 1))
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__iter__")
            if hit is not None and isinstance(hit[0], Func):
                made = self.call_func(hit[0], Args((facts,)))
                if not isinstance(self.get(made), Inst):
                    return self.elem(made)
                step = self.class_attr(facts.cls, "__next__")
                return self.call_func(step[0], Args((facts,))) if step is not None and isinstance(step[0], Func) else self.opaque()
            if self.class_attr(facts.cls, "__getitem__") is not None:
                return self.item(facts, Num(fresh("i")))
            inner = self.store.get(("a", facts.uid, "__lib__"))
            return self.elem(inner) if inner is not None else self.opaque()
        if isinstance(facts, LibObj):
            op = table.METHODS.get(f"{facts.cls}.__iter__") or table.METHODS.get(f"{self.family(facts.cls)}.__iter__")
            return self.run_op(op, Args((value,))) if op is not None else self.opaque()
        if isinstance(facts, Either):
            return self.join_all([self.elem(o) for o in facts.options])
        return self.opaque()

    def run_op(self, op: table.Op, args: Args) -> Value:
        """Run an operation of the table."""
        return self.guarded(lambda: op(self, args))

    # unpacking and targets

    def bind_target(self, target: s.Expr, value: Value, frame: Frame) -> None:
        if isinstance(target, s.Name):
            self.assign(target.id, value, frame)
        elif isinstance(target, s.Attr):
            self.set_attr(self.eval(target.obj, frame), target.name, value)
        elif isinstance(target, s.Index):
            obj = self.eval(target.obj, frame)
            items = tuple(self.eval(i, frame) for i in target.items)
            with self.at(frame.module, target.at):
                self.set_index(obj, items, target.tuple, value)
        elif isinstance(target, s.Sequence):
            self._unpack(target.items, value, frame)
        elif isinstance(target, s.Star):
            self.bind_target(target.value, value, frame)

    def _unpack(self, targets: list[s.Expr], value: Value, frame: Frame) -> None:
        facts = self.get(value)
        if isinstance(facts, Inst):
            hit = self.class_attr(facts.cls, "__iter__")
            facts = self.get(self.call_func(hit[0], Args((facts,)))) if hit is not None and isinstance(hit[0], Func) else facts
        items = facts.items if isinstance(facts, Seq) else None
        stars = [i for i, t in enumerate(targets) if isinstance(t, s.Star)]
        if items is not None and not stars and len(items) == len(targets):
            for t, v in zip(targets, items, strict=True):
                self.bind_target(t, v, frame)
            return
        if items is not None and len(stars) == 1 and len(items) >= len(targets) - 1:
            i, tail = stars[0], len(targets) - stars[0] - 1
            middle = items[i : len(items) - tail]
            rest = Seq("list", middle, self.join_all(list(middle)), Dim.of(len(middle)))
            flat = (*items[:i], self.new(rest), *items[len(items) - tail :])
            for t, v in zip(targets, flat, strict=True):
                self.bind_target(t, v, frame)
            return
        for i, t in enumerate(targets):
            if isinstance(facts, Tensor):
                part: Value = self.guarded(lambda i=i: indexing.index(self, facts, (Num(Dim.of(i)),)))  # type: ignore[misc]
            elif isinstance(facts, Map) and facts.kind != "dict":
                part = self.item(value, Num(Dim.of(i)))
            elif isinstance(facts, Seq) and facts.elem != UNKNOWN and not stars:
                part = self.one_of(facts.elem, i)
            elif isinstance(facts, Unknown) and not stars:
                part = self._opaque_item(value, Num(Dim.of(i)))
            else:
                part = self.opaque()
            self.bind_target(t, part, frame)

    def unpack_shape(self, names: list[str], tensor: Tensor) -> None:
        """`B, T, V = x.shape` of a tensor of unknown rank: it has as many axes as there are names."""
        pack = tensor.shape.pack
        if pack is None:
            return
        need = len(names) - tensor.shape.min_rank
        if need < 0:
            return
        cut = tensor.shape.axes.index(pack)
        self.bind(pack, tuple(axis(fresh(n if n != "_" else "n")) for n in names[cut : cut + need]))

    # classes

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
        for c in self.mro(cls):
            for base in c.bases:
                facts = self.get(base)
                if isinstance(facts, Lib):
                    return canonical(facts.name)
        return None

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
        elif base is not None:
            self.put_attr(inst, "__lib__", self.new(LibObj(base, args, uid=uid())))
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


def another(facts: Value) -> Value:
    """Facts of the same kind with sizes and an origin of their own."""
    if isinstance(facts, Tensor):
        axes = [fresh_pack(a.name) if isinstance(a, Pack) else a if a.size is not None and a.size.const is not None else axis(fresh("n", a.role)) for a in facts.shape.axes]
        return replace(facts, shape=Shape(tuple(axes)), origin=None if facts.origin is None else Origin(uid()), norm=None)
    if isinstance(facts, Seq) and facts.items is None:
        return replace(facts, origin=None if facts.origin is None else Origin(uid()))
    return facts


def _picked(value: Value, loops: int) -> Value:
    return replace(value, picked=loops) if isinstance(value, Tensor) and value.picked != loops else value


def shape_of_rank(rank: int) -> Shape:
    """A shape of so many fresh axes."""
    return Shape.of(*(fresh("n") for _ in range(rank)))


__all__ = ["Objects", "Pack", "fresh_pack", "shape_of_rank"]
