"""Arithmetic, comparison and truth of plain Python values: integers that may be symbols, floats, strings and booleans."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

from shapeguard.analysis.facts import floors
from shapeguard.analysis.facts.shapes import Sym, fresh
from shapeguard.analysis.facts.values import (
    Class,
    Const,
    Dim,
    Either,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Method,
    Mod,
    Num,
    Partial,
    Real,
    Seq,
    Step,
    Super,
    Tensor,
    Unknown,
    Value,
)

# a symbol of these roles stands for many numbers (any token, any loop index): equal symbols are then not equal numbers
LOOSE = frozenset({"token", "index"})

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_BIG = 1 << 40
_NEVER_NONE = (Num, Tensor, Seq, Map, LibObj, Func, Method, Class, Inst, Mod, Partial, Super)
_OPAQUE_LENGTHS = frozenset(
    {"Sequential", "ModuleList", "ModuleDict", "Dataset", "UserDict", "UserList", "list", "dict", "set", "tuple", "str", "int"}
)


_bounds: dict[Sym, tuple[Dim | None, Dim | None]] = {}
_reals: dict[Sym, tuple[Real, ...]] = {}


def with_real(num: Num, found: tuple[Real, ...]) -> Num:
    """Any of some ids, among which these classes are."""
    if found and num.dim.sym is not None:
        _reals[num.dim.sym] = found
    return num


def real_of(value: Value) -> tuple[Real, ...]:
    """The classes that a number is known to be, or to stand for."""
    if not isinstance(value, Num):
        return ()
    step = value.step
    if step is not None and step.kind == "class" and step.about == value.dim:
        return (Real(value.dim, step),)
    return _reals.get(value.dim.sym, ()) if value.dim.sym is not None else ()


def any_id(name: str = "id", low: Dim | None = None, high: Dim | None = None) -> Num:
    """Some token id, another one wherever it is met; at least `low`, and less than `high`."""
    return Num(bounded(fresh(name, "token"), low, high))


def any_index(low: Dim | None = None, high: Dim | None = None) -> Num:
    """Some loop index."""
    return Num(bounded(fresh("i", "index"), low, high))


def one_of(name: str, low: Dim | None = None, high: Dim | None = None) -> Num:
    """One certain number, not known which: at least `low`, and less than `high`."""
    return Num(bounded(fresh(name), low, high))


def drawn(value: Value) -> Value:
    """A number drawn in a comprehension: another one for each item."""
    if isinstance(value, Num) and value.dim.sym is not None and value.dim.sym.name == "drawn" and not stands_for_many(value.dim):
        return any_id("id", *bounds(value.dim))
    return value


def entry_of(source: object, low: Dim | None, high: Dim | None) -> Dim:
    """Any entry of some ids, as going over them gives: the same one wherever the same ids are gone over."""
    return bounded(symbol_for_key(("entry", source), "", "i", "index"), low, high)


_least: dict[Sym, int] = {}


def length(dim: Dim, least: int = 0) -> Dim:
    """The length of something, remembered never to be less than `least`."""
    for sym in dim.symbols:
        _least[sym] = max(_least.get(sym, 0), least if dim.sym == sym else 0)
    return dim


def is_positive(dim: Dim) -> bool:
    """Whether a number is more than 0 for all lengths that it is about."""
    total = 0
    for mono, times in dim.terms:
        if mono and (times < 0 or any(s not in _least for s in mono)):
            return False
        total += times * prod(_least[s] for s in mono)
    return total > 0


def lies_within(first: Dim, count: Dim, size: Dim) -> bool:
    """Whether `first:first + count` is sure to lie within `size`."""
    low, high = bounds(first)
    if low is None or high is None or any(c < 0 for _, c in low.terms):
        return False
    room = (size - (high - 1 + count)).const
    return room >= 0 if room is not None else floors.is_rounded_down(high - 1 + count, size)


def bounded(dim: Dim, low: Dim | None, high: Dim | None) -> Dim:
    """The number, remembered to be at least `low` and less than `high`."""
    if dim.sym is not None and (low is not None or high is not None):
        _bounds[dim.sym] = (low, high)
    return dim


def bounds(dim: Dim) -> tuple[Dim | None, Dim | None]:
    """Of a number that stands for many: the least that it may be, and one more than the largest."""
    if dim.const is not None:
        return dim, dim + 1
    many = [s for s in dim.symbols if s in _bounds]
    if len(many) != 1:
        return None, None
    times = sum(c for mono, c in dim.terms if mono == (many[0],))
    offset = dim - Dim.of(many[0]) * times
    if times < 1 or many[0] in offset.symbols:
        return None, None
    low, high = _bounds[many[0]]
    return (None if low is None else low * times + offset), (None if high is None else (high - 1) * times + 1 + offset)


def stands_for_many(dim: Dim) -> bool:
    """Whether a number stands for many (any token, any loop index)."""
    return any(s.role in LOOSE for s in dim.symbols)


def number(value: Value) -> Any:
    """The Python number of a known int, float or bool; None for anything else."""
    if isinstance(value, Num):
        return value.dim.const
    return value.value if isinstance(value, Const) and isinstance(value.value, (int, float)) else None


def literal(value: Value) -> tuple[Any] | None:
    """The Python value of a known scalar, boxed (the value may be None); None where it is not known."""
    if isinstance(value, Const):
        return (value.value,) if value.value is None or isinstance(value.value, (int, float, str, bytes)) else None
    if isinstance(value, Num) and value.dim.const is not None:
        return (value.dim.const,)
    return None


def constant(value: Any) -> Value:
    """The fact of a Python scalar."""
    return Num(Dim.of(value)) if isinstance(value, int) and not isinstance(value, bool) else Const(value)


def binary(op: str, a: Value, b: Value) -> Value | None:
    """`a op b` for numbers and strings; None when this is not arithmetic of known kinds."""
    if isinstance(a, Const) and isinstance(b, Const):
        return _python(op, a.value, b.value) if _is_small_scalar(a.value) and _is_small_scalar(b.value) else None
    if isinstance(a, Const) and isinstance(b, Num):
        return _number_with_constant(op, a.value, b, left=True)
    if isinstance(a, Num) and isinstance(b, Const):
        return _number_with_constant(op, b.value, a, left=False)
    if isinstance(a, Num) and isinstance(b, Num):
        return _integers(op, a, b)
    return None


def unary(op: str, a: Value) -> Value | None:
    """`-a`, `+a`, `~a`, `not a`; None when it is not known."""
    if op == "not":
        known = truth(a)
        return None if known is None else Const(not known)
    if isinstance(a, Num):
        dim = {"-": -a.dim, "+": a.dim, "~": -a.dim - 1}.get(op)
        return None if dim is None else Num(dim, step=a.step)
    n = number(a)
    if n is None or (op == "~" and isinstance(n, float)):
        return None
    return constant(-n if op == "-" else ~n if op == "~" else +n)


def _is_small_scalar(value: Any) -> bool:
    return isinstance(value, (int, float, str, bytes)) and not (isinstance(value, (str, bytes)) and len(value) > 10_000)


def _python(op: str, x: Any, y: Any) -> Value | None:
    if op not in _PYTHON or (op in ("**", "<<") and any(isinstance(v, int) and abs(v) > 4096 for v in (x, y))):
        return None
    if op == "*" and any(isinstance(v, (str, bytes)) for v in (x, y)) and any(isinstance(v, int) and v > 1000 for v in (x, y)):
        return None
    if op == "%" and isinstance(x, (str, bytes)):
        return None
    try:
        out = _PYTHON[op](x, y)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(out, int) and abs(out) > _BIG**2:
        return None
    return constant(out) if _is_small_scalar(out) else None


def _number_with_constant(op: str, value: Any, num: Num, left: bool) -> Value | None:
    known = num.dim.const
    if known is not None and _is_small_scalar(value):
        return _python(op, *((value, known) if left else (known, value)))
    if isinstance(value, bool):
        return binary(op, Num(Dim.of(int(value))), num) if left else binary(op, num, Num(Dim.of(int(value))))
    if isinstance(value, float):
        if op == "+" and 0 < value < 1:
            return kept_above_zero(num, f"+ {value:g}")
        if (op in "+-" and value == 0 and (op == "+" or not left)) or (op in "*/" and value == 1 and (op == "*" or not left)):
            return num
    return None


def kept_above_zero(num: Num, text: str) -> Num:
    """The same count, kept away from zero."""
    step = Step("guarded", num.step.site, f"{text} keeps it above 0", None, num.step.sure, (num.step,)) if num.step else None
    return replace(num, step=step)


def _integers(op: str, a: Num, b: Num) -> Value | None:
    x, y = a.dim.const, b.dim.const
    step = b.step or a.step if x is not None else a.step or b.step
    if x is not None and y is not None:
        out = _python(op, x, y)
        return replace(out, step=step) if isinstance(out, Num) else out
    if op == "+":
        count = a.count if a.count == b.count or y == 0 else b.count if x == 0 else None
        return Num(a.dim + b.dim, count, step)
    if op == "-":
        return Num(a.dim - b.dim, a.count if y == 0 else None, step)
    if op == "*":
        return Num(a.dim * b.dim, a.count if y == 1 else b.count if x == 1 else None, step)
    if op in ("//", "/"):
        quotient = None if y == 0 else a.dim.div(b.dim)
        if quotient is not None:
            return Num(quotient, a.count if y == 1 else None, step)
        return Num(floors.quotient(a.dim, b.dim, _role_kept(a.dim)), None, step) if op == "//" else None
    if op == "%":
        if y is not None and y and a.dim.div(b.dim) is not None:
            return Num(Dim())
        left = floors.remainder(a.dim, b.dim, "token" if stands_for_many(a.dim) else "")
        return Num(bounded(left, Dim(), b.dim) if y is not None and y > 0 else left, None, step)
    return None


def _role_kept(dim: Dim) -> str:
    return dim.role if dim.role in ("time", "batch", "token", "index") else ""


def compare(op: str, a: Value, b: Value) -> bool | None:
    """`a op b` where it is certain."""
    if op in ("is not", "not in"):
        found = compare(op.removeprefix("not ").removesuffix(" not"), a, b)
        return None if found is None else not found
    if op == "in":
        return _contains(b, a)
    if op in ("==", "!=", "is") and (_is_none(a) or _is_none(b)):
        same = _none_equals(b if _is_none(a) else a)
        return same if same is None or op != "!=" else not same
    if op == "is":
        op = "=="
    x, y = literal(a), literal(b)
    if x is not None and y is not None:
        try:
            return bool(_ORDER[op](x[0], y[0]))
        except (TypeError, KeyError):
            return None
    if isinstance(a, Num) and isinstance(b, Num):
        gap = (a.dim - b.dim).const
        if gap is None or op not in _ORDER or stands_for_many(a.dim) or stands_for_many(b.dim):
            return None
        return _ORDER[op](gap, 0)
    if isinstance(a, Seq) and isinstance(b, Seq) and op in ("==", "!="):
        return _same_items(a, b, op)
    if op in ("==", "!=") and isinstance(a, (Lib, Class)) and isinstance(b, (Lib, Class)):
        return (a == b) is (op == "==")
    return None


def _same_items(a: Seq, b: Seq, op: str) -> bool | None:
    if a.kind != b.kind or a.items is None or b.items is None:
        return None
    answers = [compare("==", x, y) for x, y in zip(a.items, b.items, strict=False)]
    if len(a.items) != len(b.items) or any(x is False for x in answers):
        return op == "!="
    return None if any(x is None for x in answers) else op == "=="


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _none_equals(other: Value) -> bool | None:
    if isinstance(other, Const):
        return other.value is None
    if isinstance(other, Either):
        answers = {_none_equals(o) for o in other.options}
        return answers.pop() if len(answers) == 1 else None
    return False if isinstance(other, _NEVER_NONE) else None


def _contains(container: Value, item: Value) -> bool | None:
    key = literal(item)
    if key is None:
        return None
    if isinstance(container, Map):
        if any(k == key[0] and type(k) is type(key[0]) for k, _ in container.items):
            return True
        return False if container.rest is None else None
    if isinstance(container, Seq) and container.items is not None:
        answers = [compare("==", i, item) for i in container.items]
        return True if any(x is True for x in answers) else None if any(x is None for x in answers) else False
    if isinstance(container, Const) and isinstance(container.value, str) and isinstance(key[0], str):
        return key[0] in container.value
    return None


def truth(value: Value) -> bool | None:
    """Whether a value counts as true, where it is certain."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Num):
        return None if value.dim.const is None else bool(value.dim.const)
    if isinstance(value, Seq):
        return bool(value.items) if value.items is not None else None if value.length.const is None else bool(value.length.const)
    if isinstance(value, Map):
        return True if value.items else False if value.rest is None else None
    if isinstance(value, (Func, Class, Method, Mod, Partial)):
        return True
    if isinstance(value, LibObj):
        return None if value.cls.rpartition(".")[2] in _OPAQUE_LENGTHS else True
    if isinstance(value, Inst):
        return _always_true(value.cls)
    if isinstance(value, Either):
        answers = {truth(o) for o in value.options}
        return answers.pop() if len(answers) == 1 else None
    return None


def _always_true(cls: Class) -> bool | None:
    """True for the objects of a class that has neither length nor truth of its own."""
    todo: list[Value] = [cls]
    while todo:
        c = todo.pop()
        if isinstance(c, Class):
            if any(getattr(stmt, "name", "") in ("__len__", "__bool__") for stmt in c.node.body):
                return None
            todo.extend(c.bases)
        elif isinstance(c, Unknown) or (isinstance(c, Lib) and c.name.rpartition(".")[2] in _OPAQUE_LENGTHS):
            return None
    return True


_keyed: dict[tuple[object, ...], Sym] = {}


def symbol_for_key(owner: object, key: object, name: str, role: str = "") -> Dim:
    """The one symbol that belongs to a key of an owner, the same each time it is asked for."""
    found = _keyed.get((owner, key))
    if found is None:
        made = fresh(name, role).sym
        assert made is not None
        found = _keyed[owner, key] = made
    return Dim.of(found)


def opaque_length(ref: int, name: str) -> Dim:
    """The length of something that is not known: the same each time that it is asked for."""
    return symbol_for_key("opaque", (ref, name), f"len({name})" if name else "n")
