"""Parameters, defaults and hints that are seldom written, and the import hook beside a guard: right calls are never refused."""

from __future__ import annotations

import copy
import dataclasses
import enum
import gc
import importlib
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self, TypedDict, TypeVarTuple, Unpack

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from shapeguard import ShapeError, guard
from shapeguard.runtime import ShapeWarning, install
from tests.guard.test_guard_checks import Batch, Output, Point

Ts = TypeVarTuple("Ts")


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


def i(*shape: int) -> Tensor:
    return torch.zeros(shape, dtype=torch.long)


def refused(fn: Callable[..., Any], *given: Any, **named: Any) -> str:
    with pytest.raises(ShapeError) as caught:
        fn(*given, **named)
    return str(caught.value)


MISSING = object()


def test_a_default_that_stands_for_what_is_left_out() -> None:
    @guard
    def run(x: Float[Tensor, "B"] = MISSING, n: int = MISSING, *, y: list[Float[Tensor, "B"]] = MISSING) -> None: ...  # type: ignore[assignment]

    run()
    run(f(2), 3, y=[f(2)])
    run(y=[f(2)])
    assert "x : Float[B]   got object" in refused(run, object())
    assert "n is str" in refused(run, f(2), "3")
    refused(run, f(2), y=[f(3)])

    @guard
    @dataclasses.dataclass
    class Batch:
        x: Float[Tensor, "B"]
        y: Float[Tensor, "B"] = dataclasses.field(default_factory=lambda: f(2))
        many: list[Float[Tensor, "B"]] = dataclasses.field(default_factory=list)

    Batch(f(2))
    Batch(f(3), f(3), [f(3)])
    refused(Batch, f(3), f(2))
    refused(Batch, f(3), many=[f(2)])
    torch.compile(lambda: run(n=3), backend="eager", fullgraph=True)()


def test_parameters_named_as_functions_of_python() -> None:
    @guard
    def run(
        isinstance: Float[Tensor, "B"], len: Float[Tensor, "B"], tuple: int = 1, dict: dict[str, Float[Tensor, "B"]] | None = None
    ) -> tuple[Float[Tensor, "B"], int]:
        return len, tuple

    run(f(2), f(2))
    run(f(2), f(2), 2, {"a": f(2)})
    refused(run, f(2), f(3))
    refused(run, f(2), f(2), 2, {"a": f(3)})
    refused(run, f(2), f(2), "a")

    @guard
    def other(hasattr: Float[Any, "B"], list: list[Float[Tensor, "B"]], *args: int, kwargs: int = 2, made: int = 3) -> None: ...

    other(f(2), [f(2)], 1)
    refused(other, f(2), [f(3)])


class Options(TypedDict, total=False):
    mask: Float[Tensor, "B"]
    n: int


def test_unpacked_hints() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @guard
        def run(x: Float[Tensor, "B"], **kwargs: Unpack[Options]) -> None: ...

        @guard
        def pair(x: Float[Tensor, "B"], *args: *tuple[Float[Tensor, "B"], int]) -> None: ...

        @guard
        def many(x: Float[Tensor, "B"], *args: *Ts) -> tuple[*Ts]:
            return args

        @guard
        def plain(*args: tuple[Float[Tensor, "B"], int], **kwargs: Options) -> None: ...

    run(f(2))
    run(f(2), mask=f(2), n=3)
    assert "mask" in refused(run, f(2), mask=f(3))
    pair(f(2), f(2), 3)
    refused(pair, f(2), f(3), 3)
    refused(pair, f(2), f(2))
    assert many(f(2), 1, "a") == (1, "a")
    refused(many, f(2, 2))
    plain((f(2), 1), (f(2), 1), a={"mask": f(2)})
    refused(plain, (f(2), 1), (f(3), 1))
    refused(plain, (f(2), 1), a={"mask": f(3)})


def test_self_and_never_are_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Net:
            @guard
            def to(self, x: Float[Tensor, "B"]) -> Self:
                return self

            @guard
            def both(self, x: Float[Tensor, "B"], *, many: list[Self] | None = None) -> tuple[Self, Float[Tensor, "B"]]:
                return self, x[: 3 if len(x) == 4 else None]

            @guard
            def fail(self, x: Float[Tensor, "B"]) -> NoReturn:
                raise KeyError

    net = Net().to(f(2))
    assert net.both(f(2), many=[net])[0] is net
    refused(net.both, f(4))
    refused(net.to, f(2, 2))
    with pytest.raises(KeyError):
        net.fail(f(2))


# classes


