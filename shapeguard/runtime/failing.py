"""What generated code calls when something does not fit: the slow check again, the explanation, and what the mode says."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch

from shapeguard.errors import Finding, ShapeError, make_error
from shapeguard.runtime.flat import Misfit
from shapeguard.runtime.match import check_arguments, check_result
from shapeguard.runtime.modes import Mode
from shapeguard.runtime.plan import RETURN, Plan

if TYPE_CHECKING:
    from shapeguard.runtime.problem import Problem

# explain and values are imported where they are needed: a call that fits never needs the first, and few signatures the second


class ShapeWarning(UserWarning):
    """A `ShapeError` in the mode `warn`."""


def outside_of_dynamo(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn`, which torch.compile must not read; torch's compiler, a second to import, is only asked where it is loaded."""
    hidden: list[Callable[..., Any]] = []

    def call(*args: Any) -> Any:
        if "torch._dynamo" not in sys.modules:
            return fn(*args)
        if not hidden:
            hidden.append(torch.compiler.disable(fn))  # type: ignore[no-untyped-call]
        return hidden[0](*args)

    call._torchdynamo_disable = True  # type: ignore[attr-defined]
    return call


class Failing:
    """The slow side of one guarded function; each method gives what the generated code raises, or None to go on.

    `bad` and `bad_result` are called while a `Misfit`, or what torch itself raised, is handled.
    """

    def __init__(self, plan: Plan, mode: Mode) -> None:
        self.plan, self.mode = plan, mode
        self.brief = make_brief_error(plan)
        self.bad = outside_of_dynamo(self._arguments)
        self.bad_result = outside_of_dynamo(self._result)

    def _arguments(self, packed: tuple[Any, ...]) -> BaseException | None:
        raised = sys.exc_info()[1]
        if raised is not None and not isinstance(raised, Misfit):
            return self._refused(raised, packed)
        if any(map(stands_in, packed)):
            return None
        from shapeguard.runtime import explain

        return self._told(explain.arguments(self.plan, packed, caller()))

    def _result(self, packed: tuple[Any, ...], out: Any) -> BaseException | None:
        raised = sys.exc_info()[1]
        if raised is not None and not isinstance(raised, Misfit):
            return self._refused(raised, packed)
        if stands_in(out) or any(map(stands_in, packed)):
            return None
        _, _, wrong = check_arguments(self.plan, packed)
        if wrong is not None and self.mode.answer == "warn":
            return None  # reported before the call
        from shapeguard.runtime import explain

        return self._told(explain.result(self.plan, packed, out, self.plan.returns, caller()))

    def value(self, problem: Problem, packed: tuple[Any, ...]) -> BaseException | None:
        from shapeguard.runtime import explain

        return self._told(explain.value(self.plan, packed, problem, caller()))

    def _told(self, error: ShapeError) -> ShapeError | None:
        if self.mode.answer == "warn":
            warnings.warn(str(error), ShapeWarning, stacklevel=_depth())
            return None
        if self.mode.answer == "breakpoint":
            print(error, file=sys.stderr)  # noqa: T201  (said before the debugger opens)
        return error

    def _refused(self, error: BaseException, packed: tuple[Any, ...]) -> BaseException:
        """torch gave no shape: a nested tensor; whatever else it is stays what it is."""
        from shapeguard.runtime import explain

        for p, given in zip(self.plan.parameters, packed, strict=True):
            if isinstance(given, torch.Tensor) and given.is_nested and given.layout == torch.strided:
                text = f"{self.plan.name}(): {p.name} is a nested tensor of the strided layout, which has no shape; use layout=torch.jagged"
                return make_error(text, Finding(self.plan.name, "nested", explain.place(caller()), culprits=(p.name,)))
        return error

    def fits(self, packed: tuple[Any, ...]) -> bool:
        """The slow check of the arguments, where it cannot be flat."""
        return check_arguments(self.plan, packed)[2] is None

    def fits_result(self, packed: tuple[Any, ...], out: Any) -> bool:
        _, env, wrong = check_arguments(self.plan, packed)
        return wrong is not None or check_result(self.plan, env, out, self.plan.returns)[1] is None  # wrong before the call: reported then

    def slow_values(self, packed: tuple[Any, ...]) -> Problem | None:
        from shapeguard.runtime import value_checks

        slots, env, wrong = check_arguments(self.plan, packed)
        return None if wrong is not None else value_checks.of_slots(slots, env.sizes)

    def slow_values_result(self, packed: tuple[Any, ...], out: Any) -> Problem | None:
        from shapeguard.runtime import value_checks

        _, env, wrong = check_arguments(self.plan, packed)
        if wrong is not None:
            return None
        slots, wrong = check_result(self.plan, env, out, self.plan.returns)
        return None if wrong is not None else value_checks.of_slots(slots, env.sizes)

    def yielded(self, packed: tuple[Any, ...], item: Any) -> BaseException | None:
        """The same for one item of a generator."""
        from shapeguard.runtime import explain

        _, env, wrong = check_arguments(self.plan, packed)
        if wrong is not None:
            return None
        _, wrong = check_result(self.plan, env, item, self.plan.yields)
        return None if wrong is None else self._told(explain.result(self.plan, packed, item, self.plan.yields, caller(), "yielded"))


def stands_in(value: Any) -> bool:
    """Whether a value is, or holds, a Proxy of torch.fx."""
    fx = sys.modules.get("torch.fx")
    if fx is None:
        return False
    if isinstance(value, (list, tuple)):
        return any(map(stands_in, value))
    if isinstance(value, dict):
        return any(map(stands_in, value.values()))
    return isinstance(value, fx.Proxy)


def make_brief_error(plan: Plan) -> Callable[[tuple[Any, ...]], ShapeError]:
    """What makes the error inside of torch.compile, which can read no more than this: it says what came, and names no culprit."""
    asked = ", ".join(f"{p.name}: {p.text}" if p.text else p.name for p in plan.parameters)
    asked = f"{plan.name}({asked})" + (f" -> {plan.returns_text}" if plan.returns_text else "")

    def brief(packed: tuple[Any, ...]) -> ShapeError:
        text = f"{asked} got"
        for value in packed:
            if isinstance(value, torch.Tensor):
                text = f"{text} {value.dtype}["
                for n in value.shape:
                    text = f"{text} {int(n)}"
                text = f"{text} ]"
        return ShapeError(text)

    return brief


_BETWEEN = frozenset({"asyncio", "contextlib", "dataclasses", "functools"})


def caller() -> FrameType | None:
    """The frame that called the guarded function: the first that is neither ours nor torch's nor one that only hands calls on."""
    frame: FrameType | None = sys._getframe(1)
    seen = False
    while frame is not None:
        name = frame.f_globals.get("__name__", None)
        if name is None:
            seen = True  # generated code has no module
        elif seen and not name.startswith(("torch.", "shapeguard.runtime")) and name.partition(".")[0] not in _BETWEEN:
            return frame
        frame = frame.f_back
    return None


def _depth() -> int:
    """`stacklevel` for a warning that shall point at the caller."""
    wanted, depth, frame = caller(), 0, sys._getframe(1)
    while frame is not None and frame is not wanted:
        frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]
    return max(depth, 1)


__all__ = ["RETURN", "Failing", "ShapeWarning", "make_brief_error", "caller", "outside_of_dynamo", "stands_in"]
