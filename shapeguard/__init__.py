"""Find the losses that train on the wrong number, before they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapeguard.errors import ShapeError as ShapeError
    from shapeguard.losses import MaskedCrossEntropyLoss as MaskedCrossEntropyLoss
    from shapeguard.losses import MaskedLinearCrossEntropyLoss as MaskedLinearCrossEntropyLoss
    from shapeguard.losses import Perplexity as Perplexity
    from shapeguard.losses import count_tokens as count_tokens
    from shapeguard.losses import masked_cross_entropy as masked_cross_entropy
    from shapeguard.losses import masked_linear_cross_entropy as masked_linear_cross_entropy
    from shapeguard.losses import token_mask as token_mask
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
    "MaskedCrossEntropyLoss",
    "MaskedLinearCrossEntropyLoss",
    "Perplexity",
    "ShapeError",
    "Targets",
    "__version__",
    "count_tokens",
    "guard",
    "install",
    "masked_cross_entropy",
    "masked_linear_cross_entropy",
    "token_mask",
]

_LOSSES = (
    *("MaskedCrossEntropyLoss", "MaskedLinearCrossEntropyLoss", "Perplexity"),
    *("count_tokens", "masked_cross_entropy", "masked_linear_cross_entropy", "token_mask"),
)
_HOME = {
    "ShapeError": "shapeguard.errors",
    **dict.fromkeys(_LOSSES, "shapeguard.losses"),
    **dict.fromkeys(["Inputs", "Lengths", "Logits", "Mask", "Targets", "guard", "install"], "shapeguard.runtime"),
}


def __getattr__(name: str) -> Any:
    """What needs torch is imported when it is asked for: the linter runs without."""
    if name not in _HOME:
        raise AttributeError(f"module 'shapeguard' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
