import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, jaxtyped
from torch import Tensor


def token_nll(logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"], mask: Bool[Tensor, "b t"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits[mask], targets[mask])  # ok: SG101, SG102, SG208


def flat_nll(logits: Float[Tensor, "n v"], targets: Int[Tensor, " n"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits, targets)  # ok: SG101, SG102


def channels(logits: Float[Tensor, "b v t"], targets: Int[Tensor, "b t"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits, targets)  # ok: SG101, SG103


def soft(logits: Float[Tensor, "n v"], teacher: Float[Tensor, "n v"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits, teacher.softmax(dim=-1))  # ok: SG105, SG106, SG401
