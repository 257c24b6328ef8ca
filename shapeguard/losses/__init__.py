"""Losses that count the right positions: the reference that the linter recommends and that its rules are proven against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapeguard.losses.counting import count_tokens as count_tokens
    from shapeguard.losses.linear import masked_linear_cross_entropy as masked_linear_cross_entropy
    from shapeguard.losses.masked import masked_cross_entropy as masked_cross_entropy
    from shapeguard.losses.modules import MaskedCrossEntropyLoss as MaskedCrossEntropyLoss
    from shapeguard.losses.modules import MaskedLinearCrossEntropyLoss as MaskedLinearCrossEntropyLoss
    from shapeguard.losses.perplexity import Perplexity as Perplexity
    from shapeguard.losses.tokens import token_mask as token_mask

__all__ = [
    "MaskedCrossEntropyLoss",
    "MaskedLinearCrossEntropyLoss",
    "Perplexity",
    "count_tokens",
    "masked_cross_entropy",
    "masked_linear_cross_entropy",
    "token_mask",
]

_HOME = {
    "MaskedCrossEntropyLoss": "shapeguard.losses.modules",
    "MaskedLinearCrossEntropyLoss": "shapeguard.losses.modules",
    "Perplexity": "shapeguard.losses.perplexity",
    "count_tokens": "shapeguard.losses.counting",
    "masked_cross_entropy": "shapeguard.losses.masked",
    "masked_linear_cross_entropy": "shapeguard.losses.linear",
    "token_mask": "shapeguard.losses.tokens",
}


def __getattr__(name: str) -> Any:
    """What needs torch is imported when it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'shapeguard.losses' has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        from shapeguard.errors import needs_torch

        raise needs_torch(f"shapeguard.{name}", error) from None
