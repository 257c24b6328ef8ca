"""Random signatures and calls, checked by the guard's fast path, by its slow check, and by jaxtyping with beartype.

usage: python -m tests.guard.guard_fuzz [--pairs N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import AnnotationError, Bool, Float, Float32, Inexact, Int, Int64, Integer, Num, Shaped, TypeCheckError, UInt8, jaxtyped
from torch import Tensor, nn

from shapeguard.errors import ShapeError
from shapeguard.runtime import guard, match, plan
from shapeguard.runtime.resolve import Scope

DTYPES = {
    Float: [torch.float32, torch.float64, torch.bfloat16],
    Int: [torch.int64, torch.int32],
    Bool: [torch.bool],
    Shaped: [torch.float32, torch.bool, torch.complex64],
    Num: [torch.float32, torch.int64, torch.uint8],
    Integer: [torch.int64, torch.uint8],
    Inexact: [torch.float16, torch.complex64],
    Float32: [torch.float32],
    Int64: [torch.int64],
    UInt8: [torch.uint8],
}
ALL = sorted({d for ds in DTYPES.values() for d in ds}, key=str)
NAMES = ["B", "T", "V", "D"]
SIZES = [1, 1, 2, 3, 4]
EXPRESSIONS = ["T-1", "B*T", "T+1", "2*T", "#T-1", "min(B,T)", "{n}", "{n}+T", "{o.d}", "#{n}"]


class Settings:
    """An argument with a size on it."""

    d = 3


def dims(rng: random.Random, variadics: list[str]) -> str:
    pieces = []
    many = False
    for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4])):
        roll = rng.random()
        if roll < 0.58:
            pieces.append(rng.choice(NAMES))
        elif roll < 0.66:
            pieces.append(f"#{rng.choice(NAMES)}")
        elif roll < 0.74:
            pieces.append(str(rng.choice(SIZES)))
        elif roll < 0.77:
            pieces.append(rng.choice(["_", "_x", f"#{rng.choice(SIZES)}", "size=3"]))
        elif roll < 0.87:
            pieces.append(rng.choice(EXPRESSIONS))
        elif not many:
            many = True
            pieces.append(rng.choice(variadics))
    return " ".join(pieces)


def tensor_hint(rng: random.Random, variadics: list[str]) -> Any:
    array = nn.Parameter if rng.random() < 0.03 else Tensor
    return rng.choice(list(DTYPES))[array, dims(rng, variadics)]


def hint(rng: random.Random, variadics: list[str]) -> Any:
    roll = rng.random()
    one = tensor_hint(rng, variadics)
    if roll < 0.68:
        return one
    if roll < 0.78:
        return one | None
    if roll < 0.83:
        return one | int
    if roll < 0.9:
        return tuple.__class_getitem__((one, tensor_hint(rng, variadics)))
    if roll < 0.93:
        return one | tuple.__class_getitem__((tensor_hint(rng, variadics), int))
    return rng.choice([int, str, int | None, Tensor, list[int], Any, int | str])


def value(rng: random.Random, asked: Any, sizes: dict[str, int], many: dict[str, list[int]]) -> Any:
    """A value that often fits: a wrong size, dtype or make is drawn now and then."""
    if rng.random() < 0.03:
        return rng.choice([None, 3, "text", (), torch.zeros(2), [1]])
    arguments = getattr(asked, "__args__", ())
    if getattr(asked, "dim_str", None) is None:
        if asked is int:
            return rng.choice([1, 2, 3])
        if asked is str or asked is Any:
            return "s"
        if asked is Tensor:
            return torch.zeros(2)
        if asked is type(None):
            return None
        if asked == list[int]:
            return [1]
        if getattr(asked, "__origin__", None) is tuple:
            return tuple(value(rng, a, sizes, many) for a in arguments)
        return value(rng, rng.choice(arguments), sizes, many)
    shape: list[int] = []
    for piece in asked.dim_str.split():
        broad, bare = "#" in piece, piece.replace("#", "")
        if bare == "..." or bare.startswith("*"):
            known = many.setdefault(bare, [rng.choice(SIZES) for _ in range(rng.choice([0, 1, 2]))])
            shape += [1 if broad and rng.random() < 0.4 else n for n in known] if bare != "..." else [2] * rng.choice([0, 1, 2])
        elif broad and rng.random() < 0.4:
            shape.append(1)
        elif bare in sizes:
            shape.append(sizes[bare])
        elif bare.isdigit():
            shape.append(int(bare))
        elif bare.startswith("_"):
            shape.append(rng.choice(SIZES))
        elif "=" in bare:
            shape.append(3)
        else:
            text = bare.replace("{n}", str(sizes["n"])).replace("{o.d}", "3")
            shape.append(max(int(eval(text, dict(sizes))), 0))
    roll = rng.random()
    if shape and roll < 0.08:
        shape[rng.randrange(len(shape))] = rng.choice(SIZES)
    elif roll < 0.1:
        shape = shape[:-1]
    elif roll < 0.12:
        shape.append(2)
    elif roll < 0.15:
        rng.shuffle(shape)
    dtype = rng.choice(ALL) if rng.random() < 0.04 else rng.choice(DTYPES[asked.dtype])
    made = torch.zeros(shape, dtype=dtype)
    parameter = asked.array_type is nn.Parameter and rng.random() < 0.9
    return nn.Parameter(made, requires_grad=False) if parameter else made


def verdict(call: Callable[..., Any], arguments: list[Any]) -> tuple[str, str]:
    try:
        call(*arguments)
    except AnnotationError:
        return "order", ""  # an expression before its names: jaxtyping cannot, the guard can
    except (ShapeError, TypeCheckError, BeartypeCallHintViolation) as error:
        return "refused", str(error)
    return "passed", ""


def draw(rng: random.Random) -> tuple[Any, list[list[Any]], list[Any]]:
    """A function, calls of it, and what each call returns."""
    variadics = ["...", "*x", "*x", "*y", "*#x"] if rng.random() < 0.3 else ["...", "*x", "*y"]
    count = rng.choice([1, 2, 2, 3, 3, 4])
    hints = [hint(rng, variadics) for _ in range(count)] + [int, Settings]
    back = hint(rng, variadics) if rng.random() < 0.6 else Any
    result: list[Any] = [None]
    names = [f"a{i}" for i in range(count)] + ["n", "o"]
    namespace: dict[str, Any] = {"result": result}
    exec(f"def f({', '.join(names)}):\n    return result[0]", namespace)
    fn = namespace["f"]
    fn.__annotations__ = dict(zip(names, hints, strict=True)) | {"return": back}
    fn.__module__ = __name__
    calls, returned = [], []
    for _ in range(16):
        sizes = {name: rng.choice(SIZES) for name in NAMES} | {"n": rng.choice(SIZES)}
        many: dict[str, list[int]] = {}
        calls.append([*(value(rng, h, sizes, many) for h in hints[:-2]), sizes["n"], Settings()])
        returned.append(value(rng, back, sizes, many))
    return (fn, result), calls, returned


def slow_verdict(read: plan.Plan, arguments: list[Any], out: Any) -> str:
    _, env, wrong = match.check_arguments(read, tuple(arguments))
    if wrong is None:
        wrong = match.check_result(read, env, out, read.returns)[1]
    return "passed" if wrong is None else "refused"


def run(pairs: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Counts of what was compared, and every disagreement in words."""
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    disagreements: list[str] = []
    while seen["pairs"] < pairs:
        (fn, result), calls, returned = draw(rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer = jaxtyped(fn, typechecker=beartype(conf=BeartypeConf(is_pep484_tower=True)))
            ours = guard(fn, mode="shapes")
            read = plan.make(fn, Scope(fn), last=True)
        for arguments, out in zip(calls, returned, strict=True):
            result[0] = out
            theirs, _ = verdict(peer, arguments)
            fast, text = verdict(ours, arguments)
            slow = slow_verdict(read, arguments, out)
            seen["pairs"] += 1
            seen[f"jaxtyping {theirs}"] += 1
            seen[f"guard {fast}"] += 1
            where = f"{fn.__annotations__} with {[getattr(a, 'shape', a) for a in arguments]} -> {getattr(out, 'shape', out)}"
            if fast != slow or "please report" in text:
                disagreements.append(f"fast {fast}, slow {slow}: {where} {text[:200]}")
            if theirs != "order" and theirs != fast:
                disagreements.append(f"jaxtyping {theirs}, guard {fast}: {where}")
            if text.count("\n") > 11:
                disagreements.append(f"{text.count(chr(10)) + 1} lines: {text}")
    return seen, disagreements


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    seen, disagreements = run(told.pairs, told.seed)
    print(dict(seen))
    print(*disagreements[:20], sep="\n")
    print(f"{len(disagreements)} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
