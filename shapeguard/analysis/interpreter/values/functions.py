"""Functions of the project: entered with the facts of their arguments, every time anew and within a share of the work."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.contents import Origin
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.steps import Site, uid
from shapeguard.analysis.facts.store import Changes
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Func, Map, Method, Partial, Ref, Seq, Unknown, Value
from shapeguard.analysis.interpreter.block import run_block
from shapeguard.analysis.interpreter.language import attributes, calls, items
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import loss_calls
from shapeguard.analysis.interpreter.state import work
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import function_code, module_of
from shapeguard.analysis.interpreter.state.work import OutOfFuel
from shapeguard.analysis.interpreter.values import typed
from shapeguard.analysis.interpreter.written import hinted
from shapeguard.analysis.reading import syntax as s

_WRAPPED = ("func", "__func__", "__wrapped__")  # by which the function inside is asked for


@calls(Func)
def call_function(m: Machine, func: Func, held: Value, args: Args) -> Value:
    """`f(...)`: a loss where the configuration names it as one, and entered otherwise."""
    name = getattr(func.node, "name", "")
    if m.user_losses and (name in m.user_losses or f"{module_of(func).name}.{name}" in m.user_losses):
        m.work.entered[id(func.node)] = None
        found = loss_calls.loss_of(m, "user:" + name, None, args)
        if found is not None:
            return found
    return enter(m, func, args)


@calls(Method)
def call_method(m: Machine, method: Method, held: Value, args: Args) -> Value:
    """`obj.method(...)`."""
    return enter(m, method.func, Args((method.self, *args.pos), args.kw, args.more))


@calls(Partial)
def call_partial(m: Machine, partial: Partial, held: Value, args: Args) -> Value:
    """`functools.partial(f, ...)(...)`."""
    kw = {**dict(partial.args.kw), **dict(args.kw)}
    return m.call(partial.func, Args((*partial.args.pos, *args.pos), tuple(kw.items()), partial.args.more or args.more))


@attributes(Func)
def attribute_of_function(m: Machine, func: Func, held: Value, name: str) -> Value:
    """`f.__wrapped__` is the function itself: decorators leave it what it is."""
    return func if name in _WRAPPED else m.opaque(name)


@attributes(Method, Partial)
def attribute_of_bound(m: Machine, bound: Method | Partial, held: Value, name: str) -> Value:
    """`method.__func__`, `partial.func`."""
    return bound.func if name in _WRAPPED else m.opaque(name)


@items(Func)
def item_of_function(m: Machine, func: Func, held: Value, index: Value) -> Value:
    """`f[int]`: a kernel with its options is the kernel."""
    return func


def enter(m: Machine, func: Func, args: Args) -> Value:
    """Enter a function: its value, or unknown where it calls itself or the work that it may take is met."""
    node, module = function_code(func), module_of(func)
    m.book.stuck = None
    m.work.burn(2)
    before = len(m.work.entered)
    m.work.entered[id(node)] = None
    if len(m.frames.stack) >= work.MAX_DEPTH or any(f.node is node and f.frame == func.frame for f, _ in m.frames.stack):
        return m.opaque(why="recursion, or calls too deep")
    frame = Frame(m.store.number(), module, "function", m.frames.by_id[func.frame], func, behind=m.book.behind)
    m.frames.by_id[frame.id] = frame
    _bind_params(m, func, node.params, args, frame)
    if func.cls is not None and node.params and func.kind != "static":
        frame.self_value = m.store.get(("v", frame.id, node.params[0].name))
    m.frames.stack.append((func, m.site))
    m.trail.steering.append({})
    result: Value = NONE
    site, current = m.site, m.frames.current
    here, reached, named = id(m.site.node) if m.site is not None else 0, m.kept.reached, m.trains(node, module)
    leads = named and here not in m.work.fruitless_calls
    fuel, allowed = m.work.fuel, m.work.allowed(node, leads)
    beside, m.work.beside = m.work.beside, m.work.beside or (not leads and len(m.frames.stack) > m.work.outermost)
    if m.work.beside and not beside:
        allowed = min(allowed, max(m.work.aside, work.SPARE))
    capped = len(m.frames.stack) > m.work.outermost and fuel > allowed
    if capped:
        m.work.fuel = allowed
    given = m.work.fuel
    mark = m.store.mark() if capped else None
    depth, loops, quiet = len(m.frames.stack), m.rounds.marks, m.book.quiet
    try:
        result = m.value(node.body, frame) if isinstance(node, s.Lambda) else _run_body(m, node, frame)
        if not m.book.quiet:
            m.work.ended.add(id(node))
        if named:
            (m.work.fruitless_calls.add if m.kept.reached == reached else m.work.fruitless_calls.discard)(here)
        return result
    except OutOfFuel:
        m.work.cut[id(node)] = Site(module, node)
        if mark is None:
            raise
        m.store.undo(mark)
        m.work.cut_off(before)
        del m.frames.stack[depth:]
        m.rounds.marks, m.book.quiet, m.book.behind = loops, quiet, frame.behind
        return m.opaque(why="too much work in one call")
    finally:
        done = given - max(m.work.fuel, 0)
        m.work.spent[id(node)] = m.work.spent.get(id(node), 0) + done
        if m.work.beside and not beside:
            m.work.aside -= done
        m.work.beside = beside
        if mark is not None:
            m.store.release(mark)
            m.work.fuel = fuel - (allowed - max(m.work.fuel, 0))
        m.frames.stack.pop()
        m.site = site
        m.trail.function_returned(func, result, (*args.pos, *(v for _, v in args.kw)))
        if current is not None:
            m.frames.current = current


def _run_body(m: Machine, node: s.FuncDef, frame: Frame) -> Value:
    """Run the body of a function: the join of what it returns, with the changes of each way to its end."""
    mark = frame.mark = m.store.mark()
    loops, m.rounds.marks = m.rounds.marks, []
    try:
        hinted.hint_params(m, node, frame)
        typed.type_params(m, node, frame)
        falls = run_block(m, node.body, frame)
        ends = list(frame.returns)
        if falls:
            ends.append((NONE, m.store.changes(mark)))
        runs = node.is_generator or node.is_async  # not before somebody asks for what it gives
        m.book.stuck = frame.refusals[-1] if frame.refusals and not ends and not runs else None
        m.book.note_unused_masks(frame)
        straight = len(ends) == 1 and not node.is_generator and all(m.store.data.get(k) is v for k, v in ends[0][1].items())
        if not straight:
            m.store.undo(mark)
    finally:
        m.store.release(mark)
    m.rounds.marks = loops
    if not straight:
        m.store.merge([_without_locals(frame, c) for _, c in ends], m.join)
    if node.is_generator:
        return m.new(Seq("list", None, m.join_all(frame.yields) if frame.yields else m.opaque(), fresh("n")))
    values = [v for v, _ in ends]
    real = [v for v in values if v != NONE]
    return m.join_all(real) if real else NONE if values else m.opaque(why="never returns")


def _without_locals(frame: Frame, changes: Changes) -> Changes:
    """Drop the function's own variables, which nobody can see any more."""
    if frame.captured:
        return changes
    return {k: v for k, v in changes.items() if k[0] != "v" or k[1] != frame.id}


