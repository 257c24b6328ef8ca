"""Every fact of a tensor and of a list says how it is carried along: none is forgotten by a join without a word."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest

from shapeguard.analysis.facts.carried import Carried, how
from shapeguard.analysis.facts.join import join
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape
from shapeguard.analysis.facts.tensors import Part
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Count,
    End,
    Fill,
    Mask,
    Note,
    Num,
    Origin,
    Real,
    Seq,
    Swap,
    Tensor,
    Uses,
    Within,
)
from shapeguard.analysis.ops.common import changed, merged
from tests.handmade import B, T, step

ONE, TWO = Dim.of(1), Dim.of(2)
MASK = Mask("id", "others", ONE)
FILL, SWAP, NOTE = Fill(ONE, step("pad_sequence")), Swap(ONE, TWO, step("swap")), Note("one-hot", step("one_hot"))
# for every field something that is not what it is by default
TOLD: dict[str, Any] = {
    "shape": Shape.of(B, T), "array": True, "dtype": "int64", "scale": "ids", "norm": Axis((B,)), "contiguous": False, "breaks": (1,),
    "fills": (FILL,), "swaps": (SWAP,), "unpadded": True, "origin": Origin(7), "fed": (Origin(8),), "mask": MASK, "count": Count("mask"),
    "within": Within(MASK), "value": ONE, "low": ONE, "high": TWO, "zeroed": (ONE,), "losses": Uses(loss=1), "notes": (NOTE,),
    "ends": (End(ONE),),
    "real": (Real(ONE),), "picked": 2, "rest": object(), "step": step("view"), "kind": "list", "items": (Num(ONE),), "elem": Num(ONE),
    "length": ONE, "names": ("a",), "places": ((ONE, Num(ONE)),), "first": ONE, "sizes": Shape.of(B),
    "run": True, "unique": True, "sifted": True, "holds": (TWO,), "last": (3,), "inner": (4,),
    "spread": "last", "part": Part("flat"), "fed_fills": (FILL,),
}  # fmt: skip
BOTH = [Tensor, Seq]


def unsaid(kind: type) -> list[str]:
    """The fields of a kind of value that do not say how they are carried along."""
    return [f.name for f in fields(kind) if not isinstance(f.metadata.get("carried"), Carried)]


def told(kind: type, *names: str) -> Any:
    """A value of which only these facts, and those that every value has, are known."""
    required = {f.name for f in fields(kind) if f.name in ("shape", "kind", "items", "elem", "length")}
    vague = {"items": None} if "places" in names else {}  # places are told of items that are not all known
    return kind(**{name: TOLD[name] for name in {*required, *names}} | vague)


@pytest.mark.parametrize("kind", BOTH)
def test_every_field_says_how_it_is_carried_along(kind: type) -> None:
    assert not unsaid(kind)
    assert {f.name for f in fields(kind)} <= set(TOLD), "tell here what it may hold"


def test_a_field_that_says_nothing_is_noticed() -> None:
    @dataclass(frozen=True)
    class More(Tensor):
        size: int = 0
        length: int = field(default=0, metadata=how("same"))

    assert unsaid(More) == ["size"]


@pytest.mark.parametrize(("kind", "name"), [(kind, f.name) for kind in BOTH for f in fields(kind)])
def test_what_is_true_on_both_ways_is_true_where_they_meet(kind: type, name: str) -> None:
    one, other = told(kind, name), told(kind, name)
    carried: Carried = next(f.metadata["carried"] for f in fields(kind) if f.name == name)
    default = next(f.default for f in fields(kind) if f.name == name)
    found = getattr(join(one, replace(other)), name)
    assert found == (default if carried.joined == "default" else TOLD[name])


@pytest.mark.parametrize("name", [f.name for f in fields(Tensor)])
def test_what_is_true_of_all_parts_is_true_of_the_whole(name: str) -> None:
    carried: Carried = next(f.metadata["carried"] for f in fields(Tensor) if f.name == name)
    default = next(f.default for f in fields(Tensor) if f.name == name)
    if carried.merged != "caller":
        whole = merged([told(Tensor, name)] * 2, shape=Shape.of(B))
        assert getattr(whole, name) == (default if carried.merged == "default" else TOLD[name])


@pytest.mark.parametrize("name", [f.name for f in fields(Tensor)])
def test_other_entries_keep_what_is_not_about_the_entries(name: str) -> None:
    carried: Carried = next(f.metadata["carried"] for f in fields(Tensor) if f.name == name)
    default = next(f.default for f in fields(Tensor) if f.name == name)
    assert getattr(changed(told(Tensor, name)), name) == (default if carried.entries else TOLD[name])


def test_an_empty_list_takes_on_what_the_other_says_of_its_items() -> None:
    empty = Seq("list", (), UNKNOWN, Dim())
    for f in fields(Seq):
        if f.metadata["carried"].entries:
            assert getattr(join(empty, told(Seq, f.name)), f.name) == getattr(join(told(Seq, f.name), empty), f.name) == TOLD[f.name]


def test_padding_has_one_truth() -> None:
    clean = Tensor(Shape(()), unpadded=True)
    assert (clean.padding, Tensor(Shape(())).padding, replace(clean, fills=(FILL,)).padding) == ("none", "unknown", "seen")
    assert join(clean, Tensor(Shape(()), fills=(FILL,))) == Tensor(Shape(()), fills=(FILL,))
