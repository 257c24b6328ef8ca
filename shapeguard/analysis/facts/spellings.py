"""How each cross entropy is written: its name, its family, and where its options stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["cross_entropy", "nll", "model", "masked", "gather"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a loss is called: its family, and the positions of its options."""

    shown: str
    family: Family
    options: tuple[str, ...]  # in order, after input and target for functions, from 0 for classes
    is_class: bool = False
    head: bool = False  # hidden states and the head's weight are given instead of logits


CROSS_ENTROPY = ("weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing")
_NLL = CROSS_ENTROPY[:5]
SPELLINGS: dict[str, Spelling] = {
    "torch.nn.functional.cross_entropy": Spelling("F.cross_entropy", "cross_entropy", CROSS_ENTROPY),
    "torch.nn.functional.nll_loss": Spelling("F.nll_loss", "nll", _NLL),
    "torch.nn.CrossEntropyLoss": Spelling("nn.CrossEntropyLoss", "cross_entropy", CROSS_ENTROPY, is_class=True),
    "torch.nn.NLLLoss": Spelling("nn.NLLLoss", "nll", _NLL, is_class=True),
}

# the losses of this package: a mask of what counts, lengths, and a count to divide by are given with each call
_OWN = {
    "masked_cross_entropy": Spelling("masked_cross_entropy", "masked", ()),
    "masked_linear_cross_entropy": Spelling("masked_linear_cross_entropy", "masked", (), head=True),
    "MaskedCrossEntropyLoss": Spelling("MaskedCrossEntropyLoss", "masked", ("weight",), is_class=True),
    "MaskedLinearCrossEntropyLoss": Spelling("MaskedLinearCrossEntropyLoss", "masked", ("weight",), is_class=True, head=True),
}
SPELLINGS |= {f"{home}.{name}": spelling for home in ("shapeguard", "shapeguard.losses") for name, spelling in _OWN.items()}
