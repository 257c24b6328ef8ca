"""`guard`: what is decorated, how its annotations are found, and what happens where they cannot be read."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import sys
import typing
import warnings
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any, TypeVar, overload

from shapeguard.printable import plain
from shapeguard.runtime import compile as compiled
from shapeguard.runtime import modes, plan
from shapeguard.runtime.annotations import Unreadable
from shapeguard.runtime.modes import Mode
from shapeguard.runtime.resolve import Scope, Unresolved

T = TypeVar("T")

_MARK = "__shapeguard__"
_HOOKED = "__shapeguard_hooked__"


class GuardWarning(UserWarning):
    """A signature of which a part is not checked, or which is checked by another."""


@overload
def guard(fn: T, *, mode: str | None = None) -> T: ...


@overload
def guard(*, mode: str | None = None) -> Callable[[T], T]: ...


def guard(fn: Any = None, *, mode: str | None = None) -> Any:
    """Checks the annotated tensors of a function each time it is called, and what it returns.

    Annotations are jaxtyping's: `logits: Float[Tensor, "B T V"]`. A name has one size in a call. The fields of a
    dataclass, a TypedDict or a named tuple count among the arguments; several of these in a list or a dict have sizes of their own.
    What is no tensor is checked as beartype does. The function keeps its signature, name, documentation and pickling; its checks
    are one flat function.

    Args:
        fn: a function, coroutine function, generator function, staticmethod, classmethod, property, or a class: a dataclass has
            its `__init__` checked, and every class the methods that are written in it.
        mode: off, shapes or values; raise, warn or breakpoint; two of them with a comma. What it leaves open, the variable
            SHAPEGUARD in the environment says, else `configure`, else `guard = "..."` under [tool.shapeguard] in pyproject.toml;
            else it is "values, raise". When off, `guard(f) is f`.

    Raises:
        TypeError: `fn` is none of these.
        ValueError: `mode`, the environment or pyproject.toml says something else.

    The guarded function raises `ShapeError`. Under `torch.compile(fullgraph=True)` it comes out as dynamo's `Unsupported` with
    the shapes inside. `python -O` changes nothing.

    Example:
        >>> from jaxtyping import Float, Int
        >>> from torch import Tensor, zeros
        >>> @guard
        ... def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
        ...     return logits.sum()
        >>> loss(zeros(4, 6, 10), zeros(4, 6).long())
        tensor(0.)
    """
    if fn is None:
        return functools.partial(guard, mode=mode)
    return _guard(fn, modes.current(mode), sys._getframe(1), tensors_only=False)


def hooked(fn: Any) -> Any:
    """What the import hook puts on every function: only those with annotated tensors are checked, and only their tensors."""
    made = _guard(fn, modes.current(None), sys._getframe(1), tensors_only=True)
    if made is not fn and isinstance(made, FunctionType):
        setattr(made, _HOOKED, made)
    return made


def _guard(fn: Any, mode: Mode, frame: FrameType | None, *, tensors_only: bool) -> Any:
    """Guards whatever a decorator may be given: a function, a class, a method, a property; anything else is left as it is."""
    if not tensors_only and getattr(fn, _HOOKED, None) is fn:
        fn = vars(fn)["__wrapped__"]  # the hook was here before, without a mode of its own
    if mode.check == "off" or getattr(fn, _MARK, False) is True or getattr(fn, "__no_type_check__", False):
        return fn
    if isinstance(fn, (staticmethod, classmethod)):
        return type(fn)(_guard(fn.__func__, mode, frame, tensors_only=tensors_only))
    if isinstance(fn, property):
        parts = [part and _guard(part, mode, frame, tensors_only=tensors_only) for part in (fn.fget, fn.fset, fn.fdel)]
        return property(parts[0], parts[1], parts[2], fn.__doc__)
    if isinstance(fn, functools.cached_property):
        made = functools.cached_property(_guard(fn.func, mode, frame, tensors_only=tensors_only))
        made.attrname = fn.attrname
        return made
    if isinstance(fn, type):
        return _class(fn, mode, frame, tensors_only=tensors_only)
    if not isinstance(fn, FunctionType):
        if tensors_only:
            return fn
        instead = f"guard(mode={fn!r}) sets a mode" if isinstance(fn, str) else "guard the function that it calls"
        raise TypeError(f"guard takes functions, methods and classes, not {type(fn).__name__}: {instead}")
    if fn.__globals__ is vars(functools) and hasattr(fn, "registry"):
        raise TypeError("guard takes the functions that singledispatch chooses from, not the one that chooses: put it below")
    inner = getattr(fn, "__wrapped__", None)
    if fn.__globals__ is vars(contextlib) and inner is not None:  # its annotations are those of the generator inside
        managed = contextlib.asynccontextmanager if inspect.isasyncgenfunction(inner) else contextlib.contextmanager
        return managed(_guard(inner, mode, frame, tensors_only=tensors_only))
    return _function(fn, mode, frame, tensors_only=tensors_only)


def _class(cls: type, mode: Mode, frame: FrameType | None, *, tensors_only: bool) -> type:
    """The class itself, its methods replaced."""
    if typing.is_typeddict(cls) and not tensors_only:
        raise TypeError(f"guard cannot see {cls.__name__}(...), which makes a plain dict: guard the functions that take or return it")
    for name, member in list(vars(cls).items()):
        if isinstance(member, (FunctionType, staticmethod, classmethod, property, functools.cached_property)):
            if name == "__init__" and dataclasses.is_dataclass(cls) and isinstance(member, FunctionType):
                member.__module__ = cls.__module__  # a generated function has the globals of its own making
            if name == "__new__" and hasattr(cls, "_fields") and isinstance(member, staticmethod):  # a named tuple's
                member.__func__.__module__, member.__func__.__qualname__ = cls.__module__, f"{cls.__qualname__}.__new__"
            made = _guard(member, mode, frame, tensors_only=tensors_only)
            if made is not member:
                setattr(cls, name, made)
        elif not tensors_only and isinstance(inner := getattr(member, "__wrapped__", None), FunctionType) and inner.__annotations__:
            _warn(inner, f"{inner.__qualname__}() is not checked: it is in a {type(member).__name__}; put @guard below what makes that")
    return cls


def _function(fn: FunctionType, mode: Mode, frame: FrameType | None, *, tensors_only: bool) -> Any:
    """The guarded function; one whose annotations name what is not there yet is read at its first call."""
    scope = Scope(fn)
    scope.keep(frame)
    try:
        found = plan.make(fn, scope, frame, last=False, tensors_only=tensors_only)
    except Unresolved:
        return _marked(compiled.make_lazy(fn, plan.form_of(fn), functools.partial(_first, fn, scope, mode, tensors_only)))
    except Unreadable as error:
        return _by_jaxtyping(fn, error, tensors_only=tensors_only)
    if found.empty:
        return fn
    _say(found)
    try:
        return _marked(compiled.make(fn, found, mode))
    except Unreadable as error:
        return _by_jaxtyping(fn, error, tensors_only=tensors_only)


def _first(fn: FunctionType, scope: Scope, mode: Mode, tensors_only: bool) -> Callable[..., Any]:
    """The guarded function at the first call, when every name should be known; `fn` where there is nothing to check."""
    frame = sys._getframe(2)
    mine = Scope(fn, dict(scope.kept))  # another thread may be here too
    mine.keep(frame)
    try:
        found = plan.make(fn, mine, frame, last=True, tensors_only=tensors_only)
        made = fn if found.empty else compiled.make(fn, found, mode)
    except Unreadable as error:
        _warn(fn, f"{fn.__qualname__}() is not checked: {error}; its names are known only now, too late for jaxtyping's own check")
        return fn
    _say(found)
    return made


def _marked(made: Any) -> Any:
    setattr(made, _MARK, True)
    return made


def _by_jaxtyping(fn: FunctionType, error: Unreadable, *, tensors_only: bool) -> Any:
    if tensors_only and "PyTree" not in str(error) and "?" not in str(error):
        return fn
    from beartype import beartype
    from jaxtyping import jaxtyped

    _warn(fn, f"{fn.__qualname__}() is checked by jaxtyped(typechecker=beartype): {error}")
    return _marked(jaxtyped(fn, typechecker=beartype))


def _say(found: plan.Plan) -> None:
    for text in found.skipped:
        message = plain(f"{found.name}() is checked in part: {text}")
        warnings.warn_explicit(message, GuardWarning, found.file, found.line, registry=_SAID)


def _warn(fn: Callable[..., Any], message: str) -> None:
    code = inspect.unwrap(fn).__code__
    warnings.warn_explicit(plain(message), GuardWarning, code.co_filename, code.co_firstlineno, registry=_SAID)


_SAID: dict[Any, Any] = {}  # warnings' own memory: each is said once
