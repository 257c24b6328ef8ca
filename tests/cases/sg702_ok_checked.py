import torch
import torch.nn.functional as F
from beartype import beartype
from jaxtyping import Float, Int, jaxtyped
from torch import Tensor, nn

import shapeguard
from shapeguard import Logits, Targets, guard


@guard
def guarded(logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"]) -> Float[Tensor, ""]:
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG702


@torch.no_grad()
@shapeguard.guard(mode="values")
def evaluated(logits: Logits, targets: Targets) -> float:
    return F.cross_entropy(logits.transpose(1, 2), targets).item()  # ok: SG702


@jaxtyped(typechecker=beartype)
def typed(logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"]):
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG702


def wrapped(logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"]):
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG702


wrapped = guard(wrapped)


@guard
class Objective(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss()

    def forward(self, logits: Float[Tensor, "b t v"], targets: Int[Tensor, "b t"]):
        return self.ce(logits.transpose(1, 2), targets)  # ok: SG702


def plain(logits: Tensor, targets: "torch.LongTensor"):
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG702


class Int32:
    """no dtype of jaxtyping's"""

    def __class_getitem__(cls, item):
        return cls


def own_types(logits, targets: Int32[Tensor, "b t"]):
    return F.cross_entropy(logits.transpose(1, 2), targets)  # ok: SG702


if __name__ == "__main__":
    logits, targets = torch.randn(2, 5, 7, requires_grad=True), torch.randint(0, 7, (2, 5))
    for loss in (guarded, evaluated, typed, wrapped, Objective(), plain, own_types):
        loss(logits, targets)
