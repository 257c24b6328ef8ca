"""The examples of rules run under torch, in float64: inputs made from annotations or by the example itself, and what `step` returns."""

from __future__ import annotations

import ast
import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from shapeguard.losses.reference import masked_cross_entropy

_SIZES = {"B": 3, "T": 5, "V": 7, "C": 7, "D": 8, "H": 4, "W": 6, "N": 11}
_OTHERS = (5, 9, 4, 10, 12, 13)
_USUAL_TRUTH = "masked_cross_entropy(logits, targets)"


class BadExample(Exception):
    """An example that does not keep to the form."""


def loss_of(source: str, given: str) -> tuple[float, Mapping[str, Any]]:
    """What `step` of a program returns, as a number, and its inputs with their gradients."""
    with _same_numbers():
        space = _run(source, "<example>")
        step = space.get("step")
        if not callable(step):
            raise BadExample("there is no function `step` in it")
        inputs = inputs_of(step, given)
        with _same_numbers():
            loss = step(**{k: v for k, v in inputs.items() if k in inspect.signature(step).parameters})
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise BadExample("`step` does not return a loss of one number")
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach()), inputs


def truth_of(truth: str, source: str, given: str) -> float:
    """The right number, for the inputs that the program of `source` gets."""
    with _same_numbers():
        inputs = inputs_of(_run(source, "<example>")["step"], given)
        names = {"torch": torch, "F": nn.functional, "nn": nn, "masked_cross_entropy": masked_cross_entropy}
        text = truth.strip() or _USUAL_TRUTH
        with _same_numbers():
            found = eval(text, {**names, **inputs}) if _is_expression(text) else _run(text, "<truth>", names)["truth"](**inputs)
            return float(torch.as_tensor(found).detach())


def gradient_at(inputs: Mapping[str, Any], name: str, at: str) -> float:
    """The largest gradient of an input at an index, which is an expression over the inputs."""
    grad = inputs[name].grad
    if grad is None:
        raise BadExample(f"`{name}` has no gradient")
    return float(grad[eval(at, {"torch": torch, **inputs})].abs().max())


def finite_gradients(inputs: Mapping[str, Any]) -> bool:
    """Whether no gradient of an input holds NaN or an infinity."""
    grads = [v.grad for v in inputs.values() if isinstance(v, Tensor) and v.grad is not None]
    return all(bool(g.isfinite().all()) for g in grads)


def inputs_of(step: Callable[..., Any], given: str) -> dict[str, Any]:
    """The arguments of a call: those of `given()`, the others from their jaxtyping annotations."""
    made: dict[str, Any] = {}
    if given:
        names = {"torch": torch, "F": nn.functional, "nn": nn}
        made.update(_run(given, "<given>", names)["given"]())
    sizes: dict[str, int] = {}
    for name, parameter in inspect.signature(step, eval_str=True).parameters.items():
        if name in made or parameter.default is not parameter.empty:
            continue
        made[name] = _made(name, parameter.annotation, sizes)
    return made


def _made(name: str, annotation: Any, sizes: dict[str, int]) -> Tensor:
    dims, dtypes = getattr(annotation, "dim_str", None), getattr(annotation, "dtypes", ())
    if dims is None:
        raise BadExample(f"`{name}` has no annotation such as Float[Tensor, 'B T V'], and `given` does not return it")
    spare = (n for n in itertools.chain(_OTHERS, itertools.count(14)) if n not in sizes.values())
    shape: list[int] = []
    for word in cast(str, dims).split():
        if word.isidentifier() and word not in sizes:
            sizes[word] = _SIZES.get(word) or next(spare)
        shape.append(int(eval(word, {"__builtins__": {}}, dict(sizes))))
    kinds = {str(d) for d in dtypes}
    if any(k.startswith(("float", "bfloat")) for k in kinds):
        return torch.randn(shape, dtype=torch.float64).requires_grad_()
    if any(k.startswith(("int", "uint")) for k in kinds):
        return torch.randint(sizes.get("V", sizes.get("C", 2)), shape)
    if "bool" in kinds:
        return torch.rand(shape).argsort(-1) < max(1, shape[-1] // 2)
    raise BadExample(f"`{name}` is neither Float, Int nor Bool: let `given` return it")


def _run(source: str, path: str, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": path.strip("<>"), **(names or {})}
    exec(compile(source, path, "exec", dont_inherit=True), space)
    return space


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


@contextmanager
def _same_numbers() -> Iterator[None]:
    """Float64 and the same random numbers for everything inside; the caller's own are left as they were."""
    dtype, state = torch.get_default_dtype(), torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings(action="ignore"):  # a bad example may be warned of: it is claimed to be bad
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_rng_state(state)
