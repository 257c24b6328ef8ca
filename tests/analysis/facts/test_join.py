"""Joining facts, and arithmetic on them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.join import after_loop, join
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    Count,
    Either,
    Fill,
    Lib,
    LibObj,
    Map,
    Mask,
    Note,
    Num,
    Origin,
    Seq,
    Site,
    Step,
    Swap,
    Tensor,
    Value,
)
from tests.analysis.programs import axes

SITE = Site(None, None)  # type: ignore[arg-type]
STEP = Step("view", SITE, "")
B, T = fresh("B", "batch"), fresh("T", "time")
NUMBERS = st.one_of(st.integers(-50, 50), st.booleans(), st.floats(-5, 5, allow_nan=False))


@given(st.sampled_from("+ - * / // % ** & | ^ << >>".split()), NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_python(op: str, a: Any, b: Any) -> None:
    found = arith.binary(op, arith.constant(a), arith.constant(b))
    if found is None or found == UNKNOWN:
        return
    real = eval(f"({a!r}) {op} ({b!r})")
    known = arith.literal(found)
    assert known is not None and known[0] == real


@given(st.sampled_from("== != < <= > >=".split()), NUMBERS, NUMBERS)
def test_comparison_is_that_of_python(op: str, a: Any, b: Any) -> None:
    assert arith.compare(op, arith.constant(a), arith.constant(b)) is eval(f"({a!r}) {op} ({b!r})")


@given(st.sampled_from("+ - * // %".split()), st.integers(1, 9), st.integers(1, 9), st.integers(-3, 9))
def test_symbolic_arithmetic(op: str, b: int, t: int, k: int) -> None:
    left = Num(B * T)
    right = Num(T) if k < 0 else Num(Dim.of(k))
    found = arith.binary(op, left, right)
    if not isinstance(found, Num) or not found.dim.symbols <= {*B.symbols, *T.symbols}:
        return
    sizes = dict(zip([*B.symbols, *T.symbols], [b, t], strict=True))
    assert found.dim.evaluate(sizes) == eval(f"{b * t} {op} {t if k < 0 else k}")


def test_equal_symbols_of_many_numbers_are_not_equal() -> None:
    token = arith.any_id()
    assert arith.compare("==", token, token) is None and arith.compare("<", token, Num(token.dim + 1)) is None
    assert arith.compare("==", Num(T), Num(T)) is True and arith.compare("==", Num(T), Num(T + 1)) is False
    assert arith.compare("==", Num(T), Num(B)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Const(""), False), (Const("x"), True), (NONE, False), (Num(Dim()), False), (Num(T), None), (Map(()), False), (UNKNOWN, None)],
)
def test_truth(value: Value, expected: bool | None) -> None:
    assert arith.truth(value) is expected


def test_membership() -> None:
    two = Seq("list", (Num(Dim.of(1)), Const("a")), UNKNOWN, Dim.of(2))
    assert arith.compare("in", Const("a"), two) is True and arith.compare("not in", Const("b"), two) is True
    assert arith.compare("in", Const("k"), Map((("k", UNKNOWN),), UNKNOWN)) is True
    assert arith.compare("in", Const("z"), Map((("k", UNKNOWN),), UNKNOWN)) is None
    assert arith.compare("is", Tensor(Shape(())), NONE) is False and arith.compare("is not", UNKNOWN, NONE) is None


def test_shapes_join_axis_by_axis() -> None:
    a, b = Tensor(Shape.of(B, T, 7)), Tensor(Shape.of(B, 5, 7))
    joined = join(a, b)
    assert isinstance(joined, Tensor) and joined.shape.dims is not None
    assert joined.shape.dims[0].size == B and joined.shape.dims[1].size not in (T, Dim.of(5)) and str(joined.shape.dims[2]) == "7"
    ranks = join(Tensor(Shape.of(B, T, 7)), Tensor(Shape.of(B, 7)))
    assert isinstance(ranks, Tensor) and ranks.shape.rank is None and str(ranks.shape.at(0)) == "B" and str(ranks.shape.at(-1)) == "7"


def test_flattened_in_another_order_is_no_longer_either() -> None:
    joined = join(Tensor(Shape((Axis((B, T)),))), Tensor(Shape((Axis((T, B)),))))
    assert isinstance(joined, Tensor) and joined.shape.numel == B * T and len(axes(joined)[0].parts) == 1


def test_content_facts() -> None:
    fill, note = Fill(Dim(), STEP), Note("causal", STEP)
    a = Tensor(Shape(()), scale="ids", fills=(fill,), notes=(note,), origin=Origin(1), mask=Mask("id", "others", Dim()))
    b = Tensor(Shape(()), scale="logits", unpadded=True, swaps=(Swap(Dim(), Dim.of(-100), STEP),), origin=Origin(2))
    joined = join(a, b)
    assert isinstance(joined, Tensor)
    assert joined.fills == (fill,) and joined.padding == "seen" and len(joined.swaps) == 1
    assert joined.scale == "" and joined.origin is None and joined.mask is None and joined.notes == ()
    same = join(a, a)
    assert same is a


def test_callables_and_numbers() -> None:
    libs = [Lib(f"torch.{n}") for n in "abcde"]
    two = join(libs[0], libs[1])
    assert two == Either((libs[0], libs[1])) and join(two, libs[1]) == two
    out: Value = libs[0]
    for lib in libs[1:]:
        out = join(out, lib)
    assert out == UNKNOWN and join(libs[0], NONE) == UNKNOWN
    n = join(Num(Dim()), Num(T, Count("time")))
    assert isinstance(n, Num) and n.count == Count("time") and n.dim not in (T, Dim())


def test_a_running_total() -> None:
    loss = Tensor(Shape(()), scale="loss")
    joined = join(Num(Dim()), loss)
    assert isinstance(joined, Tensor) and joined.scale == "loss"
    assert join(Num(Dim()), Tensor(Shape.of(B))) == UNKNOWN


def test_lists() -> None:
    empty, one = Seq("list", (), UNKNOWN, Dim()), Seq("list", (Num(T),), Num(T), Dim.of(1), origin=Origin(3))
    joined = join(empty, one)
    assert isinstance(joined, Seq) and joined.elem == Num(T) and joined.items is None and joined.origin == Origin(3)
    assert joined.length.const is None


def test_dicts() -> None:
    joined = join(Map((("a", Num(T)), ("b", NONE))), Map((("a", Num(T)),)))
    assert joined == Map((("a", Num(T)),), NONE)  # "b" may be missing


def test_an_attribute_set_on_one_way_is_not_sure() -> None:
    tok = LibObj("t", Args(), uid=1)
    joined = join(tok, tok.with_fact("pad_token", Const("x", STEP)))
    assert isinstance(joined, LibObj)
    pad = joined.fact("pad_token")
    assert isinstance(pad, Const) and pad.value == "x" and pad.step is not None and not pad.step.sure


def test_loops_that_grow_lists() -> None:
    entry = Seq("list", (), UNKNOWN, Dim())
    before = Seq("list", None, Num(T), fresh("n"))
    after = after_loop(entry, before, Seq("list", None, Num(T), before.length + 2), T)
    assert isinstance(after, Seq) and after.length == T * 2
    assert after_loop(entry, before, Seq("list", None, Num(T), fresh("n")), T) is None
    total = after_loop(Num(Dim.of(1)), Num(B), Num(B + 3), T)
    assert total == Num(T * 3 + 1)
