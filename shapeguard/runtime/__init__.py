"""The guard: annotated shapes and values, enforced at run time at the price of an assert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapeguard.runtime.decorate import GuardWarning as GuardWarning
    from shapeguard.runtime.decorate import guard as guard
    from shapeguard.runtime.failing import ShapeWarning as ShapeWarning
    from shapeguard.runtime.hook import install as install
    from shapeguard.runtime.modes import configure as configure
    from shapeguard.runtime.named import Inputs as Inputs
    from shapeguard.runtime.named import Lengths as Lengths
    from shapeguard.runtime.named import Logits as Logits
    from shapeguard.runtime.named import Mask as Mask
    from shapeguard.runtime.named import Targets as Targets
    from shapeguard.runtime.value_checks import Ids as Ids
    from shapeguard.runtime.value_checks import InputIds as InputIds
    from shapeguard.runtime.value_checks import Keeps as Keeps
    from shapeguard.runtime.value_checks import Problem as Problem
    from shapeguard.runtime.value_checks import Scores as Scores
    from shapeguard.runtime.value_checks import UpTo as UpTo
    from shapeguard.runtime.value_checks import Values as Values

_HOME = {
    "GuardWarning": "decorate",
    "guard": "decorate",
    "ShapeWarning": "failing",
    "install": "hook",
    "configure": "modes",
    "Inputs": "named",
    "Lengths": "named",
    "Logits": "named",
    "Mask": "named",
    "Targets": "named",
    "Ids": "value_checks",
    "InputIds": "value_checks",
    "Keeps": "value_checks",
    "Problem": "value_checks",
    "Scores": "value_checks",
    "UpTo": "value_checks",
    "Values": "value_checks",
}
__all__ = [
    "GuardWarning",
    "Ids",
    "InputIds",
    "Inputs",
    "Keeps",
    "Lengths",
    "Logits",
    "Mask",
    "Problem",
    "Scores",
    "ShapeWarning",
    "Targets",
    "UpTo",
    "Values",
    "configure",
    "guard",
    "install",
]


def __getattr__(name: str) -> Any:
    """What needs torch and jaxtyping is imported when it is asked for; `install` needs them only when a module is loaded."""
    if name not in _HOME:
        raise AttributeError(f"module 'shapeguard.runtime' has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"shapeguard.runtime.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "jaxtyping", "beartype", "numpy"):
            raise
        from shapeguard.errors import needs_torch

        raise needs_torch(f"shapeguard.{name}", error) from None
