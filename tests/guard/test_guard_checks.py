"""What the guard accepts and refuses: jaxtyping's dimensions, containers of tensors, hints without tensors."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict, TypeVar, Union

import numpy as np
import pytest
import torch
from jaxtyping import Bool, Float, Float32, Int, Num, Shaped, TypeCheckError
from torch import Tensor, nn

from shapeguard import ShapeError, guard


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


def i(*shape: int) -> Tensor:
    return torch.zeros(shape, dtype=torch.long)


def refused(fn: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(ShapeError) as caught:
        fn(*arguments, **named)
    assert isinstance(caught.value, TypeCheckError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


class Net:
    d = 3

    @guard
    def braces(self, x: Float[Tensor, "B {self.d}"]) -> Float[Tensor, "B {self.d}*2"]:
        return torch.cat([x, x], 1)

    @guard
    def bare(self, x: Float[Tensor, "B self.d"]) -> None: ...


# one tensor: (dimensions, right shapes, wrong shapes)
ONE: list[tuple[str, list[tuple[int, ...]], list[tuple[int, ...]]]] = [
    ("", [()], [(1,)]),
    ("3", [(3,)], [(2,), (3, 3), ()]),
    ("n=3", [(3,)], [(2,)]),
    ("#3", [(3,), (1,)], [(2,)]),
    ("B", [(0,), (5,)], [(), (2, 2)]),
    ("B B", [(2, 2)], [(2, 3)]),
    ("#B B", [(1, 3), (3, 3)], [(2, 3)]),
    ("#B #B", [(1, 3), (3, 1), (2, 2)], [(2, 3)]),
    ("_ B", [(1, 2)], [(2,)]),
    ("_x 2", [(9, 2)], [(2, 9)]),
    ("...", [(), (1, 2)], []),
    ("... 2", [(2,), (4, 2)], [(), (2, 3)]),
    ("2 ... 3", [(2, 3), (2, 9, 9, 3)], [(2,), (3, 2)]),
    ("*b 2", [(2,), (4, 5, 2)], [(3,)]),
    ("*_b 2", [(2,), (4, 5, 2)], [(3,)]),
    ("T T-1", [(4, 3)], [(4, 4)]),
    ("T-1 T", [(3, 4)], [(4, 4)]),
    ("T #T-1", [(4, 3), (4, 1)], [(4, 4)]),
    ("A B A*B min(A,B)", [(2, 3, 6, 2)], [(2, 3, 6, 3), (2, 3, 5, 2)]),
]


@pytest.mark.parametrize("dims, right, wrong", ONE, ids=[d or "scalar" for d, _, _ in ONE])
def test_one_tensor(dims: str, right: list[tuple[int, ...]], wrong: list[tuple[int, ...]]) -> None:
    def takes(x):  # type: ignore[no-untyped-def]
        return x.sum()

    takes.__annotations__ = {"x": Float[Tensor, dims]}
    strict = guard(takes)
    for shape in right:
        strict(f(*shape))
    for shape in wrong:
        assert f"got float32{list(shape)}" in refused(strict, f(*shape))


@pytest.mark.parametrize(
    "kind, right, wrong",
    [
        (Float, [torch.float16, torch.bfloat16, torch.float64, torch.float8_e5m2], [torch.int64, torch.bool, torch.complex64]),
        (Int, [torch.int8, torch.int64], [torch.uint8, torch.float32, torch.bool]),
        (Bool, [torch.bool], [torch.uint8]),
        (Float32, [torch.float32], [torch.float64]),
        (Num, [torch.int64, torch.uint8, torch.float32, torch.complex64], [torch.bool]),
        (Shaped, [torch.bool, torch.complex64, torch.int64], []),
    ],
)
def test_dtypes(kind: Any, right: list[torch.dtype], wrong: list[torch.dtype]) -> None:
    def takes(x):  # type: ignore[no-untyped-def]
        return None

    takes.__annotations__ = {"x": kind[Tensor, "B"]}
    strict = guard(takes)
    for dtype in right:
        strict(torch.zeros(3, dtype=dtype))
    for dtype in wrong:
        assert "of the wrong dtype" in refused(strict, torch.zeros(3, dtype=dtype))


def test_names_are_one_size_in_a_call_and_free_in_the_next() -> None:
    @guard
    def pair(a: Float[Tensor, "B T"], b: Int[Tensor, "T"]) -> Float[Tensor, "T B"]:
        return a.T if a.shape[0] != 5 else a

    pair(f(2, 3), i(3))
    pair(f(4, 7), i(7))
    refused(pair, f(4, 7), i(4))
    assert "pair() returned a tensor whose shape disagrees with the arguments" in refused(pair, f(5, 7), i(7))


def test_variadic_names() -> None:
    @guard
    def many(a: Float[Tensor, "*b D"], b: Float[Tensor, "*b"]) -> None: ...

    @guard
    def broad(a: Float[Tensor, "*#b D"], b: Float[Tensor, "*#b"]) -> None: ...

    many(f(2, 3, 4), f(2, 3))
    assert "*b: b.shape has [3, 2] there, but *b = [2, 3] from a" in refused(many, f(2, 3, 4), f(3, 2))
    broad(f(2, 3, 4), f(2, 1))
    broad(f(2, 3, 4), f(3))
    refused(broad, f(2, 3, 4), f(2, 2))

    @guard
    def first(a: Float[Tensor, "*#b D"], b: Float[Tensor, "*b"]) -> None: ...

    @guard
    def second(a: Float[Tensor, "*b D"], b: Float[Tensor, "*#b"]) -> None: ...

    for fn in (first, second):
        fn(f(2, 3, 4), f(2, 3))
    first(f(1, 3, 4), f(2, 3))
    second(f(2, 3, 4), f(1, 3))
    refused(first, f(2, 3, 4), f(1, 3))
    refused(second, f(1, 3, 4), f(2, 3))


def test_attributes_of_arguments() -> None:
    net = Net()
    net.braces(f(2, 3))
    net.bare(f(2, 3))
    assert "{self.d}: x.shape[1] is 4, but {self.d} = 3" in refused(net.braces, f(2, 4))
    assert "self.d: x.shape[1] is 4, but self.d = 3" in refused(net.bare, f(2, 4))


def test_a_number_that_is_an_argument() -> None:
    @guard
    def pad(x: Float[Tensor, "B T"], n: int) -> Float[Tensor, "B T+n"]:
        return torch.nn.functional.pad(x, (0, n if n < 9 else 0))

    pad(f(2, 3), 4)
    assert "T+n: return.shape[1] is 3, but T+n = 12, with T = 3 from x.shape[1]" in refused(pad, f(2, 3), 9)
    assert "n is str 'x', and int is asked" in refused(pad, f(2, 3), "x")


def test_an_expression_may_stand_before_its_name() -> None:
    @guard
    def shift(logits: Float[Tensor, "B T-1"], ids: Int[Tensor, "B T"]) -> None: ...

    shift(f(2, 4), i(2, 5))
    assert "T-1: logits.shape[1] is 5, but T-1 = 4, with T = 5 from ids.shape[1]" in refused(shift, f(2, 5), i(2, 5))


def test_an_expression_that_only_the_result_can_settle() -> None:
    @guard
    def grow(x: Float[Tensor, "T-1"], n: int) -> Float[Tensor, "T"]:
        return f(n)

    @guard
    def product(x: Float[Tensor, "B*T"], y: Float[Tensor, "#B T"], n: int) -> Float[Tensor, "B"]:
        return f(n)

    grow(f(3), 4)
    refused(grow, f(3), 5)
    product(f(6), f(1, 3), 2)
    refused(product, f(6), f(1, 3), 3)
    refused(product, f(6), f(3, 3), 3)


def test_optional_and_default_none() -> None:
    @guard
    def loss(x: Float[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None, w: Float[Tensor, "T"] = None) -> None:  # type: ignore[assignment]
        ...

    loss(f(2, 3), None)
    loss(f(2, 3), torch.ones(2, 3, dtype=torch.bool), f(3))
    refused(loss, f(2, 3), torch.ones(3, 2, dtype=torch.bool))
    refused(loss, f(2, 3), None, f(2))
    assert "mask is int 3, and Bool[B T]? is asked" in refused(loss, f(2, 3), 3)


def test_a_name_that_an_absent_argument_would_have_bound() -> None:
    @guard
    def late(a: Optional[Float[Tensor, "T"]], b: Float[Tensor, "T-1"], c: Float[Tensor, "T"]) -> None: ...  # noqa: UP045

    late(None, f(2), f(3))
    late(f(3), f(2), f(3))
    refused(late, f(4), f(2), f(3))
    refused(late, None, f(2), f(4))


def test_unions() -> None:
    @guard
    def takes(x: Float[Tensor, "B"] | Int[Tensor, "B T"] | str, y: Float[Tensor, "B"]) -> None: ...

    @guard
    def either(x: Float[Tensor, "B"] | Int[Tensor, "B"], y: Union[Float[Tensor, "B"], tuple[Float[Tensor, "B"], int]]) -> None: ...  # noqa: UP007

    takes(f(2), f(2))
    takes(i(2, 3), f(2))
    takes("text", f(9))
    refused(takes, i(2, 3), f(3))
    refused(takes, i(2), f(2))
    refused(takes, None, f(2))
    either(i(2), f(2))
    either(f(2), (f(2), 3))
    assert "y[0].shape[0] is 3" in refused(either, f(2), (f(3), 3))
    assert "Float|Int[B]" in refused(either, f(2, 2), f(2))


class Batch(TypedDict):
    ids: Int[Tensor, "B T"]
    labels: NotRequired[Int[Tensor, "B T"]]
    name: str


@dataclasses.dataclass
class Output:
    logits: Float[Tensor, "B T V"]
    hidden: tuple[Float[Tensor, "B T D"], ...] | None = None
    label: str = ""


class ModelOutput(OrderedDict[str, Any]):
    """As Hugging Face's: a dataclass that is a dict of the fields that are not None."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if getattr(self, field.name) is not None:
                self[field.name] = getattr(self, field.name)


