"""Microseconds that a check adds to a call: the guard, its peers, and asserts written by hand.

usage: python benchmarks/guard.py [--rounds N]

Every peer that is installed takes part, with its own way to write the same annotation; one that is not is named as such.
The rounds are interleaved, each figure is the least of them less the least of the bare call, and the factor is against
jaxtyping with beartype in the same run. OMP_NUM_THREADS=1 and a machine without other work give steady figures.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import timeit
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import torch
from jaxtyping import Bool, Float, Int, jaxtyped
from torch import Tensor

from shapeguard import Logits, Mask, ShapeError, Targets, guard

RESULT = torch.zeros(())
GIVEN = (torch.randn(8, 128, 1000), torch.randint(0, 1000, (8, 128)), torch.ones(8, 128, dtype=torch.bool))
SMALL = (torch.randn(2, 3, 4), torch.zeros(2, 3, dtype=torch.long), torch.ones(2, 3, dtype=torch.bool))
LONG = (torch.randn(8, 512, 1000), torch.randint(0, 1000, (8, 512)), torch.ones(8, 512, dtype=torch.bool))
PADDED = (LONG[0], LONG[1].masked_fill(torch.arange(512) >= 300, -100), LONG[2])


def bare(logits: Any, targets: Any, mask: Any) -> Any:
    return RESULT


def annotated(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, ""]:
    return RESULT


def named(logits: Logits, targets: Targets, mask: Mask) -> Float[Tensor, ""]:
    return RESULT


def one(x: Float[Tensor, "B T V"]) -> Float[Tensor, "B T V"]:
    return x


def bare_one(x: Any) -> Any:
    return x


def asserts(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    assert isinstance(logits, Tensor) and logits.is_floating_point() and logits.ndim == 3
    b, t, _ = logits.shape
    assert isinstance(targets, Tensor) and targets.dtype in (torch.int64, torch.int32) and targets.shape == (b, t)
    assert isinstance(mask, Tensor) and mask.dtype is torch.bool and mask.shape == (b, t)
    out = RESULT
    assert isinstance(out, Tensor) and out.is_floating_point() and out.shape == ()
    return out


def jaxtyping_beartype(fn: Callable[..., Any]) -> Callable[..., Any]:
    from beartype import beartype

    return jaxtyped(fn, typechecker=beartype)


def jaxtyping_typeguard() -> Callable[..., Any]:
    typeguard = import_module("typeguard")

    return jaxtyped(annotated, typechecker=typeguard.typechecked)


def typeguard_alone() -> Callable[..., Any]:
    typeguard = import_module("typeguard")

    return typeguard.typechecked(annotated)  # type: ignore[no-any-return]


def dltype_() -> Callable[..., Any]:
    dltype = import_module("dltype")

    def fn(logits, targets, mask):  # type: ignore[no-untyped-def]
        return RESULT

    fn.__annotations__ = {
        "logits": Annotated[Tensor, dltype.FloatTensor["b t v"]],
        "targets": Annotated[Tensor, dltype.IntTensor["b t"]],
        "mask": Annotated[Tensor, dltype.BoolTensor["b t"]],
        "return": Annotated[Tensor, dltype.FloatTensor[None]],
    }
    return dltype.dltyped()(fn)  # type: ignore[no-any-return]


def eincheck_() -> Callable[..., Any]:
    eincheck = import_module("eincheck")

    return eincheck.check_func("b t v, b t, b t ->")(bare)  # type: ignore[no-any-return]


def bearshape_() -> Callable[..., Any]:
    bearshape = import_module("bearshape")
    shaped = import_module("bearshape.torch")
    from beartype import beartype

    b, t, v = (bearshape.Dimension(name) for name in "BTV")

    def fn(logits, targets, mask):  # type: ignore[no-untyped-def]
        return RESULT

    fn.__annotations__ = {"logits": shaped.F32[b, t, v], "targets": shaped.I64[b, t], "mask": shaped.Bool[b, t], "return": Tensor}
    return bearshape.check(beartype(fn))  # type: ignore[no-any-return]


def tensor_shape_guard() -> Callable[..., Any]:
    validate = import_module("tensorguard.pytorch.decorator").validate

    dtypes = {"logits": "float32", "targets": "int64", "mask": "bool"}
    return validate(logits="b t v", targets="b t", mask="b t", dtypes=dtypes)(bare)  # type: ignore[no-any-return]


PEERS: list[tuple[str, str, Callable[[], Callable[..., Any]]]] = [
    ("asserts by hand", "torch", lambda: asserts),
    ("guard", "torch", lambda: guard(annotated, mode="shapes")),
    ("tensor-shape-guard (no return)", "tensor-shape-guard", tensor_shape_guard),
    ("jaxtyping + beartype", "beartype", lambda: jaxtyping_beartype(annotated)),
    ("dltype", "dltype", dltype_),
    ("bearshape (no dtype of the return)", "bearshape", bearshape_),
    ("eincheck (no dtypes)", "eincheck", eincheck_),
    ("typeguard alone (isinstance only)", "typeguard", typeguard_alone),
    ("jaxtyping + typeguard", "typeguard", jaxtyping_typeguard),
]


def least(calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], rounds: int) -> dict[str, float]:
    """The least microseconds of each call, over interleaved rounds of a few milliseconds."""
    best = dict.fromkeys(calls, float("inf"))
    numbers = {}
    for name, (fn, given) in calls.items():
        numbers[name] = max(20, int(4e-3 / (timeit.timeit(lambda fn=fn, given=given: fn(*given), number=50) / 50)))  # type: ignore[misc]
    for _ in range(rounds):
        for name, (fn, given) in calls.items():
            spent = timeit.timeit(lambda fn=fn, given=given: fn(*given), number=numbers[name])  # type: ignore[misc]
            best[name] = min(best[name], spent / numbers[name] * 1e6)
    return best


def three_tensors(rounds: int) -> None:
    calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {"bare": (bare, GIVEN)}
    absent = {}
    for name, package, make in PEERS:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            absent[name] = "not installed"
            continue
        try:
            fn = make()
            fn(*GIVEN)
            calls[name] = (fn, GIVEN)
        except Exception as error:
            absent[name] = f"fails: {type(error).__name__}: {str(error).splitlines()[0][:80]}"
    best = least(calls, rounds)
    peer = best["jaxtyping + beartype"] - best["bare"]
    print("f(logits (8, 128, 1000), targets, mask) -> scalar, over the bare call\n")
    print("| check | version | us | of jaxtyping + beartype |\n|---|---|---|---|")
    for name, package, _ in PEERS:
        if name in absent:
            print(f"| {name} | - | {absent[name]} | |")
            continue
        mine = best[name] - best["bare"]
        version = "" if name in ("guard", "asserts by hand") else importlib.metadata.version(package)
        print(f"| {name} | {version} | {mine:.2f} | {f'1/{peer / mine:.1f}' if mine < peer else f'{mine / peer:.1f}'} |")


def the_rest(rounds: int) -> None:
    calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "bare": (bare_one, GIVEN[:1]),
        "guard": (guard(one), GIVEN[:1]),
        "jaxtyping + beartype": (jaxtyping_beartype(one), GIVEN[:1]),
        "off": (guard(one, mode="off"), GIVEN[:1]),
    }
    best = least(calls, rounds)
    print("\none tensor and its return:", ", ".join(f"{n} {best[n] - best['bare']:.2f} us" for n in calls if n != "bare"))
    print("off is the function itself:", guard(one, mode="off") is one)
    shaped, valued = guard(annotated), guard(named)
    calls = {"shapes": (shaped, LONG), "all kept": (valued, LONG), "padded": (valued, PADDED)}
    best = least(calls, rounds)
    print(f"values at (8, 512), over shapes: {best['all kept'] - best['shapes']:.2f} us, padded {best['padded'] - best['shapes']:.2f} us")
    print(f"decoration: {least({'guard': (guard, (annotated,))}, rounds)['guard'] / 1e3:.2f} ms")

    def wrong(*given: Tensor) -> None:
        try:
            shaped(*given)
        except ShapeError:
            return
        raise AssertionError

    best = least({"wrong": (wrong, (GIVEN[0].transpose(0, 1), *GIVEN[1:]))}, rounds)
    print(f"a refused call, explained and with its fix: {best['wrong'] / 1e3:.2f} ms")


IMPORT = """
import time, torch
start = time.perf_counter()
import jaxtyping
between = time.perf_counter()
from shapeguard import guard, Logits, Targets, Mask
print((between - start) * 1e3, (time.perf_counter() - between) * 1e3)
"""


def imported(rounds: int) -> None:
    """The milliseconds of the imports, after torch, from bytecode that is there."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        kept |= {"PYTHONPYCACHEPREFIX": folder, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))}
        runs = []
        for _ in range(min(rounds, 5) + 1):  # the first makes the bytecode
            said = subprocess.run([sys.executable, "-c", IMPORT], env=kept, capture_output=True, text=True, check=True).stdout
            runs.append(tuple(map(float, said.split())))
    jaxtyping, mine = (min(column) for column in zip(*runs[1:], strict=True))
    print(f"import after torch: {mine:.1f} ms, and {jaxtyping:.1f} ms for jaxtyping")