def _bind_params(m: Machine, func: Func, params: list[s.Param], args: Args, frame: Frame) -> None:
    """Bind the parameters of a function to the arguments of a call."""
    pos = list(args.pos)
    kw = dict(args.kw)
    defaults = dict(func.defaults)
    store = m.store
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
                Seq("tuple", rest, UNKNOWN, Dim.of(len(rest))) if not args.more else spread or Seq("tuple", None, m.opaque(), fresh("n"))
            )
        elif p.kind == "starstar":
            value = m.new(Map(tuple(kw.items()), m.opaque() if args.more else None))
            kw = {}
        elif p.kind != "kwonly" and pos:
            value = pos.pop(0)
        elif p.name in kw:
            value = kw.pop(p.name)
        elif args.more and spread is not None and p.kind != "kwonly":
            value = item_at_known_place(m, spread.elem, params.index(p))
        elif args.more:
            value = m.opaque(p.name)
        elif p.name in defaults:
            value = defaults[p.name]
        else:
            value = m.opaque(p.name)
        store.set(key, value)
        facts = m.get(value)
        if isinstance(facts, Tensor) and facts.mask is not None and facts.mask.kind in ("id", "lengths", "attention"):
            frame.local_masks[p.name] = replace(facts.mask, of=None)  # it was handed to what computes the loss


def defaults(m: Machine, params: list[s.Param], frame: Frame) -> tuple[tuple[str, Value], ...]:
    """Default arguments, evaluated where the function is defined."""
    found = tuple((p.name, m.value(p.default, frame)) for p in params if p.default is not None)
    for p, (_, value) in zip([p for p in params if p.default is not None], found, strict=True):
        m.trail.written(value, Site(frame.module, p.default.at if p.default is not None else None))
    return found


def item_at_known_place(m: Machine, elem: Value, index: int) -> Value:
    """The item at a known place of a list whose items are known only as alike: the same each time, and no other item's equal."""
    if not isinstance(elem, Ref):
        elem = m.get(elem)
    where = ("i", elem.id if isinstance(elem, Ref) else 0, ("at", index))
    found = m.store.get(where) if isinstance(elem, Ref) else None
    if found is None:
        facts = m.get(elem)
        found = m.new(replace(facts, why="")) if isinstance(facts, Unknown) else m.wrap(another_of_kind(facts))
        if isinstance(elem, Ref):
            m.store.set(where, found)
    return found


def another_of_kind(facts: Value) -> Value:
    """Facts of the same kind with sizes and an origin of their own."""
    if isinstance(facts, Tensor):
        own = Shape(tuple(_own_axis(a) for a in facts.shape.axes))
        return replace(facts, shape=own, origin=None if facts.origin is None else Origin(uid()), norm=None)
    if isinstance(facts, Seq) and facts.items is None:
        return replace(facts, origin=None if facts.origin is None else Origin(uid()))
    return facts


def _own_axis(a: Axis | Pack) -> Axis | Pack:
    if isinstance(a, Pack):
        return fresh_pack(a.name)
    return a if a.size is not None and a.size.const is not None else axis(fresh("n", a.role))