@dataclasses.dataclass
class TaggerOutput(ModelOutput):
    loss: Float[Tensor, ""] | None = None
    logits: Float[Tensor, "B T V"] | None = None


class Point(NamedTuple):
    x: Float[Tensor, "N"]
    y: Float[Tensor, "N"]


class Tree(TypedDict):
    x: Float[Tensor, "N"]
    inner: "NotRequired[Tree]"


def test_typed_dicts() -> None:
    @guard
    def step(batch: Batch) -> None: ...

    step({"ids": i(2, 3), "name": "a"})
    step({"ids": i(2, 3), "labels": i(2, 3), "name": "a"})
    text = refused(step, {"ids": i(2, 3), "labels": i(3, 2), "name": "a"})
    assert '> batch["labels"] : Int[B T]   got int64[3, 2]' in text
    assert 'batch has no key "ids": it has name' in refused(step, {"name": "a"})
    assert "batch is list of 1, and Batch is asked" in refused(step, [1])


def test_dataclasses_and_model_outputs() -> None:
    @guard
    def step(out: Output, labels: Int[Tensor, "B T"]) -> None: ...

    @guard
    def model(labels: Int[Tensor, "B T"], v: int) -> TaggerOutput:
        return TaggerOutput(loss=f(), logits=f(2, 3, v) if v else f(3, 2, 2))

    step(Output(f(2, 3, 4), (f(2, 3, 5), f(2, 3, 5))), i(2, 3))
    text = refused(step, Output(f(2, 3, 4), (f(2, 3, 5), f(2, 4, 5))), i(2, 3))
    assert "> out.hidden[1]" in text
    assert "out is None, and Output is asked" in refused(step, None, i(2, 3))
    model(i(2, 3), 7)
    assert "> return.logits : Float[B T V]   got float32[3, 2, 2]" in refused(model, i(2, 3), 0)