def compiled(rounds: int) -> None:
    """Breaks and graphs in torch.compile, and the microseconds of a compiled call with and without the guard."""

    def step(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, ""]:
        return (logits.sum(-1) + targets).where(mask, 0.0).sum()  # of what is not used torch.compile checks nothing by itself

    graphs: dict[str, int] = {}
    calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
    for name, fn in (("without", step), ("guarded", guard(step))):
        torch._dynamo.reset()
        seen: list[int] = []

        def backend(module: Any, _: Any, seen: list[int] = seen) -> Any:
            seen.append(1)
            return module.forward

        run = torch.compile(fn, backend=backend, dynamic=True)
        for width in (5, 9, 128):
            run(GIVEN[0][:, :width], GIVEN[1][:, :width], GIVEN[2][:, :width])
        graphs[name] = len(seen)
        report = torch._dynamo.explain(fn)(*GIVEN)
        print(f"compiled, {name}: {graphs[name]} graphs for three widths, {report.graph_break_count} breaks")
    for name, fn in (("without", step), ("guarded", guard(step))):
        calls[name] = (torch.compile(fn, backend="eager", fullgraph=True), SMALL)
        calls[name][0](*SMALL)
    best = least(calls, rounds)
    print(f"a compiled call: {best['without']:.2f} us without, {best['guarded']:.2f} us guarded")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    told = parser.parse_args()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        three_tensors(told.rounds)
        the_rest(told.rounds)
        imported(told.rounds)
        compiled(told.rounds)


if __name__ == "__main__":
    main()
