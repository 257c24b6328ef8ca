"""How each cross entropy is written: its name, its family, and where its options stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["cross_entropy", "nll", "model", "masked", "gather", "soft"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a loss is called: its family, and the positions of its options."""

    shown: str
    family: Family
    options: tuple[str, ...]  # in order, after input and target for functions, from 0 for classes
    is_class: bool = False
    head: bool = False  # hidden states and the head's weight are given instead of logits
    masks: bool = False  # it takes a mask, lengths and a number of tokens with each call
    order: tuple[str, ...] = ("input", "target")  # what its call is given, in order; a head's weight is "head"
    named: tuple[tuple[str, str], ...] = ()  # the names by which it calls these and its options, where they are other ones
    reduction: Literal["mean", "none"] = "mean"  # where it is not given
    ignored: int | None = -100  # the id that is left out where none is given; None: it has no such option


CROSS_ENTROPY = ("weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing")
_NLL = CROSS_ENTROPY[:5]
_KL = ("size_average", "reduce", "reduction", "log_target")
SPELLINGS: dict[str, Spelling] = {
    "torch.nn.functional.cross_entropy": Spelling("F.cross_entropy", "cross_entropy", CROSS_ENTROPY),
    "torch.nn.functional.nll_loss": Spelling("F.nll_loss", "nll", _NLL),
    "torch.nn.functional.kl_div": Spelling("F.kl_div", "soft", _KL),
    "torch.nn.CrossEntropyLoss": Spelling("nn.CrossEntropyLoss", "cross_entropy", CROSS_ENTROPY, is_class=True),
    "torch.nn.NLLLoss": Spelling("nn.NLLLoss", "nll", _NLL, is_class=True),
    "torch.nn.KLDivLoss": Spelling("nn.KLDivLoss", "soft", _KL, is_class=True),
}

# the losses of this package: a mask of what counts, lengths, and a count to divide by are given with each call
_HEAD = ("input", "head", "target")
_OWN = {
    "masked_cross_entropy": Spelling("masked_cross_entropy", "masked", (), masks=True),
    "masked_linear_cross_entropy": Spelling("masked_linear_cross_entropy", "masked", (), head=True, masks=True, order=_HEAD),
    "MaskedCrossEntropyLoss": Spelling("MaskedCrossEntropyLoss", "masked", ("weight",), is_class=True, masks=True),
    "MaskedLinearCrossEntropyLoss": Spelling(
        "MaskedLinearCrossEntropyLoss", "masked", ("weight",), is_class=True, head=True, masks=True, order=_HEAD
    ),
}
SPELLINGS |= {f"{home}.{name}": spelling for home in ("shapeguard", "shapeguard.losses") for name, spelling in _OWN.items()}

# fused and vocabulary-parallel losses of libraries
_LIGER = ("weight", "ignore_index", "lse_square_scale", "label_smoothing", "reduction")
_LIGER_CLASS = Spelling("LigerCrossEntropyLoss", "cross_entropy", _LIGER, is_class=True)
_LIGER_FUSED = Spelling(
    "LigerFusedLinearCrossEntropyLoss", "cross_entropy", _LIGER, is_class=True, head=True, order=("head", "input", "target"),
    named=(("input", "_input"), ("head", "lin_weight"), ("weight", "ce_weight")),
)  # fmt: skip
_PARALLEL = Spelling(
    "vocab_parallel_cross_entropy", "gather", ("label_smoothing",), named=(("input", "vocab_parallel_logits"),), reduction="none",
    ignored=None,
)  # fmt: skip
_CUT = Spelling(
    "linear_cross_entropy", "masked", ("bias", "ignore_index", "softcap", "reduction", "shift"), head=True, order=_HEAD,
    named=(("input", "e"), ("head", "c"), ("target", "targets")),
)  # fmt: skip
SPELLINGS |= {
    "liger_kernel.transformers.LigerCrossEntropyLoss": _LIGER_CLASS,
    "liger_kernel.transformers.cross_entropy.LigerCrossEntropyLoss": _LIGER_CLASS,
    "liger_kernel.transformers.functional.liger_cross_entropy": Spelling("liger_cross_entropy", "cross_entropy", _LIGER),
    "liger_kernel.transformers.LigerFusedLinearCrossEntropyLoss": _LIGER_FUSED,
    "liger_kernel.transformers.fused_linear_cross_entropy.LigerFusedLinearCrossEntropyLoss": _LIGER_FUSED,
    "liger_kernel.transformers.functional.liger_fused_linear_cross_entropy": Spelling(
        "liger_fused_linear_cross_entropy", "cross_entropy", ("bias", *_LIGER), head=True, order=_HEAD,
        named=(("head", "weight"), ("weight", "ce_weight")),
    ),
    "flash_attn.losses.cross_entropy.CrossEntropyLoss": Spelling(
        "flash_attn CrossEntropyLoss", "cross_entropy", ("ignore_index", "reduction", "label_smoothing"), is_class=True
    ),
    "megatron.core.tensor_parallel.vocab_parallel_cross_entropy": _PARALLEL,
    "megatron.core.tensor_parallel.cross_entropy.vocab_parallel_cross_entropy": _PARALLEL,
    "megatron.core.fusions.fused_cross_entropy.fused_vocab_parallel_cross_entropy": _PARALLEL,
    "cut_cross_entropy.linear_cross_entropy": _CUT,
}  # fmt: skip


def is_loss(dotted: str) -> bool:
    """Whether a canonical name is a loss."""
    return dotted in SPELLINGS
