"""Odd but right code under the guard: what decorators hide, names that are hard to find, numbers for floats, hints of generics."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import dataclasses
import functools
import importlib
import inspect
import pickle
import sys
import warnings
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, Generic, ParamSpec, Required, TypedDict, TypeVar, overload

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shapeguard import ShapeError, guard
from shapeguard.runtime import GuardWarning

T = TypeVar("T")
P = ParamSpec("P")
N = TypeVar("N", bound=Float[Tensor, "B T"])
M = TypeVar("M", Float[Tensor, "B"], Int[Tensor, "B"])


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


def refused(fn: Callable[..., Any], *given: Any, **named: Any) -> str:
    with pytest.raises(ShapeError) as caught:
        fn(*given, **named)
    return str(caught.value)


# what other decorators hide


def test_context_managers_in_either_order() -> None:
    @guard
    @contextlib.contextmanager
    def above(x: Float[Tensor, "B"]) -> Iterator[Float[Tensor, "B"]]:
        yield x if len(x) != 7 else x[1:]

    @contextlib.contextmanager
    @guard
    def below(x: Float[Tensor, "B"]) -> Generator[Float[Tensor, "B"], None, None]:
        yield x if len(x) != 7 else x[1:]

    for manager in (above, below):
        with manager(f(2)) as x:
            assert x.shape == (2,)
        with pytest.raises(KeyError), manager(f(2)):
            raise KeyError
        assert "got" in refused(manager(f(2, 2)).__enter__)
        assert "yielded" in refused(manager(f(7)).__enter__)

        @manager(f(2))
        def decorated() -> int:
            return 3

        assert decorated() == decorated() == 3

    @guard
    @contextlib.asynccontextmanager
    async def waits(x: Float[Tensor, "B"]) -> AsyncIterator[Float[Tensor, "B"]]:
        yield x

    async def use(*shape: int) -> int:
        async with waits(f(*shape)) as x:
            return len(x)

    assert asyncio.run(use(2)) == 2
    assert "got" in refused(lambda: asyncio.run(use(2, 2)))


def logged(fn: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(fn)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return fn(*args, **kwargs)

    return inner


def test_a_wrapper_that_hides_what_it_wraps() -> None:
    @guard
    @logged
    def plain(x: Float[Tensor, "B"], n: int = 2) -> Float[Tensor, "B"]:
        return f(n)

    assert plain(f(2)).shape == (2,)
    assert "got" in refused(plain, f(2, 2))
    assert "returned" in refused(plain, x=f(2), n=3)
    with pytest.warns(GuardWarning, match=r"in part: return: another decorator hides the (async function|generator) that") as seen:

        @guard
        @logged
        async def waits(x: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
            return x

        @guard
        @logged
        def gives(x: Float[Tensor, "B"]) -> Iterator[Float[Tensor, "B"]]:
            yield x

    assert len(seen) == 2
    assert asyncio.run(waits(f(2))).shape == (2,)
    assert len(list(gives(f(2)))) == 1
    assert "got" in refused(waits, f(2, 2))
    assert "got" in refused(gives, f(2, 2))

    @guard
    @torch.no_grad()
    def evaluates(x: Float[Tensor, "B"]) -> Float[Tensor, ""]:
        return x.sum()

    assert not evaluates(f(2).requires_grad_()).requires_grad
    assert "got" in refused(evaluates, f(2, 2))


def test_singledispatch() -> None:
    @functools.singledispatch
    @guard
    def kind(x: Float[Tensor, "B"]) -> str:
        return "tensor"

    @kind.register
    @guard
    def _(x: int) -> str:
        return "int"

    assert (kind(f(2)), kind(3)) == ("tensor", "int")  # type: ignore[arg-type]
    refused(kind, f(2, 2))
    with pytest.raises(TypeError, match="the functions that singledispatch chooses from"):

        @guard
        @functools.singledispatch
        def above(x: Float[Tensor, "B"]) -> None: ...

    class Reader:
        @functools.singledispatchmethod
        @guard
        def read(self, x: Float[Tensor, "B"]) -> str:
            return "tensor"

        @read.register
        @guard
        def _(self, x: int) -> str:
            return "int"

    assert (Reader().read(f(2)), Reader().read(3)) == ("tensor", "int")
    refused(Reader().read, f(2, 2))


def test_partial_and_partialmethod() -> None:
    class Net:
        @guard
        def run(self, x: Float[Tensor, "B"], n: int) -> int:
            return n

        four = functools.partialmethod(run, n=4)

    assert Net().four(f(2)) == 4
    refused(Net().four, f(2, 2))
    bound = functools.partial(Net().run, n=5)
    assert bound(f(2)) == 5
    assert list(inspect.signature(bound).parameters) == ["x", "n"]
    refused(bound, f(2, 2))


def test_abstract_methods_stay_abstract() -> None:
    class Base(abc.ABC):
        @guard
        @abc.abstractmethod
        def above(self, x: Float[Tensor, "B"]) -> None: ...

        @abc.abstractmethod
        @guard
        def below(self, x: Float[Tensor, "B"]) -> None: ...

        @guard
        @property
        @abc.abstractmethod
        def width(self) -> Float[Tensor, "B"]: ...

    @guard
    class Whole(abc.ABC):
        @abc.abstractmethod
        def run(self, x: Float[Tensor, "B"]) -> None: ...

        @staticmethod
        @abc.abstractmethod
        def apply(x: Float[Tensor, "B"]) -> None: ...

    assert Base.__abstractmethods__ == {"above", "below", "width"}
    assert Whole.__abstractmethods__ == {"run", "apply"}

    class Made(Whole):
        def run(self, x: Tensor) -> None:
            Whole.run(self, x)

        @staticmethod
        def apply(x: Tensor) -> None: ...

    Made().run(f(2))
    refused(Made().run, f(2, 2))


def test_overloads() -> None:
    class Net:
        @overload
        def run(self, x: Float[Tensor, "B"]) -> int: ...
        @overload
        def run(self, x: int) -> str: ...
        @guard
        def run(self, x: Float[Tensor, "B"] | int) -> int | str:
            return 1 if isinstance(x, Tensor) else "a"

    assert (Net().run(f(2)), Net().run(3)) == (1, "a")
    refused(Net().run, f(2, 2))


# hints


def test_an_int_is_a_float() -> None:
    @guard
    def rate(
        x: Float[Tensor, "B"], lr: float, z: complex = 1, many: list[float] | None = None, either: float | Float[Tensor, ""] = 1
    ) -> float:
        return 1

    rate(f(2), 1)
    rate(f(2), 0.5, 0.5, [1, 0.5], f())
    rate(f(2), 1, either=2)
    refused(rate, f(2), "1")
    refused(rate, f(2), 1j)
    refused(rate, f(2), 1, "1")
    refused(rate, f(2), 1, 1, ["1"])
    refused(rate, f(2), 1, either="1")
    refused(rate, f(2), 1, either=f(1))


def test_generic_classes_and_type_variables() -> None:
    class Box(Generic[T]):
        @guard
        def __init__(self, item: T, x: Float[Tensor, "B"]) -> None:
            self.item = item

        @guard
        def bound(self, x: N) -> N:
            return x

        @guard
        def chosen(self, x: M) -> M:
            return x

    box = Box[int](3, f(2))
    assert box.bound(f(2, 3)).shape == (2, 3)
    assert box.chosen(f(2)).shape == box.chosen(f(2).long()).shape
    refused(box.bound, f(2))
    refused(box.chosen, f(2, 3))
    refused(Box, 3, f(2, 2))


def test_param_specs_are_not_checked_and_not_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @guard
        def call(fn: Callable[P, T], x: Float[Tensor, "B"], *args: P.args, **kwargs: P.kwargs) -> T:
            return fn(*args, **kwargs)

    assert call(lambda a, b: a + b, f(2), 1, b=3) == 4
    refused(call, lambda: 1, f(2, 2))


def test_functions_of_python_inside_of_braces() -> None:
    @guard
    def stack(xs: list[Float[Tensor, "T"]], n: int = 0) -> Float[Tensor, "{len(xs)} {max(n,1)}*T"]:
        return torch.stack(xs)

    assert stack([f(3), f(3)]).shape == (2, 3)
    assert "returned" in refused(stack, [f(3), f(3)], 2)


# names


def test_fields_of_local_classes() -> None:
    class Inner(TypedDict):
        y: Float[Tensor, "B"]

    class Batch(TypedDict, total=False):
        x: Required[Float[Tensor, "B T"]]
        inner: Inner

    @dataclasses.dataclass
    class Output:
        batch: Batch
        more: Inner | None = None

    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @guard
        def step(batch: Batch) -> Output:
            return Output(batch, {"y": f(9)} if len(batch["x"]) == 9 else None)

        step({"x": f(2, 3)})
        step({"x": f(2, 3), "inner": {"y": f(2)}})
    assert 'batch["inner"]["y"]' in refused(step, {"x": f(2, 3), "inner": {"y": f(3)}})
    assert 'no key "x"' in refused(step, {"inner": {"y": f(3)}})
    assert step({"x": f(9, 3)}).more is not None


def test_strings_in_strings_and_a_class_that_is_being_made() -> None:
    class Tree:
        @guard
        def link(self, other: "Tree | None", x: "Float[Tensor, 'B']") -> "list[Tree | None]":
            return [other]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Tree().link(Tree(), f(2))
    Tree().link(None, f(2))
    refused(Tree().link, Tree(), f(2, 2))
    refused(Tree().link, 3, f(2))


# records and modules


@dataclasses.dataclass
class ModelOutput(OrderedDict[str, Any]):
    """As a model library writes them: a dataclass, a dict and a tuple at once."""

    loss: Float[Tensor, ""] | None = None
    logits: Float[Tensor, "B T V"] = None  # type: ignore[assignment]
    past: tuple[tuple[Float[Tensor, "B H T D"], ...], ...] | None = None

    def __post_init__(self) -> None:
        self.update({field.name: value for field in dataclasses.fields(self) if (value := getattr(self, field.name)) is not None})


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    @guard
    def forward(self, x: Int[Tensor, "B T"], width: int = 0, **kwargs: Any) -> tuple[Tensor, ...] | ModelOutput:
        if width < 0:
            return (f(1),)
        out = f(len(x), x.shape[1] + width, 3)
        return ModelOutput(logits=out, past=((f(len(x), 1, x.shape[1] + width, 2),) * 2,))


def test_a_model_output() -> None:
    ids = torch.zeros(2, 3, dtype=torch.long)
    assert Model()(ids, use_cache=True).logits.shape == (2, 3, 3)
    assert len(Model()(ids, width=-1)) == 1
    assert "return.logits" in refused(Model(), ids, width=2)


class Top(nn.Module):
    @guard
    def forward(self, x: Float[Tensor, "B 3"]) -> Float[Tensor, "B 3"]:
        return x


class Below(Top):
    @guard
    def forward(self, x: Float[Tensor, "B 3"], y: Float[Tensor, "B"] | None = None) -> Float[Tensor, "B 3"]:
        return super().forward(x)


def test_modules_are_copied_pickled_hooked_and_overridden() -> None:
    import copy

    seen = []
    net = Below()
    for one in (net, pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert one(f(2, 3), f(2)).shape == (2, 3)
        assert "Below.forward" in refused(one, f(2, 3), f(3))
    assert pickle.loads(pickle.dumps(net.forward))(f(2, 3)).shape == (2, 3)
    net.register_forward_pre_hook(lambda module, given: (given[0][None],))
    net.register_forward_hook(lambda *_: seen.append(1))
    net(f(3))
    assert seen == [1]
    refused(net, f(2, 3))


def test_a_coroutine_that_is_returned_and_one_that_is_cancelled() -> None:
    closed = []

    @guard
    async def waits(x: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
        try:
            await asyncio.sleep(0 if len(x) < 9 else 60)
        finally:
            closed.append(len(x))
        return x

    @guard
    def starts(x: Float[Tensor, "B"]) -> Coroutine[Any, Any, Float[Tensor, "B"]]:
        return waits(x)

    async def cancels() -> None:
        task = asyncio.create_task(waits(f(9)))
        await asyncio.sleep(0)
        task.cancel()
        await task

    assert asyncio.run(starts(f(2))).shape == (2,)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancels())
    assert closed == [2, 9]


# names that only type checkers import


TYPED = '''
from __future__ import annotations
import dataclasses
import typing
from typing import TYPE_CHECKING
from shapeguard import guard

if TYPE_CHECKING:
    import collections.abc
    import torch as t
    from jaxtyping import Float
    from torch import Tensor
    from .config import Settings as Options
    from nowhere import Missing
if typing.TYPE_CHECKING:
    from torch import nn

@guard
def run(x: Float[Tensor, "B"], y: Float[t.Tensor, "B"], options: Options, net: nn.Module | None = None) -> collections.abc.Sized:
    return x

@dataclasses.dataclass
class Batch:
    x: Float[Tensor, "B"]
    options: Options | None = None

@guard
def part(x: Float[Tensor, "B B"], y: Missing) -> None: ...
'''


def test_names_that_only_type_checkers_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "typed_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "code.py").write_text(TYPED)
    (package / "config.py").write_text("class Settings: ...")
    code = importlib.import_module("typed_package.code")
    config = importlib.import_module("typed_package.config")  # later than what is guarded
    assert not hasattr(code, "Tensor")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code.run(f(2), f(2), config.Settings())
    refused(code.run, f(2), f(3), config.Settings())
    assert "options is int" in refused(code.run, f(2), f(2), 3)
    refused(code.run, f(2), f(2), config.Settings(), 3)

    @guard
    def elsewhere(batch: code.Batch, x: Float[Tensor, "B"]) -> None: ...  # type: ignore[name-defined]

    elsewhere(code.Batch(f(2)), f(2))
    assert "batch.x" in refused(elsewhere, code.Batch(f(2)), f(3))
    with pytest.warns(GuardWarning, match=r"part\(\) is checked in part: y: Missing \(name 'Missing' is not defined\)"):
        code.part(f(2, 2), 3)
    assert "nowhere" not in sys.modules
    refused(code.part, f(2, 3), 3)