def test_classes_that_python_makes_in_its_own_way() -> None:
    @guard
    class Pair(NamedTuple):
        x: Float[Tensor, "B"]
        y: Float[Tensor, "B"]

        def add(self, z: Float[Tensor, "C C"]) -> Float[Tensor, "C"]:
            return z[0]

    pair = Pair(f(2), f(2))
    assert pair.add(f(3, 3)).shape == (3,)
    assert copy.copy(pair)._replace(y=f(9)).y.shape == (9,)  # torch and Python make them past __new__
    assert "Pair.__new__() got" in refused(Pair, f(2), f(3))
    refused(pair.add, f(2, 3))

    @guard
    class Kind(enum.Enum):
        ONE = 1

        def of(self, x: Float[Tensor, "B B"]) -> Float[Tensor, "B"]:
            return x[0]

    assert Kind(1).of(f(2, 2)).shape == (2,)
    refused(Kind.ONE.of, f(2, 3))

    @guard
    class Slots:
        __slots__ = ("x",)

        def __new__(cls, *given: Float[Tensor, "B"]) -> Self:
            assert given
            return super().__new__(cls)

        def __init__(self, x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> None:
            self.x = x

        def __init_subclass__(cls, n: int = 1) -> None:
            super().__init_subclass__()

    class Below(Slots, n=2): ...

    Below(f(2), f(2))
    refused(Below, f(2), f(3))
    with pytest.raises(TypeError, match=r"guard cannot see Options\(...\), which makes a plain dict"):
        guard(Options)


def test_properties_with_setters() -> None:
    class Net:
        @property
        def x(self) -> Tensor:
            return self._x

        @x.setter
        @guard
        def x(self, value: Float[Tensor, "B"]) -> None:
            self._x = value

        @guard
        @property
        def y(self) -> Float[Tensor, "2"]:
            return self._x

        @y.setter
        def y(self, value: Tensor) -> None:
            self._x = value

    net = Net()
    net.x = f(2)
    assert net.y is net.x
    refused(lambda: setattr(net, "x", f(2, 2)))
    net.y = f(3)
    refused(lambda: net.y)


def test_a_refused_call_keeps_no_tensor_alive() -> None:
    @guard
    def run(x: Float[Tensor, "B B"]) -> None: ...

    def call() -> Any:
        x = f(6)
        refused(run, x.view(2, 3))
        return weakref.ref(x)

    seen = call()
    gc.collect()
    assert seen() is None


# the hook and others


def module(at: Path, name: str, text: str) -> None:
    head = "from jaxtyping import Float\nfrom torch import Tensor, no_grad\nfrom shapeguard import guard\n"
    (at / f"{name}.py").write_text(head + text)


def test_two_hooks_and_a_guard_with_its_own_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    text = """
@guard(mode="{mode}")
def own(x: Float[Tensor, "B B"], n: int = 1): return n

@guard
@no_grad()
def outer(x: Float[Tensor, "B B"]): return x.requires_grad, (x * 1).requires_grad
"""
    (tmp_path / "another.py").touch()
    for mode in ("raise", "warn", "off"):
        module(tmp_path, f"hooked_{mode}", text.replace("{mode}", mode))
        with install(f"hooked_{mode}"), install([f"hooked_{mode}", "another"]):
            made = importlib.import_module(f"hooked_{mode}")
        if mode == "warn":
            with pytest.warns(ShapeWarning):
                assert made.own(f(2, 3)) == 1
        elif mode == "off":
            assert made.own(f(2, 3)) == 1
        else:
            refused(made.own, f(2, 3))
            refused(made.own, f(2, 2), "a")
        assert made.outer(f(2, 2).requires_grad_()) == (True, False)
        refused(made.outer, f(2, 3))


def test_several_records_have_sizes_of_their_own() -> None:
    @guard
    def accumulate(batches: list[Batch], by_name: dict[str, tuple[Output, ...]], labels: Int[Tensor, "B T"]) -> None: ...

    @guard
    def beside(pairs: list[tuple[Point, Float[Tensor, "N"]]]) -> None: ...

    one, two = Batch(ids=i(2, 3), name="a"), Batch(ids=i(4, 5), labels=i(4, 5), name="b")
    out = Output(f(2, 3, 4), (f(2, 3, 5),))
    accumulate([one, two], {"a": (out, Output(f(6, 7, 8)))}, i(9, 9))
    assert 'batches[1]["ids"] has 1 axis, and B T are 2' in refused(accumulate, [one, {**two, "ids": i(4)}], {}, i(9, 9))
    assert 'by_name["a"][0].logits is int64' in refused(accumulate, [], {"a": (Output(i(2, 3, 4)),)}, i(9, 9))
    beside([(Point(f(2), f(2)), f(5)), (Point(f(3), f(3)), f(5))])
    assert "> pairs[1][1]" in refused(beside, [(Point(f(2), f(2)), f(5)), (Point(f(3), f(3)), f(4)), (Point(f(2), f(2)), f(5))])
