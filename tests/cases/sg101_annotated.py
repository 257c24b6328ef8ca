"""Loss helpers of the decoder, checked by jaxtyping in the unit tests."""
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def lm_loss(logits: Float[Tensor, "batch seq vocab"], targets: Int[Tensor, "batch seq"]) -> Tensor:
    logits = logits.float()
    return F.cross_entropy(logits, targets, reduction="mean")  # SG101


def token_accuracy(logits: Float[Tensor, "batch seq vocab"], targets: Int[Tensor, "batch seq"]) -> float:
    return (logits.argmax(dim=-1) == targets).float().mean().item()


def sequence_log_probs(logits: Float[Tensor, "batch seq vocab"], targets: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch"]:
    logp = torch.log_softmax(logits, dim=-1)
    return logp.gather(-1, targets.unsqueeze(-1)).squeeze(-1).sum(-1)
