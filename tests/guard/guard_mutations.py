"""Wrong calls with a known culprit: right arguments of varied signatures, one of them transposed, swapped, cut, cast or flattened.

usage: python -m tests.guard.guard_mutations
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shapeguard.errors import ShapeError
from shapeguard.runtime import guard

B, T, V, D, H, N = 4, 6, 10, 5, 3, 7


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


def i(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.long)


def b(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.bool)


def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> None: ...
def pair(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> None: ...
def weighted(x: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], weight: Float[Tensor, "V"], lengths: Int[Tensor, "B"]) -> None: ...
def flat(logits: Float[Tensor, "N V"], targets: Int[Tensor, "N"], mask: Bool[Tensor, "N"]) -> None: ...
def linear(x: Float[Tensor, "*batch D"], w: Float[Tensor, "H D"], bias: Float[Tensor, "H"]) -> None: ...
def attend(q: Float[Tensor, "B H T D"], k: Float[Tensor, "B H S D"], v: Float[Tensor, "B H S D"], mask: Bool[Tensor, "B S"]) -> None: ...
def embed(ids: Int[Tensor, "B T"], table: Float[Tensor, "V D"], positions: Float[Tensor, "T D"], kinds: Int[Tensor, "B T"]) -> None: ...
def shifted(logits: Float[Tensor, "B T-1 V"], ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> None: ...
def lstm(x: Float[Tensor, "T B D"], h: Float[Tensor, "1 B H"], c: Float[Tensor, "1 B H"], lengths: Int[Tensor, "B"]) -> None: ...
def distil(student: Float[Tensor, "B T V"], teacher: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> None: ...
def conv(x: Float[Tensor, "B D T"], w: Float[Tensor, "H D 3"], bias: Float[Tensor, "H"], mask: Bool[Tensor, "B T"]) -> None: ...
def fixed(x: Float[Tensor, "B 3 D"], y: Int[Tensor, "B 3"], w: Float[Tensor, "B"]) -> None: ...


SIGNATURES: list[tuple[Callable[..., None], dict[str, Tensor]]] = [
    (loss, {"logits": f(B, T, V), "targets": i(B, T), "mask": b(B, T)}),
    (pair, {"logits": f(B, T, V), "targets": i(B, T)}),
    (weighted, {"x": f(B, T, V), "targets": i(B, T), "weight": f(V), "lengths": i(B)}),
    (flat, {"logits": f(N, V), "targets": i(N), "mask": b(N)}),
    (linear, {"x": f(B, T, D), "w": f(H, D), "bias": f(H)}),
    (attend, {"q": f(B, H, T, D), "k": f(B, H, N, D), "v": f(B, H, N, D), "mask": b(B, N)}),
    (embed, {"ids": i(B, T), "table": f(V, D), "positions": f(T, D), "kinds": i(B, T)}),
    (shifted, {"logits": f(B, T - 1, V), "ids": i(B, T), "mask": b(B, T)}),
    (lstm, {"x": f(T, B, D), "h": f(1, B, H), "c": f(1, B, H), "lengths": i(B)}),
    (distil, {"student": f(B, T, V), "teacher": f(B, T, V), "targets": i(B, T)}),
    (conv, {"x": f(B, D, T), "w": f(H, D, 3), "bias": f(H), "mask": b(B, T)}),
    (fixed, {"x": f(B, 3, D), "y": i(B, 3), "w": f(B)}),
]


@dataclass(frozen=True)
class Mutation:
    """One wrong call; `culprits` are the arguments that were changed."""

    kind: str
    fn: Callable[..., None]
    arguments: dict[str, Tensor]
    culprits: frozenset[str]

    def __str__(self) -> str:
        return f"{self.fn.__name__}: {self.kind} of {', '.join(sorted(self.culprits))}"


def changes(x: Tensor) -> Iterator[tuple[str, Tensor]]:
    for j, k in combinations(range(x.ndim), 2):
        if x.shape[j] != x.shape[k]:
            yield f"transpose({j}, {k})", x.transpose(j, k)
    for axis in range(x.ndim):
        if x.shape[axis] > 1:
            yield f"cut of axis {axis}", x.narrow(axis, 1, x.shape[axis] - 1)
            yield f"one more on axis {axis}", torch.cat([x, x.narrow(axis, 0, 1)], axis)
        else:
            yield f"squeeze({axis})", x.squeeze(axis)
    if x.ndim > 1:
        yield "flatten(0, 1)", x.flatten(0, 1)
    yield "unsqueeze(-1)", x.unsqueeze(-1)
    yield "unsqueeze(0)", x.unsqueeze(0)
    yield "select(0)", x[0]
    yield "cast", x.float() if not x.is_floating_point() else x.long()
    if x.dtype is torch.bool:
        yield "cast to int", x.long()


def mutations() -> Iterator[Mutation]:
    """Every change of every argument of every signature that makes the call wrong."""
    for fn, right in SIGNATURES:
        strict = guard(fn)
        for name, x in right.items():
            for kind, changed in changes(x):
                arguments = right | {name: changed}
                if refused(strict, arguments) is not None:
                    yield Mutation(kind, fn, arguments, frozenset([name]))
        for one, other in combinations(right, 2):
            arguments = right | {one: right[other], other: right[one]}
            if refused(strict, arguments) is not None:
                yield Mutation("swap", fn, arguments, frozenset([one, other]))


def refused(fn: Callable[..., Any], arguments: dict[str, Tensor]) -> ShapeError | None:
    try:
        fn(**arguments)
    except ShapeError as error:
        return error
    return None


def repaired(mutation: Mutation, fix: str) -> list[dict[str, Tensor]]:
    """The arguments after each of the changes that the fix offers, by running it as Python."""
    out = []
    for part in fix.split(" or "):
        space: dict[str, Any] = {**mutation.arguments, "torch": torch}
        if " = " in part:
            exec(part, space)
            out.append({name: space[name] for name in mutation.arguments})
        else:
            name = next(n for n in mutation.arguments if part.startswith((f"{n}.", f"{n}[")))
            out.append(mutation.arguments | {name: eval(part, space)})
    return out


def main() -> None:
    seen: Counter[str] = Counter()
    slowest = 0.0
    for mutation in mutations():
        strict = guard(mutation.fn)
        refused(strict, mutation.arguments)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            error = refused(strict, mutation.arguments)
            times.append(time.perf_counter() - start)
        slowest = max(slowest, min(times))
        assert error is not None and error.finding is not None
        told = frozenset(error.finding.culprits)
        seen["calls"] += 1
        exact, right = told == mutation.culprits, mutation.culprits <= told and len(told) <= 2
        seen["exactly the culprit"] += exact
        seen["culprit among two"] += right and not exact
        seen["fix"] += error.finding.fix is not None
        if not right:
            print(f"--- {mutation}\n{error}")
        if error.finding.fix is not None:
            seen["fix works"] += all(refused(strict, a) is None for a in repaired(mutation, error.finding.fix))
        seen["over 12 lines"] += str(error).count("\n") > 11
    print(dict(seen), f"slowest {slowest * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
