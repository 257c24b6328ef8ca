"""Types with a meaning: `Logits`, `Targets`, `Mask`, `Lengths`, `Inputs`. Each is a jaxtyping annotation and a mark.

Other letters, or another ignored id, are one line:

    Tags = Annotated[Int[Tensor, "N S"], Ids(below="C", ignore_index=0)]
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from jaxtyping import Bool, Float, Integer
from torch import Tensor

from shapeguard.runtime.value_checks import Ids, InputIds, Keeps, Scores, UpTo

__all__ = ["Inputs", "Lengths", "Logits", "Mask", "Targets"]

Logits: TypeAlias = Annotated[Float[Tensor, "B T V"], Scores()]
Targets: TypeAlias = Annotated[Integer[Tensor, "B T"], Ids("V", -100)]
Mask: TypeAlias = Annotated[Bool[Tensor, "B T"], Keeps()]
Lengths: TypeAlias = Annotated[Integer[Tensor, "B"], UpTo("T")]
Inputs: TypeAlias = Annotated[Integer[Tensor, "B T"], InputIds()]
