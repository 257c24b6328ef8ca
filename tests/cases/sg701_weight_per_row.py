import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def weighted_nll(
    logits: Float[Tensor, "b t v"],
    targets: Int[Tensor, "b t"],
    weights: Float[Tensor, "b t"],
) -> Float[Tensor, ""]:
    nll = F.cross_entropy(logits.movedim(-1, 1), targets, reduction="none")  # SG701
    return (nll * weights).sum() / weights.sum()


def train(model, rows=4, steps=7):
    x = torch.randint(0, 30, (rows, steps))
    trust = torch.rand(rows, 1)  # of each source
    loss = weighted_nll(model(x), torch.randint(0, 30, (rows, steps)), trust)
    loss.backward()


if __name__ == "__main__":
    train(nn.Sequential(nn.Embedding(30, 8), nn.Linear(8, 30)))
