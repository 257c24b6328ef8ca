"""What can be guarded, and that it stays what it was; modes; names that are known late; what is said where something is not checked."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import doctest
import functools
import inspect
import io
import os
import pickle
import pydoc
import subprocess
import sys
import traceback
import warnings
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any, Protocol, no_type_check

import pytest
import torch
from jaxtyping import Float, Int, TypeCheckError
from torch import Tensor, nn

from shapeguard import ShapeError, guard
from shapeguard.runtime import GuardWarning, ShapeWarning, configure, decorate
from shapeguard.runtime.hook import install


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


@guard
def scale(x: Float[Tensor, "B T"], by: float = 2.0, *, keep: bool = False) -> Float[Tensor, "B T"]:
    """Scales."""
    return x * by


class Net(nn.Module):
    d = 3

    @guard
    def forward(self, x: Float[Tensor, "B {self.d}"]) -> Float[Tensor, "B"]:
        return x.sum(1)

    @guard
    @staticmethod
    def above(x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> None: ...

    @staticmethod
    @guard
    def below(x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> None: ...

    @guard
    @classmethod
    def class_above(cls, x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> type:
        return cls if len(x) == len(y) else type(None)

    @classmethod
    @guard
    def class_below(cls, x: Float[Tensor, "B"], y: Float[Tensor, "B"]) -> type:
        return cls if len(x) == len(y) else type(None)

    @guard
    @property
    def width(self) -> Float[Tensor, "{self.d}"]:
        return f(self.d if self.d < 9 else 1)

    @guard
    @functools.cached_property
    def once(self) -> Float[Tensor, "{self.d}"]:
        return f(self.d if self.d < 9 else 1)


def test_a_module() -> None:
    net = Net()
    assert net(f(2, 3)).shape == (2,)
    with pytest.raises(ShapeError, match=r"Net\.forward\(\) got"):
        net(f(2, 4))


@pytest.mark.parametrize("name", ["above", "below", "class_above", "class_below"])
def test_static_and_class_methods_in_either_order(name: str) -> None:
    for owner in (Net, Net()):
        method = getattr(owner, name)
        assert method(f(2), f(2)) in (None, Net)
        with pytest.raises(ShapeError, match=f"Net.{name}"):
            method(f(2), f(3))


def test_properties() -> None:
    net = Net()
    assert net.width.shape == net.once.shape == (3,)
    wide = Net()
    wide.d = 9
    for name in ("width", "once"):
        with pytest.raises(ShapeError, match=f"Net.{name}.. returned"):
            getattr(wide, name)


def test_async_functions() -> None:
    @guard
    async def fetch(x: Float[Tensor, "B"], n: int) -> Float[Tensor, "B"]:
        await asyncio.sleep(0)
        return f(n)

    assert inspect.iscoroutinefunction(fetch)
    assert asyncio.run(fetch(f(2), 2)).shape == (2,)
    with pytest.raises(ShapeError, match="returned"):
        asyncio.run(fetch(f(2), 3))
    with pytest.raises(ShapeError, match="got"):
        asyncio.run(fetch(f(2, 2), 2))

    async def both() -> list[Any]:
        return await asyncio.gather(*(fetch(f(n), n) for n in range(1, 20)))

    assert [len(x) for x in asyncio.run(both())] == list(range(1, 20))


def test_generators() -> None:
    log: list[Any] = []

    @guard
    def batches(x: Float[Tensor, "B T"], wrong: int = 99) -> Generator[Float[Tensor, "T"], str, Float[Tensor, ""]]:
        try:
            for n in range(3):
                try:
                    log.append((yield x[0] if n != wrong else x))
                except KeyError as error:
                    log.append(error)
        finally:
            log.append("closed")
        return x.sum() if wrong != 77 else x

    @guard
    def plain(x: Float[Tensor, "B"]) -> Iterator[int]:
        yield from range(len(x))

    assert inspect.isgeneratorfunction(batches)
    assert len(list(batches(f(2, 3)))) == 3
    assert list(plain(f(2))) == [0, 1]
    running = batches(f(2, 3))
    next(running)
    running.send("sent")
    running.throw(KeyError("thrown"))
    running.close()
    assert log[3:] == [None, None, "closed"] or "sent" in log
    assert any(isinstance(x, KeyError) for x in log)
    assert log[-1] == "closed"
    with pytest.raises(ShapeError, match=r"batches\(\) yielded a tensor with the wrong number of axes"):
        list(batches(f(2, 3), 1))
    assert log[-1] == "closed"
    with pytest.raises(ShapeError, match="returned"):
        list(batches(f(2, 3), 77))
    with pytest.raises(ShapeError, match="got"):
        next(plain(f(2, 2)))


def test_async_generators() -> None:
    log: list[Any] = []

    @guard
    async def stream(x: Float[Tensor, "B T"], wrong: int = 99) -> AsyncIterator[Float[Tensor, "T"]]:
        try:
            for n in range(3):
                try:
                    log.append((yield x[0] if n != wrong else x))
                except KeyError as error:
                    log.append(error)
        finally:
            log.append("closed")

    async def take(wrong: int) -> int:
        return len([x async for x in stream(f(2, 3), wrong)])

    async def talk() -> None:
        running = stream(f(2, 3))
        await anext(running)
        await running.asend("sent")  # type: ignore[attr-defined]
        await running.athrow(KeyError("thrown"))  # type: ignore[attr-defined]
        await running.aclose()  # type: ignore[attr-defined]

    assert inspect.isasyncgenfunction(stream)
    assert asyncio.run(take(99)) == 3
    asyncio.run(talk())
    assert "sent" in log
    assert any(isinstance(x, KeyError) for x in log)
    assert log[-1] == "closed"
    with pytest.raises(ShapeError, match="yielded"):
        asyncio.run(take(1))


def test_the_place_of_a_call_is_the_users() -> None:
    """Not asyncio's, contextlib's, functools' or dataclasses' own line, through which the call went."""

    @guard
    @dataclasses.dataclass
    class Batch:
        x: Float[Tensor, "B T"]

        @functools.cached_property
        def first(self) -> Float[Tensor, "B"]:
            return self.x

    @guard
    @contextlib.contextmanager
    def managed(x: Float[Tensor, "B"]) -> Iterator[Float[Tensor, "B"]]:
        yield x[1:]

    @guard
    async def later(x: Float[Tensor, "B T"]) -> Float[Tensor, "B"]:
        return x

    def enter() -> None:
        with managed(f(3)):
            pass

    batch = Batch(f(2, 3))
    for call in (lambda: dataclasses.replace(batch, x=f(2)), lambda: batch.first, enter, lambda: asyncio.run(later(f(2, 3)))):
        with pytest.raises(ShapeError) as caught:
            call()
        assert caught.value.finding is not None and caught.value.finding.caller is not None
        assert caught.value.finding.caller[0] == __file__


def test_dataclasses() -> None:
    @guard
    @dataclasses.dataclass(frozen=True)
    class Batch:
        x: Float[Tensor, "B T"]
        y: Int[Tensor, "B"] | None = None
        n: int = 0

        @property
        def total(self) -> Float[Tensor, ""]:
            return self.x if self.n == 7 else self.x.sum()

    batch = Batch(f(2, 3), torch.zeros(2, dtype=torch.long))
    assert batch == dataclasses.replace(batch, n=0)
    assert isinstance(batch, Batch)
    with pytest.raises(ShapeError, match=r"Batch\.__init__\(\) got tensors whose shapes disagree"):
        Batch(f(2, 3), torch.zeros(3, dtype=torch.long))
    with pytest.raises(ShapeError, match="n is str"):
        Batch(f(2, 3), None, "7")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"Batch\.total\(\) returned"):
        Batch(f(2, 3), None, 7).total  # noqa: B018


def test_it_stays_what_it_was() -> None:
    assert inspect.signature(scale) == inspect.signature(inspect.unwrap(scale))
    assert str(inspect.signature(scale)).endswith("by: 'float' = 2.0, *, keep: 'bool' = False) -> \"Float[Tensor, 'B T']\"")
    assert (scale.__name__, scale.__qualname__, scale.__module__, scale.__doc__) == ("scale", "scale", __name__, "Scales.")
    assert scale.__defaults__ == (2.0,)
    assert scale.__kwdefaults__ == {"keep": False}
    assert pickle.loads(pickle.dumps(scale)) is scale
    assert "Scales." in pydoc.render_doc(scale)
    assert inspect.getsource(scale).startswith("@guard\ndef scale")
    assert inspect.unwrap(scale) is not scale
    assert guard(scale) is scale
    with pytest.raises(TypeError, match=r"^scale\(\) missing 1 required positional argument: 'x'$"):
        scale()
    with pytest.raises(TypeError, match=r"^scale\(\) got an unexpected keyword argument 'bye'$"):
        scale(f(1, 1), bye=1)

    @functools.wraps(scale)
    def logged(*args: Any, **kwargs: Any) -> Any:
        return scale(*args, **kwargs)

    assert inspect.signature(logged) == inspect.signature(scale)


def test_the_traceback_ends_at_the_call_and_the_def() -> None:
    try:
        scale(f(1))
    except ShapeError as error:
        frames = traceback.extract_tb(error.__traceback__)
        printed = "".join(traceback.format_exception(error))
    assert [frame.line for frame in frames] == ["scale(f(1))", inspect.getsource(scale).splitlines()[1]]
    assert {frame.filename for frame in frames} == {__file__}
    assert printed.count("Traceback") == 1


def test_errors_of_the_function_are_its_own() -> None:
    @guard
    def breaks(x: Float[Tensor, "B"]) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match=r"^mine$") as caught:
        breaks(f(1))
    assert caught.value.__context__ is None


def test_a_member_of_a_class_that_another_decorator_hides() -> None:
    with pytest.warns(GuardWarning, match=r"Cached\.total\(\) is not checked: it is in a _lru_cache_wrapper; put @guard below") as said:

        @guard
        class Cached:
            @functools.lru_cache  # noqa: B019
            def total(self, x: Float[Tensor, "B"]) -> float:
                return float(x.sum())

            @functools.lru_cache  # noqa: B019
            def plain(self, x):  # type: ignore[no-untyped-def]
                return x

    assert len(said) == 1 and Cached().total(f(2)) == 0


def test_what_cannot_be_guarded() -> None:
    with pytest.raises(TypeError, match="guard takes functions, methods and classes, not partial"):
        guard(functools.partial(scale, by=3.0))
    with pytest.raises(TypeError, match=r"not str: guard\(mode='shapes'\) sets a mode"):
        guard("shapes")
    with pytest.raises(TypeError, match="not Net: guard the function that it calls"):
        guard(Net())

    def bare(x):  # type: ignore[no-untyped-def]
        return x

    assert guard(bare) is bare
    unchecked = no_type_check(bare)
    assert guard(unchecked) is unchecked


# modes


def strict(x: Float[Tensor, "B B"]) -> Float[Tensor, "B"]:
    return x[0] if x.shape[0] == x.shape[1] else x


def test_off_is_the_function_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert guard(strict, mode="off") is strict
    monkeypatch.setenv("SHAPEGUARD", "off")
    assert guard(strict) is strict
    assert guard(strict, mode="raise") is strict
    monkeypatch.delenv("SHAPEGUARD")
    configure("off")
    try:
        assert guard(strict) is strict
        assert guard(strict, mode="shapes") is not strict
    finally:
        configure("")
    assert guard(mode="raise")(strict) is not strict


@pytest.mark.parametrize("mode", ["loud", "shapes,loud"])
def test_a_mode_that_does_not_exist(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"guard\(mode=\.\.\.\): 'loud' is none of off, shapes, values, raise, warn, breakpoint"):
        guard(strict, mode=mode)
    monkeypatch.setenv("SHAPEGUARD", mode)
    with pytest.raises(ValueError, match="SHAPEGUARD in the environment: 'loud'"):
        guard(strict)


def test_warn_goes_on() -> None:
    lenient = guard(strict, mode="warn")
    with pytest.warns(ShapeWarning, match=r"strict\(\) got") as seen:
        assert lenient(f(2, 3)).shape == (2, 3)
    assert [str(w.filename) for w in seen] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lenient(f(2, 2))
    told = guard(strict, mode="warn,shapes")
    with pytest.warns(ShapeWarning, match="strict"):
        told(f(2, 3))


def test_breakpoint_stops_where_the_arguments_are(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stops: list[Any] = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append(sys._getframe(1).f_locals["x"].shape))
    stopped = guard(strict, mode="breakpoint")
    stopped(f(2, 2))
    assert stops == []
    with pytest.raises(ShapeError):
        stopped(f(2, 3))
    assert stops == [(2, 3)]
    assert "strict() got" in capsys.readouterr().err


def run(program: str, *options: str, **environment: str) -> str:
    head = "import torch\nfrom torch import Tensor\nfrom jaxtyping import Float\nfrom shapeguard import guard, ShapeError\n"
    done = subprocess.run(
        [sys.executable, *options, "-c", head + program], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    return done.stdout + done.stderr


WRONG = """
@guard
def f(x: Float[Tensor, "B B"]): return "went on"
try: print(f(torch.zeros(2, 3)))
except ShapeError: print("refused")
"""


LOADED = "import sys; print([m for m in ('beartype.door', 'torch._dynamo', 'torch._inductor') if m in sys.modules])"


@pytest.mark.slow
def test_python_dash_o_changes_nothing_and_nothing_heavy_is_loaded() -> None:
    assert run(WRONG + LOADED, "-O").split("\n")[:2] == ["refused", "[]"]


# names that are known late


def test_local_names_in_strings() -> None:
    Width = Float[Tensor, "B 3"]

    @guard
    def local(x: Width) -> None: ...

    with pytest.raises(ShapeError, match="not 3"):
        local(f(2, 4))


def make() -> Any:
    Width = Float[Tensor, "B 3"]

    def local(x: Width) -> None:
        assert Width is not None

    return local


def test_names_of_a_closure() -> None:
    local = guard(make())
    with pytest.raises(ShapeError, match="not 3"):
        local(f(2, 4))


@guard
def early(x: Later, n: int) -> LaterToo:
    return f(n)


Later = Float[Tensor, "B T"]
LaterToo = Float[Tensor, "B"]


def test_names_that_come_later_in_the_module() -> None:
    first = inspect.signature(early)
    assert early(f(2, 3), 2).shape == (2,)
    with pytest.raises(ShapeError, match="returned"):
        early(f(2, 3), 3)
    with pytest.raises(ShapeError, match="got"):
        early(f(2), 2)
    assert inspect.signature(early) == first


def test_local_names_that_come_later() -> None:
    @guard
    def local(x: Afterwards, *, n: int = 3) -> Afterwards:
        return f(n)

    @guard
    async def waits(x: Afterwards) -> Afterwards:
        return f(4)

    @guard
    def many(x: Afterwards) -> Iterator[Afterwards]:
        yield f(4)

    Afterwards = Float[Tensor, "3"]
    local(f(3))
    with pytest.raises(ShapeError, match="not 3"):
        local(f(4))
    with pytest.raises(ShapeError, match="returned"):
        local(f(3), n=4)
    with pytest.raises(ShapeError, match="returned"):
        asyncio.run(waits(f(3)))
    with pytest.raises(ShapeError, match="yielded"):
        list(many(f(3)))
    assert Afterwards is not None


def test_a_name_that_never_comes_is_said_once() -> None:
    @guard
    def lost(x: Nowhere, y: Float[Tensor, "2"]) -> None: ...  # type: ignore[name-defined]

    with pytest.warns(GuardWarning, match=r"lost\(\) is checked in part: x: Nowhere \(name 'Nowhere' is not defined\)") as seen:
        lost(1, f(2))
    line = inspect.getsourcelines(lost)[1]
    assert [(w.filename, w.lineno) for w in seen] == [(__file__, line)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lost(1, f(2))
    with pytest.raises(ShapeError, match="not 2"):
        lost(1, f(3))


def test_a_dimension_that_nothing_binds_is_said() -> None:
    with pytest.warns(GuardWarning, match=r"dimension T-1 of Float\[B T-1\]: no argument gives T"):

        @guard
        def lost(x: Float[Tensor, "B T-1"], y: Float[Tensor, "B"]) -> None: ...

    with pytest.raises(ShapeError):
        lost(f(2, 3), f(3))


class Speaks(Protocol):
    def speak(self) -> str: ...


def test_what_only_jaxtyping_can_check_is_left_to_it_and_said() -> None:
    with pytest.warns(GuardWarning, match=r"told\(\) is checked by jaxtyped\(typechecker=beartype\): '\{n:d\}' formats a value"):

        @guard
        def told(x: Float[Tensor, "{n:d}"], n: int) -> None: ...

    told(f(2), 2)
    with pytest.raises(TypeCheckError, match="Type-check error"):
        told(f(2), 3)


def test_a_hint_that_beartype_does_not_take_is_said() -> None:
    with pytest.warns(GuardWarning, match=r"speaks\(\) is checked in part: x: .*Speaks"):

        @guard
        def speaks(x: Speaks, y: Float[Tensor, "2"]) -> None: ...

    with pytest.raises(ShapeError):
        speaks(1, f(3))  # type: ignore[arg-type]


# the import hook

MODULE = '''
"""A module."""
from __future__ import annotations
import dataclasses
from typing import no_type_check
from jaxtyping import Float
from torch import Tensor

def double(x: Float[Tensor, "B B"]) -> Float[Tensor, "B B"]:
    return x * 2

def plain(n: int) -> int:
    return n

@no_type_check
def left(x: Float[Tensor, "B B"]): return x

class Net:
    @staticmethod
    def go(x: Float[Tensor, "B B"]): return x

    def later(self, x: Forward): return x

@dataclasses.dataclass
class Data:
    x: Float[Tensor, "B B"]

Forward = Float[Tensor, "B B"]
'''

USE = """
import torch
from {package}.inner import *
from {package}.inner import double, plain, left, Net, Data
from shapeguard import ShapeError
right, wrong = torch.zeros(2, 2), torch.zeros(2, 3)

