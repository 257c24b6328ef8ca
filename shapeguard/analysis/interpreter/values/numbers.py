"""Integers and literals."""

from __future__ import annotations

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.values import Args, BoundLib, Const, Num, Value
from shapeguard.analysis.interpreter.language import attributes, contains, keys, methods, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.ops import table


@attributes(Const, Num)
def attribute_of_literal(m: Machine, facts: Const | Num, held: Value, name: str) -> Value:
    """A method: `"text".split`; or the value of a member of an Enum: nothing else plain has one."""
    return held if name == "value" else BoundLib(held, name)


@methods(Const)
def call_method_of_literal(m: Machine, const: Const, owner: Value, name: str, args: Args) -> Value:
    """`"text".split(...)`."""
    op = table.METHODS.get(f"str.{name}") if isinstance(const.value, str) else None
    return m.opaque(why=f".{name}() is not known") if op is None else m.run_op(op, Args((owner, *args.pos), args.kw, args.more))


@contains(Const)
def text_contains(m: Machine, const: Const, key: object) -> bool | None:
    """`"a" in "abc"`."""
    return key in const.value if isinstance(const.value, str) and isinstance(key, str) else None


@truths(Num, Const)
def truth_of_literal(m: Machine, facts: Num | Const) -> bool | None:
    """`if n`, `if None`."""
    return arith.truth(facts)


@keys(Const)
def key_of_literal(m: Machine, const: Const) -> object:
    """A string, a float or a bool is a key."""
    return const.value if isinstance(const.value, (str, bytes, bool, float)) else None


@keys(Num)
def key_of_number(m: Machine, num: Num) -> object:
    """A number that is known is a key."""
    return num.dim.const
