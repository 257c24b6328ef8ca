"""The error for tensors that do not belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

__all__ = ["Argument", "Finding", "ShapeError", "needs_torch", "make_error"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One row of a `ShapeError`'s table: `got` is what came, in words, never the tensor itself."""

    path: str
    annotation: str
    got: str
    culprit: bool
    shape: tuple[int, ...] | None = None
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a `ShapeError` of `@guard` knows beside its text.

    `dims` gives each dimension's size and the place that bound it; `fix` is an expression that was checked again before
    it was offered.
    """

    function: str
    problem: str
    caller: tuple[str, int] | None = None
    arguments: tuple[Argument, ...] = ()
    culprits: tuple[str, ...] = ()
    dims: dict[str, tuple[int, str]] = field(default_factory=dict)
    fix: str | None = None


class _ShapeError(ValueError):
    finding: Finding | None = None  # set after the making: torch.compile reads exceptions that are made of their text alone


_TEXT = """Tensors whose shapes, dtypes or values do not belong together; the message names them all.

Where jaxtyping is installed it is a `jaxtyping.TypeCheckError` too. `finding` holds the same facts for programs, or None.
"""

if TYPE_CHECKING:

    class ShapeError(_ShapeError):
        """Tensors whose shapes, dtypes or values do not belong together."""


def __getattr__(name: str) -> Any:
    """The class is made when it is first asked for: the linter, which never asks, must not load jaxtyping."""
    if name != "ShapeError":
        raise AttributeError(f"module 'shapeguard.errors' has no attribute {name!r}")
    if name in globals():
        return globals()[name]
    try:
        from jaxtyping import TypeCheckError
    except ImportError:
        bases: tuple[type, ...] = (_ShapeError,)
    else:
        bases = (_ShapeError, TypeCheckError)
    made = type("ShapeError", bases, {"__doc__": _TEXT, "__module__": __name__})
    return globals().setdefault(name, made)


def make_error(text: str, finding: Finding) -> ShapeError:
    """The error that says `text` and carries `finding`."""
    error: ShapeError = __getattr__("ShapeError")(text)
    error.finding = finding
    return error


def needs_torch(what: str, error: ImportError) -> ImportError:
    """The one line that is said where torch is not installed."""
    return ImportError(f"{what} needs {error.name or 'torch'}: the extra [torch] of this package brings it", name=error.name)
