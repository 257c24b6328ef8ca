from typing import Optional, Union

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Integer, Shaped
from torch import Tensor


def either(logits: Float[Tensor, "b t v"] | Float[Tensor, "n v"], targets: Union[Int[Tensor, "b t"], Int[Tensor, "n"]]) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))  # ok: SG701, SG102


def any_rank(logits: Float[Tensor, "*batch v"], targets: Int[Tensor, "*batch"]) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))  # ok: SG701


def leading(logits: Float[Tensor, "... v"], targets: Integer[Tensor, "..."]) -> Tensor:
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())  # ok: SG701


def broadcast(logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"], weights: Float[Tensor, "#b #t"]) -> Tensor:
    nll = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # ok: SG701
    return (nll * weights).sum() / weights.expand_as(nll).sum()


def shifted(logits: Float[Tensor, "b t-1 v"], ids: Int[Tensor, "b t"], real: Optional[Bool[Tensor, "b t"]] = None) -> Tensor:
    keep = ids[:, 1:] >= 0 if real is None else real[:, 1:]
    return F.cross_entropy(logits[keep], ids[:, 1:][keep])  # ok: SG701, SG102


def flat(logits: Float[Tensor, "b*t v"], targets: Shaped[Tensor, "rows=12"]) -> Tensor:
    return F.cross_entropy(logits, targets)  # ok: SG701


def unnamed(logits: Float[Tensor, "_ _ v"], targets: Int[Tensor, "_b _t"]) -> Tensor:
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG701


if __name__ == "__main__":
    logits, targets = torch.randn(3, 4, 9), torch.randint(0, 9, (3, 4))
    either(logits, targets)
    either(logits.flatten(0, 1), targets.flatten())
    any_rank(logits, targets)
    any_rank(torch.randn(2, 3, 4, 9), torch.randint(0, 9, (2, 3, 4)))
    leading(logits.flatten(0, 1), targets.flatten())
    leading(logits, targets)
    broadcast(logits, targets, torch.rand(3, 1))
    broadcast(logits, targets, torch.rand(1, 4))
    shifted(logits, torch.randint(0, 9, (3, 5)))
    shifted(logits, torch.randint(0, 9, (3, 5)), torch.ones(3, 5, dtype=torch.bool))
    flat(logits.flatten(0, 1), targets.flatten())
    unnamed(logits, targets)
