"""Calls: project functions entered with their own facts, library operations from the table, modules run by their forward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.store import Changes
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    After,
    Args,
    BoundLib,
    Class,
    Const,
    Either,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Method,
    Partial,
    Ref,
    Seq,
    Site,
    Super,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.interpreter.derived import SELF_METHODS, Derived
from shapeguard.analysis.interpreter.machine import CALL_FUEL, FUEL, MAX_DEPTH, SPARE, VAIN, VAIN_FUEL, Frame, OutOfFuel, canonical
from shapeguard.analysis.interpreter.objects import TENSOR_ONLY
from shapeguard.analysis.interpreter.specials import SPECIAL
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers
from shapeguard.analysis.reading import syntax as s

# wrappers whose result behaves as what they wrap
TRANSPARENT = frozenset(
    "torch.compile torch.jit.script torch.jit.trace torch.nn.DataParallel torch.nn.parallel.DistributedDataParallel torch.no_grad "
    "torch.inference_mode torch.enable_grad functools.lru_cache functools.cache torch.nn.utils.weight_norm "
    "torch.nn.utils.spectral_norm torch.nn.utils.parametrizations.weight_norm torch.nn.SyncBatchNorm.convert_sync_batchnorm "
    "torch.optim.swa_utils.AveragedModel copy.copy typing.cast jaxtyping.jaxtyped beartype.beartype shapeguard.guard".split()
)


class Calls(Derived):
    """Calling anything that can be called."""

    current: Frame

    def call(self, func: Value, args: Args) -> Value:
        self.burn()
        facts = self.get(func)
        if isinstance(facts, Lib):
            return self._call_lib(facts, args)
        if isinstance(facts, Func):
            return self._call_project(facts, args)
        if isinstance(facts, Method):
            return self.call_func(facts.func, Args((facts.self, *args.pos), args.kw, args.more))
        if isinstance(facts, BoundLib):
            return self._call_bound(facts, args)
        if isinstance(facts, Class):
            return self.instantiate(facts, args)
        if isinstance(facts, Inst):
            return self.call_inst(facts, args)
        if isinstance(facts, LibObj):
            return self._call_obj(func, facts, args)
        if isinstance(facts, Partial):
            kw = {**dict(facts.args.kw), **dict(args.kw)}
            return self.call(facts.func, Args((*facts.args.pos, *args.pos), tuple(kw.items()), facts.args.more or args.more))
        if isinstance(facts, Either):
            return self._call_either(facts, args)
        if isinstance(facts, Unknown) and args.pos and isinstance(first := self.get(args.pos[0]), Tensor) and first.losses:
            if facts.name in ("backward", "manual_backward"):
                self.went_back(first)
            elif facts.name == "scale":
                return args.pos[0]
        return self.opaque(why="the callee is not known")

    def _call_project(self, func: Func, args: Args) -> Value:
        name = getattr(func.node, "name", "")
        if self.user_losses and (name in self.user_losses or f"{func.module.name}.{name}" in self.user_losses):
            self.entered[id(func.node)] = None
            found = self.loss_of("user:" + name, None, args)
            if found is not None:
                return found
        return self.call_func(func, args)

    def call_func(self, func: Func, args: Args) -> Value:
        node = func.node
        self.burn(2)
        before = len(self.entered)
        self.entered[id(node)] = None
        if len(self.stack) >= MAX_DEPTH or any(f.node is node and f.frame == func.frame for f, _ in self.stack):
            return self.opaque(why="recursion, or calls too deep")
        frame = Frame(self.store.number(), func.module, "function", self.frames[func.frame], func)
        self.frames[frame.id] = frame
        self._bind_params(func, node.params, args, frame)
        if func.cls is not None and node.params and func.kind != "static":
            frame.self_value = self.store.get(("v", frame.id, node.params[0].name))
        self.stack.append((func, self.site))
        self.trail.steering.append({})
        result: Value = NONE
        site, current = self.site, getattr(self, "current", None)
        here, reached, named = id(self.site.node) if self.site is not None else 0, self.reached, self.trains(node, func.module)
        leads = named and here not in self.vain_calls
        fuel, allowed = self.fuel, self._allowed(node, leads)
        beside, self.beside = self.beside, self.beside or (not leads and len(self.stack) > self.outermost)
        if self.beside and not beside:
            allowed = min(allowed, max(self.aside, SPARE))
        capped = len(self.stack) > self.outermost and fuel > allowed
        if capped:
            self.fuel = allowed
        given = self.fuel
        mark = self.store.mark() if capped else None
        depth, loops, quiet = len(self.stack), self.loop_marks, self.quiet
        try:
            result = self.eval(node.body, frame) if isinstance(node, s.Lambda) else self._run_body(node, frame)
            if not self.quiet:
                self.ended.add(id(node))
            if named:
                (self.vain_calls.add if self.reached == reached else self.vain_calls.discard)(here)
            return result
        except OutOfFuel:
            self.cut[id(node)] = Site(func.module, node)
            if mark is None:
                raise
            self.store.undo(mark)
            self.cut_off(before)
            del self.stack[depth:]
            self.loop_marks, self.quiet = loops, quiet
            return self.opaque(why="too much work in one call")
        finally:
            work = given - max(self.fuel, 0)
            self.spent[id(node)] = self.spent.get(id(node), 0) + work
            if self.beside and not beside:
                self.aside -= work
            self.beside = beside
            if mark is not None:
                self.store.release(mark)
                self.fuel = fuel - (allowed - max(self.fuel, 0))
            self.stack.pop()
            self.site = site
            self.trail.passed(func, result, (*args.pos, *(v for _, v in args.kw)))
            if current is not None:
                self.current = current

    def cut_off(self, before: int) -> None:
        """The functions entered since, so many were before, that were not seen to their end: they may still be run for themselves."""
        for node in list(self.entered)[before:]:
            if node not in self.ended:
                del self.entered[node]
                self.again.add(node)

    def _allowed(self, node: s.FuncDef | s.Lambda, leads: bool) -> int:
        """The work that a call of a function may take."""
        if self.vain.get(id(node), 0) > VAIN and (isinstance(node, s.Lambda) or node.name != "__init__"):
            return VAIN_FUEL  # but no object is left half made: that would hide every later loss
        return FUEL if leads else CALL_FUEL

    def _run_body(self, node: s.FuncDef, frame: Frame) -> Value:
        mark = frame.mark = self.store.mark()
        loops, self.loop_marks = self.loop_marks, []
        try:
            self.hint_params(node, frame)
            falls = self.exec_block(node.body, frame)
            ends = list(frame.returns)
            if falls:
                ends.append((NONE, self.store.changes(mark)))
            self.frame_done(frame)
            straight = len(ends) == 1 and not node.is_generator and all(self.store.data.get(k) is v for k, v in ends[0][1].items())
            if not straight:
                self.store.undo(mark)
        finally:
            self.store.release(mark)
        self.loop_marks = loops
        if not straight:
            self.store.merge([self._outside(frame, c) for _, c in ends], self.join)
        if node.is_generator:
            return self.new(Seq("list", None, self.join_all(frame.yields) if frame.yields else self.opaque(), fresh("n")))
        values = [v for v, _ in ends]
        real = [v for v in values if v != NONE]
        return self.join_all(real) if real else NONE if values else self.opaque(why="never returns")

    @staticmethod
    def _outside(frame: Frame, changes: Changes) -> Changes:
        """Without the function's own variables, which nobody can see any more."""
        if frame.captured:
            return changes
        return {k: v for k, v in changes.items() if k[0] != "v" or k[1] != frame.id}

    def _bind_params(self, func: Func, params: list[s.Param], args: Args, frame: Frame) -> None:
        pos = list(args.pos)
        kw = dict(args.kw)
        defaults = dict(func.defaults)
        store = self.store
        spread: Seq | None = None
        if args.more and pos and isinstance(last := pos[-1], Seq) and last.items is None:
            spread = last
            pos.pop()
        for p in params:
            key = ("v", frame.id, p.name)
            if p.kind == "star":
                rest = tuple(pos)
                pos = []
                value: Value = (
                    Seq("tuple", rest, UNKNOWN, Dim.of(len(rest)))
                    if not args.more
                    else spread or Seq("tuple", None, self.opaque(), fresh("n"))
                )
            elif p.kind == "starstar":
                value = self.new(Map(tuple(kw.items()), self.opaque() if args.more else None))
                kw = {}
            elif p.kind != "kwonly" and pos:
                value = pos.pop(0)
            elif p.name in kw:
                value = kw.pop(p.name)
            elif args.more and spread is not None and p.kind != "kwonly":
                value = self.one_of(spread.elem, params.index(p))
            elif args.more:
                value = self.opaque(p.name)
            elif p.name in defaults:
                value = defaults[p.name]
            else:
                value = self.opaque(p.name)
            store.set(key, value)
            facts = self.get(value)
            if isinstance(facts, Tensor) and facts.mask is not None and facts.mask.kind in ("id", "lengths", "attention"):
                frame.local_masks[p.name] = replace(facts.mask, of=None)  # it was handed to what computes the loss

    def _call_either(self, either: Either, args: Args) -> Value:
        """Each of the few; a loss beside something that is none is judged with doubt: the code around may know which it is."""
        results: list[Value] = []
        doubted = any(self._loss_name(o) for o in either.options) and any(self._no_loss(o) for o in either.options)

        def one(option: Value) -> Callable[[], bool]:
            def run() -> bool:
                self.doubts += doubted
                try:
                    results.append(self.call(option, args))
                finally:
                    self.doubts -= doubted
                return True

            return run

        self.fork(*(one(o) for o in either.options if o != NONE))  # what is called is not None
        return self.join_all(results)

    def _no_loss(self, option: Value) -> bool:
        """Whether an option is something of a library that is no cross entropy, or nothing."""
        return isinstance(self.get(option), (Lib, LibObj, Const)) and self._loss_name(option) is None

    def _loss_name(self, option: Value) -> str | None:
        facts = self.get(option)
        name = facts.name if isinstance(facts, Lib) else facts.cls if isinstance(facts, LibObj) else ""
        return name if self.is_loss(canonical(name)) else None

    # library functions

    def _call_lib(self, lib: Lib, args: Args) -> Value:
        name = canonical(lib.name)
        special = SPECIAL.get(name)
        if special is not None:
            return special(self, args)
        if args.pos and isinstance(inst := self.get(args.pos[0]), Inst) and self._method_of(inst, name):
            return self.call_super(Super(inst.cls, inst), name.rpartition(".")[2], Args(args.pos[1:], args.kw, args.more))
        found = self.loss_of(name, None, args)
        if found is not None:
            return found
        op = table.CALLS.get(name)
        if op is not None:
            return self._operate(table.as_method(name), op, args)
        if name == "functools.wraps":
            return Lib("shapeguard.identity")
        if name in TRANSPARENT:
            return args.pos[0] if args.pos else Lib("shapeguard.identity")
        head, _, last = name.rpartition(".")
        if head == "torch.Tensor" and args.pos:
            return self._call_bound(BoundLib(args.pos[0], last), Args(args.pos[1:], args.kw, args.more))
        if self.is_loss(name) or name in table.INSTANCES or (head.startswith("torch.nn") and last[:1].isupper()):
            made = self.new(LibObj(name, args, uid=uid(), step=self.step(last, f"{last} is made here")))
            self.trail.led(made, (*args.pos, *(v for _, v in args.kw)))
            return made
        fallback = transformers.call_fallback(name)
        if fallback is not None:
            return self.run_op(fallback, args)
        if last[:1].isupper() and name in _owners():
            return self.new(LibObj(name, args, uid=uid()))
        if name == "shapeguard.identity":
            return args.pos[0] if args.pos else NONE
        return self.opaque(why=f"{name} is not known")

    def _method_of(self, inst: Inst, name: str) -> bool:
        """Whether a library function is a method of what an object derives from, called on it: `nn.Module.__init__(self)`."""
        return name.rpartition(".")[0] in self.lib_bases(inst.cls)

    def _call_obj(self, ref: Value, obj: LibObj, args: Args) -> Value:
        if self.is_loss(obj.cls):
            found = self.loss_of(obj.cls, obj, args)
            if found is not None:
                return found
        op = table.INSTANCES.get(obj.cls)
        if op is None and transformers.is_model(obj.cls):
            op = table.INSTANCES.get("transformers.PreTrainedModel")
        if op is not None:
            return self.run_op(op, Args((ref if isinstance(ref, Ref) else obj, *args.pos), args.kw, args.more))
        return self.opaque(why=f"what {obj.cls} returns is not known")

    # methods of library values

    def _call_bound(self, bound: BoundLib, args: Args) -> Value:
        owner = bound.self
        facts = self.get(owner)
        name = bound.name
        if isinstance(facts, Unknown) and name in TENSOR_ONLY:
            self.as_tensor(owner)
            facts = self.get(owner)
        if isinstance(facts, Tensor):
            return self._call_tensor(owner, facts, name, args)
        if isinstance(facts, Super):
            return self.call_super(facts, name, args)
        if isinstance(facts, Inst):
            return self.call_inherited(facts, name, args)
        full = Args((owner, *args.pos), args.kw, args.more)
        for key in _method_keys(facts, name):
            if (op := table.METHODS.get(key)) is not None:
                return self.run_op(op, full)
        if isinstance(facts, LibObj):
            if name in SELF_METHODS:
                return owner
            if name in ("forward", "__call__"):
                return self._call_obj(owner, facts, args)
            if transformers.is_model(facts.cls):
                op = table.METHODS.get(f"transformers.PreTrainedModel.{name}")
                if op is not None:
                    return self.run_op(op, full)
        if isinstance(facts, Class):
            return self.call_maker(facts, name, args)
        return self.opaque(why=f".{name}() is not known")

    def _call_tensor(self, owner: Value, facts: Tensor, name: str, args: Args) -> Value:
        if name == "backward":
            self.went_back(facts)
            return NONE
        full = Args((owner, *args.pos), args.kw, args.more)
        op = table.TENSOR_METHODS.get(name)
        if op is not None and not name.endswith("_"):
            return self._operate(name, op, full)
        if name.endswith("_") and not name.endswith("__") and (op := op or table.TENSOR_METHODS.get(name[:-1])) is not None:
            result = self.get(self.run_op(op, full))
            if isinstance(result, Tensor):
                self.set(owner, result)
                self.write_through(owner, facts, result)
            return owner
        return self.opaque(why=f"Tensor.{name} is not known")

    def _operate(self, name: str, op: table.Op, args: Args) -> Value:
        """An operation on a tensor, whichever form is written: `x.gather(-1, y)` and `torch.gather(x, -1, y)` alike."""
        owner = args.given(0, "input") or args.given(None, "a") or UNKNOWN  # NumPy calls it a
        facts = self.get(owner)
        made = self.run_op(op, args)
        if name and isinstance(facts, Tensor):
            made = self.after_op(name, facts, args, made)
            self.share(made, owner, name)
        return made

    def went_back(self, tensor: Tensor) -> None:
        """A backward pass starts from this tensor."""
        if tensor.losses is not None:
            self.kept[tensor.losses.then(After("backward"))] = None


@cache
def _owners() -> frozenset[str]:
    """The library classes of whose objects something is known."""
    return frozenset(key.rpartition(".")[0] for key in (*table.METHODS, *table.ATTRS))


def _method_keys(facts: Value, name: str) -> list[str]:
    if isinstance(facts, LibObj):
        keys = [f"{facts.cls}.{name}"]
        if facts.cls.startswith("torch.nn."):
            keys.append(f"torch.nn.Module.{name}")
        return keys
    if isinstance(facts, Seq):
        return [f"{facts.kind}.{name}", f"list.{name}"]
    if isinstance(facts, Map):
        return [f"{facts.kind}.{name}", f"dict.{name}"]
    if isinstance(facts, Const) and isinstance(facts.value, str):
        return [f"str.{name}"]
    return []


