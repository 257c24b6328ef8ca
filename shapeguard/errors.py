"""The error for tensors that do not belong together."""

from __future__ import annotations


class ShapeError(ValueError):
    """Tensors whose shapes, dtypes or values do not belong together; the message names them all."""


def needs_torch(what: str, error: ImportError) -> ImportError:
    """The one line that is said where torch is not installed."""
    return ImportError(f"{what} needs torch: pip install 'shapeguard-loss[torch]'", name=error.name)