def refuses(f):
    f(right)
    try:
        f(wrong)
    except ShapeError:
        return True
    return False

seen = [refuses(f) for f in (double, Net.go, Net().later, Data, left, plain)]
"""


def make_package(at: Path, name: str) -> None:
    (at / name).mkdir()
    (at / name / "__init__.py").write_text("")
    (at / name / "inner.py").write_text(MODULE)


def test_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    make_package(tmp_path, "hooked_package")
    make_package(tmp_path, "other_package")
    with install("hooked_package"):
        space: dict[str, Any] = {}
        exec(USE.format(package="hooked_package"), space)
        assert space["seen"] == [True, True, True, True, False, False]
        exec(USE.format(package="other_package"), space)
        assert space["seen"] == [False] * 6
    try:
        sys.modules["hooked_package.inner"].double(torch.zeros(2, 3))
    except ShapeError as error:
        assert traceback.extract_tb(error.__traceback__)[-1].line == 'def double(x: Float[Tensor, "B B"]) -> Float[Tensor, "B B"]:'
    with pytest.warns(UserWarning, match="already imported, so not guarded: hooked_package, hooked_package.inner"):
        install("hooked_package").uninstall()


@pytest.mark.slow
def test_pytest_option(tmp_path: Path) -> None:
    make_package(tmp_path, "tested_package")
    (tmp_path / "test_it.py").write_text(USE.format(package="tested_package") + "\ndef test(): assert sum(seen) == 4\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "shapeguard.pytest_plugin", "."]
    root = str(Path(__file__).resolve().parents[2])
    for options, code in (([], 1), (["--shapeguard=tested_package"], 0)):
        environment = {**os.environ, "PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command + options, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == code, done.stdout + done.stderr
        assert ("shapeguard checks: tested_package (values, raise)" in done.stdout) == (code == 0)
    environment["SHAPEGUARD"] = "off"
    done = subprocess.run([*command, options[0]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "shapeguard checks: nothing, the mode is off" in done.stdout


@pytest.mark.slow
def test_without_torch_the_guard_says_so_and_the_plugin_does_not_mind() -> None:
    program = "import sys; sys.modules['torch'] = sys.modules['jaxtyping'] = None\nimport shapeguard.pytest_plugin\nshapeguard.guard"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ImportError: shapeguard.guard needs torch: the extra [torch] of this package brings it"


def test_the_example_in_the_documentation() -> None:
    assert doctest.testmod(decorate).attempted >= 3
    assert doctest.testmod(decorate).failed == 0


def test_printing_the_help_is_silent() -> None:
    out = io.StringIO()
    pydoc.Helper(output=out).help(guard)
    assert "Checks the annotated tensors" in out.getvalue()