def test_named_tuples_and_classes_that_hold_themselves() -> None:
    @guard
    def area(p: Point) -> None: ...

    @guard
    def walk(t: Tree) -> None: ...

    area(Point(f(2), f(2)))
    assert "p.y.shape[0] is 3" in refused(area, Point(f(2), f(3)))
    walk({"x": f(2), "inner": {"x": f(3)}})
    refused(walk, {"x": f(2, 2)})


def test_lists_dicts_and_tuples_are_looked_at_whole() -> None:
    @guard
    def takes(xs: list[Float[Tensor, "B"]], d: dict[str, Int[Tensor, "B"]], t: tuple[Float[Tensor, "B"], int]) -> None: ...

    takes([f(2)] * 9, {"a": i(2)}, (f(2), 1))
    takes([], {}, (f(2), 1))
    for _ in range(50):  # never by chance
        assert "> xs[7]" in refused(takes, [*[f(2)] * 7, f(3)], {}, (f(2), 1))
        assert '> d["b"]' in refused(takes, [f(2)], {"a": i(2), "b": i(3)}, (f(2), 1))
    assert "> t[0]" in refused(takes, [f(2), f(2)], {}, (f(3), 1))
    assert "t has 1 items, not 2" in refused(takes, [], {}, (f(2),))
    assert "t[1] is str 'a', and int is asked" in refused(takes, [], {}, (f(2), "a"))


