"""Find the losses that train on the wrong number, before they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapeguard.errors import ShapeError as ShapeError
    from shapeguard.losses import masked_cross_entropy as masked_cross_entropy
    from shapeguard.runtime import Inputs as Inputs
    from shapeguard.runtime import Lengths as Lengths
    from shapeguard.runtime import Logits as Logits
    from shapeguard.runtime import Mask as Mask
    from shapeguard.runtime import Targets as Targets
    from shapeguard.runtime import guard as guard
    from shapeguard.runtime import install as install

__version__ = "0.1.0"
__all__ = [
    "Inputs",
    "Lengths",
    "Logits",
    "Mask",
    "ShapeError",
    "Targets",
    "__version__",
    "guard",
    "install",
    "masked_cross_entropy",
]

_HOME = {
    "ShapeError": "shapeguard.errors",
    "masked_cross_entropy": "shapeguard.losses",
    **dict.fromkeys(["Inputs", "Lengths", "Logits", "Mask", "Targets", "guard", "install"], "shapeguard.runtime"),
}


def __getattr__(name: str) -> Any:
    """What needs torch is imported when it is asked for: the linter runs without."""
    if name not in _HOME:
        raise AttributeError(f"module 'shapeguard' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
