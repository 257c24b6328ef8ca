"""One flat function with the user's own signature, made from a plan.

Of this function, for one,

    @guard
    def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Float[Tensor, ""]: ...

these lines are made and compiled; `flat` writes the questions, this module what stands around them. `_sg_f` is the function, `_sg_C0`
the class Tensor, `'<_sg_0>'` a literal that is put in place as the set of dtypes that Float allows, and `_sg_bad` finds the words for
what does not fit:

    def made(logits, targets):
        try:
            if not (isinstance(logits, _sg_C0) and logits.dtype in '<_sg_0>' and len(_sg_s := logits.shape) == 3): raise _sg_Misfit
            _d_B, _d_T, _d_V = _sg_s
            if not (isinstance(targets, _sg_C0) and targets.dtype in '<_sg_1>' and targets.shape == (_d_B, _d_T)): raise _sg_Misfit
        except:
            _sg_e = _sg_brief((logits, targets)) if _sg_compiling() else _sg_bad((logits, targets))
            if _sg_e is not None: raise _sg_e from None
            _d_B = _d_T = _d_V = None
        _sg_out = _sg_f(logits, targets)
        try:
            if not (isinstance(_sg_out, _sg_C0) and _sg_out.dtype in '<_sg_0>' and _sg_out.shape == ()): raise _sg_Misfit
        except:
            _sg_e = _sg_brief((logits, targets)) if _sg_compiling() else _sg_bad_result((logits, targets), _sg_out)
            if _sg_e is not None: raise _sg_e from None
        return _sg_out
"""

from __future__ import annotations

import builtins
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import torch
from torch._guards import TracingContext

from shapeguard.runtime.annotations import Free, Unreadable, leaves
from shapeguard.runtime.dims import OF_DIM
from shapeguard.runtime.failing import Failing
from shapeguard.runtime.flat import OF_MANY, OWN, RESERVED, Flat, Misfit, NotFlat
from shapeguard.runtime.modes import Mode
from shapeguard.runtime.plan import Parameter, Plan

compiling = torch.compiler.is_compiling


def make(fn: Callable[..., Any], plan: Plan, mode: Mode) -> Callable[..., Any]:
    """The guarded function."""
    namespace: dict[str, Any] = {"__builtins__": vars(builtins)}
    return _function(fn, *source(fn, plan, mode, namespace), namespace, plan.parameters)