def test_stars() -> None:
    @guard
    def takes(*xs: Float[Tensor, "B"], **named: Int[Tensor, "B"]) -> tuple[Float[Tensor, "B"], ...]:
        return xs if len(xs) < 5 else (f(9),)

    assert len(takes(f(2), f(2), a=i(2))) == 2
    takes()
    assert "> xs[1]" in refused(takes, f(2), f(3), f(2))
    assert '> named["b"]' in refused(takes, f(2), a=i(2), b=i(3))
    assert "> return[0]" in refused(takes, *[f(2)] * 5)


def test_every_kind_of_parameter() -> None:
    @guard
    def takes(a: Float[Tensor, "B"], /, b: int = 2, *rest: int, c: Float[Tensor, "B"], d: str = "d", **more: Any) -> tuple[Any, ...]:
        return a, b, rest, c, d, more

    assert takes(f(1), c=f(1))[1:3] == (2, ())
    assert takes(f(1), 3, 4, 5, c=f(1), d="x", e=6)[1:3] == (3, (4, 5))
    assert takes(f(1), c=f(1), e=6)[5] == {"e": 6}
    refused(takes, f(1), c=f(2))
    with pytest.raises(TypeError, match=r"missing 1 required keyword-only argument: 'c'"):
        takes(f(1))  # type: ignore[call-arg]


Ids = NewType("Ids", Tensor)
Bound = TypeVar("Bound", bound=Float[Tensor, "B T"])
Anything = TypeVar("Anything")


def test_hints_without_tensors_are_beartypes() -> None:
    @guard
    def takes(n: int, s: Literal["a", "b"], xs: list[int], t: Tensor, p: nn.Parameter, x: Anything) -> Anything:
        return x

    right = (1, "a", [1], f(1), nn.Parameter(f(1)), object())
    takes(*right)  # type: ignore[arg-type]
    for at, wrong in ((0, 1.5), (1, "c"), (2, ["x"]), (3, 3), (4, f(1))):
        refused(takes, *right[:at], wrong, *right[at + 1 :])


def test_names_for_types() -> None:
    @guard
    def takes(a: Ids, b: Bound, c: Annotated[Float[Tensor, "B"], "a note"]) -> None: ...

    takes(i(1), f(2, 3), f(2))  # type: ignore[arg-type]
    refused(takes, i(1), f(2, 3), f(3))


def test_numpy_arrays_share_the_names() -> None:
    @guard
    def takes(a: Float[np.ndarray, "B T"], b: Float[Tensor, "B"], c: Float[Any, "T"]) -> None: ...

    takes(np.zeros((2, 3)), f(2), np.zeros(3))
    takes(np.zeros((2, 3)), f(2), f(3))
    refused(takes, np.zeros((2, 3)), f(3), f(3))
    assert "got ndarray int64[2, 3]" in refused(takes, np.zeros((2, 3), dtype=np.int64), f(2), f(3))
    refused(takes, f(2, 3), f(2), f(3))


def test_subclasses_of_tensors() -> None:
    @guard
    def takes(a: Float[nn.Parameter, "B"], b: Float[Tensor, "B"]) -> None: ...

    takes(nn.Parameter(f(2)), nn.Parameter(f(2)))
    refused(takes, f(2), f(2))


def test_what_is_no_tensor() -> None:
    @guard
    def takes(x: Float[Tensor, "B"]) -> None: ...

    assert refused(takes, None).endswith("  > x : Float[B]   got None\n  x is None, and Float[B] is asked")
    assert "got ndarray float64[2]" in refused(takes, np.zeros(2))