def make_lazy(fn: Callable[..., Any], form: str, first: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """A function that gets its checks at its first call, when names that are not known yet will be.

    `first` gives the guarded function, or `fn` where there is nothing to check. Calls from several threads may ask it at once:
    each makes its own, whole, and the first that is done serves all. A lock would wait for what an annotation imports.
    """
    namespace: dict[str, Any] = {"__builtins__": vars(builtins)}
    calls = {
        "function": f"return {OWN}box.me(*args, **kwargs)",
        "async": f"return await {OWN}box.me(*args, **kwargs)",
        "generator": f"return (yield from {OWN}box.me(*args, **kwargs))",
        "async generator": f"async for x in {OWN}box.me(*args, **kwargs): yield x",
    }
    head = "async def" if form.startswith("async") else "def"
    made = _function(fn, f"{head} made(*args, **kwargs):\n    {OWN}first()\n    {calls[form]}\n", {}, namespace)

    box = types.SimpleNamespace()  # .me: the guarded function, as soon as there is one

    def swap() -> None:
        inner = vars(box).get("me") or vars(box).setdefault("me", first())
        if inner is not fn and TracingContext.try_get() is None:  # torch.compile remembers the code that it began with
            namespace.update(inner.__globals__)  # the code comes last: a call that meets it finds the rest
            made.__defaults__, made.__kwdefaults__ = inner.__defaults__, inner.__kwdefaults__
            made.__code__ = inner.__code__

    # torch.compile runs what is marked so while it traces, and goes on with what it made
    swap._dynamo_marked_constant = True  # type: ignore[attr-defined]
    namespace.update({f"{OWN}first": swap, f"{OWN}box": box})
    return made


def _function(
    fn: Callable[..., Any], text: str, literals: dict[str, Any], namespace: dict[str, Any], parameters: tuple[Parameter, ...] = ()
) -> FunctionType:
    theirs = getattr(inspect.unwrap(fn), "__code__", None)
    file = theirs.co_filename if theirs is not None else f"<shapeguard: {fn.__qualname__}>"
    inner = next(c for c in compile(text, file, "exec", 0, True).co_consts if isinstance(c, CodeType))
    constants = tuple(literals.get(c, c) if isinstance(c, str) else c for c in inner.co_consts) if literals else inner.co_consts
    line = 1 if theirs is None else _def_line(theirs)
    code = inner.replace(
        co_name=fn.__name__,
        co_qualname=fn.__qualname__,
        co_consts=constants,
        co_firstlineno=line,
        co_linetable=_at_one_line(len(inner.co_code) // 2),
    )
    made = FunctionType(code, namespace, fn.__name__, None, None)
    functools.update_wrapper(made, fn)
    given = [p for p in parameters if p.default is not p.empty]
    made.__kwdefaults__ = {p.name: p.default for p in given if p.kind is p.kind.KEYWORD_ONLY} or None
    made.__defaults__ = tuple(p.default for p in given if p.kind is not p.kind.KEYWORD_ONLY) or None
    return made


@functools.cache
def _at_one_line(units: int) -> bytes:
    """A table that places all code at its first line, the user's `def`: that is the line which a traceback shows."""
    table = bytearray()
    while units:
        run = min(units, 8)
        table += bytes((0x80 | 13 << 3 | run - 1, 0))  # 13: a line and no column; 0: the same line as before
        units -= run
    return bytes(table)


def _def_line(code: CodeType) -> int:
    """The line of `def`; the code's own first line is its first decorator."""
    first = code.co_firstlineno
    for line in range(first, first + 30):
        text = linecache.getline(code.co_filename, line).lstrip()
        if text.startswith(("def ", "async def ")):
            return line
    return first


def source(fn: Callable[..., Any], plan: Plan, mode: Mode, namespace: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text of the guarded function, and its literals; what it names goes into `namespace`."""
    if any(p.name.startswith(RESERVED) for p in plan.parameters):
        raise Unreadable(f"a parameter's name begins with one of {', '.join(RESERVED)}")
    failing = Failing(plan, mode)
    names = [p.name for p in plan.parameters]
    packed = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    flat = Flat(plan)
    try:
        lines = _body(flat, plan, mode, packed)
    except NotFlat:
        flat = Flat(plan)
        lines = _slow_body(flat, plan, mode, packed)
    namespace.update(flat.constants)
    namespace.update(
        {
            f"{OWN}f": fn,
            f"{OWN}compiling": compiling,
            f"{OWN}Misfit": Misfit,
            f"{OWN}brief": failing.brief,
            f"{OWN}bad": failing.bad,
            f"{OWN}bad_result": failing.bad_result,
            f"{OWN}fits": failing.fits,
            f"{OWN}fits_result": failing.fits_result,
            f"{OWN}slow_values": failing.slow_values,
            f"{OWN}slow_values_result": failing.slow_values_result,
            f"{OWN}yielded": failing.yielded,
            f"{OWN}told": failing.value,
            f"{OWN}drive": drive,
        }
    )
    head = "async def" if plan.form.startswith("async") else "def"
    return "\n".join([f"{head} made({_parameters(plan.parameters)}):", *lines, ""]), flat.literals


def _body(flat: Flat, plan: Plan, mode: Mode, packed: str) -> list[str]:
    stop = mode.answer == "breakpoint"
    with _Guarded(flat, packed, f"{OWN}bad({packed})", stop=stop):
        for p in plan.parameters:
            flat.check(p.node, p.name, p.name)
        flat.settle()
    if mode.check == "values":
        _values(flat, plan, packed, stop=stop)
    flat.marked = []
    _call(flat, plan, packed)
    if isinstance(plan.returns, Free) and not flat.late:
        return _returned(flat, plan)
    looked_at = mode.check == "values" and any(leaf.marks for leaf in leaves(plan.returns))
    with _Guarded(flat, packed, f"{OWN}bad_result({packed}, {OWN}out)", stop=stop, last=not looked_at):
        flat.check(plan.returns, f"{OWN}out", "return")
        flat.settle()
    if mode.check == "values":
        _values(flat, plan, packed, stop=stop)
    return _returned(flat, plan)


def _slow_body(flat: Flat, plan: Plan, mode: Mode, packed: str) -> list[str]:
    """Where the lines cannot be flat: the slow check, which is as strict."""
    stop = mode.answer == "breakpoint"
    marked = mode.check == "values" and any(leaf.marks for p in plan.parameters for leaf in leaves(p.node))
    with _Guarded(flat, packed, f"{OWN}bad({packed})", stop=stop):
        flat.refuse_unless(f"{OWN}fits({packed})")
    if marked:
        _tell_values(flat, f"not {OWN}compiling()", f"{OWN}slow_values({packed})", packed, stop=stop)
    _call(flat, plan, packed)
    if isinstance(plan.returns, Free):
        return _returned(flat, plan)
    with _Guarded(flat, packed, f"{OWN}bad_result({packed}, {OWN}out)", stop=stop):
        flat.refuse_unless(f"{OWN}fits_result({packed}, {OWN}out)")
    if mode.check == "values" and any(leaf.marks for leaf in leaves(plan.returns)):
        _tell_values(flat, f"not {OWN}compiling()", f"{OWN}slow_values_result({packed}, {OWN}out)", packed, stop=stop)
    return _returned(flat, plan)


class _Guarded:
    """`try:` around checks; `bad` explains whatever they raise, also what torch itself refuses.

    It gives the error, or None where the call goes on without checks: then what they bind is None, if anything follows.
    """

    def __init__(self, flat: Flat, packed: str, bad: str, *, stop: bool, last: bool = False) -> None:
        self.last = last
        # torch.compile has to meet the question here: it compiles what an uncompiled function calls, too
        self.flat, self.bad, self.stop = flat, f"{OWN}brief({packed}) if {OWN}compiling() else {bad}", stop

    def __enter__(self) -> None:
        self.flat.add("try:")
        self.flat.depth += 1
        self.start = len(self.flat.lines)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        flat = self.flat
        flat.depth -= 1
        if kind is not None:
            return
        if len(flat.lines) == self.start:
            flat.lines.pop()  # nothing was checked
            return
        with flat.block("except:"):
            flat.add(f"{OWN}e = {self.bad}")
            stop = f"{flat.built('breakpoint')}(); " if self.stop else ""
            flat.add(f"if {OWN}e is not None: {stop}raise {OWN}e from None")
            names = [OF_MANY + n[1:] if n.startswith("*") else OF_DIM + n for n in flat.status]
            names += [kept for _, kept, _ in flat.late] + [x for x, _, _ in flat.marked if x.startswith(OWN)]
            if names and not self.last:
                flat.add(" = ".join([*dict.fromkeys(names), "None"]))


def _call(flat: Flat, plan: Plan, packed: str) -> None:
    call = f"{OWN}f({', '.join(map(_passed, plan.parameters))})"
    if plan.form == "async":
        call = f"await {call}"
    if plan.form == "generator":
        call = f"yield from {call if isinstance(plan.yields, Free) else f'{OWN}drive({call}, {OWN}yielded, {packed})'}"
    if plan.form == "async generator":
        for line in _ASYNC_GENERATOR.format(call=call, packed=packed, own=OWN).splitlines():
            flat.add(line)
    elif isinstance(plan.returns, Free) and not flat.late:
        flat.add(f"return ({call})")
    else:
        flat.add(f"{OWN}out = {call}")


def _returned(flat: Flat, plan: Plan) -> list[str]:
    if plan.form != "async generator" and not flat.lines[-1].lstrip().startswith("return"):
        flat.add(f"return {OWN}out")
    return flat.lines


def _values(flat: Flat, plan: Plan, packed: str, *, stop: bool) -> None:
    if not flat.marked:
        return
    from shapeguard.runtime import value_checks

    names = [n for n in flat.status if not n.startswith("*")]
    check = flat.constant("values", value_checks.make([(path, leaf) for _, path, leaf in flat.marked], names))
    parameters = {p.name for p in plan.parameters}
    with flat.block(f"if {OWN}compiling():"):
        for x, path, leaf in flat.marked:
            for mark in leaf.marks:
                below = getattr(mark, "below", None)
                if x in parameters and below in names and hasattr(mark, "compiled"):
                    import shapeguard.runtime.checked_ids  # noqa: F401  (it registers itself)

                    flat.add(f"{x} = {flat.constant('compiled', mark.compiled)}({x}, {OF_DIM}{below}, {path!r})")
    tensors = "".join(f"{x}, " for x, _, _ in flat.marked)
    sizes = "".join(f"{OF_DIM}{n}, " for n in names)
    _tell_values(flat, "", f"{check}(({tensors}), ({sizes}))", packed, stop=stop)


def _tell_values(flat: Flat, when: str, call: str, packed: str, *, stop: bool) -> None:
    with flat.block(f"{f'if {when} and' if when else 'elif'} ({OWN}e := {call}) is not None:"):
        flat.add(f"{OWN}e = {OWN}told({OWN}e, {packed})")
        with flat.block(f"if {OWN}e is not None:"):
            if stop:
                flat.add(f"{flat.built('breakpoint')}()")
            flat.add(f"raise {OWN}e")


def _parameters(parameters: tuple[Parameter, ...]) -> str:
    pieces: list[str] = []
    kinds = [p.kind for p in parameters]
    for i, p in enumerate(parameters):
        if p.kind is p.kind.KEYWORD_ONLY and p.kind.VAR_POSITIONAL not in kinds and "*" not in pieces:
            pieces.append("*")
        stars = {p.kind.VAR_POSITIONAL: "*", p.kind.VAR_KEYWORD: "**"}.get(p.kind, "")
        pieces.append(f"{stars}{p.name}")
        if p.kind is p.kind.POSITIONAL_ONLY and (i + 1 == len(kinds) or kinds[i + 1] is not p.kind):
            pieces.append("/")
    return ", ".join(pieces)


def _passed(p: Parameter) -> str:
    if p.kind is p.kind.KEYWORD_ONLY:
        return f"{p.name}={p.name}"
    return {p.kind.VAR_POSITIONAL: "*", p.kind.VAR_KEYWORD: "**"}.get(p.kind, "") + p.name


def drive(inner: Any, check: Callable[[Any, Any], BaseException | None], packed: Any) -> Any:
    """`yield from` that checks what is yielded; send, throw and close reach the generator inside."""
    try:
        item = next(inner)
        while True:
            wrong = check(packed, item)
            if wrong is not None:
                raise wrong
            try:
                sent = yield item
            except GeneratorExit:
                raise
            except BaseException as error:
                item = inner.throw(error)
            else:
                item = inner.send(sent)
    except StopIteration as end:
        return end.value
    finally:
        inner.close()


_ASYNC_GENERATOR = """\
{own}g = {call}
try:
    {own}x = await {own}g.__anext__()
    while True:
        {own}e = {own}yielded({packed}, {own}x)
        if {own}e is not None: raise {own}e
        try:
            {own}in = yield {own}x
        except GeneratorExit:
            raise
        except BaseException as {own}error:
            {own}x = await {own}g.athrow({own}error)
        else:
            {own}x = await {own}g.asend({own}in)
except StopAsyncIteration:
    return
finally:
    await {own}g.aclose()"""


assert sys.version_info >= (3, 11)  # the table of lines is 3.11's
