import jaxtyping as jt
import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor, nn


def token_loss(logits: jt.Float[torch.Tensor, "b t v"], targets: jt.Int[torch.Tensor, "b t"]):
    return F.cross_entropy(logits.transpose(1, 2), targets)  # SG702


@torch.no_grad()
def evaluate(model, x: Int[Tensor, "b t"], y: Int[Tensor, "b t"]) -> float:
    total = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum")  # SG702
    return total.item() / y.numel() + F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item()


if __name__ == "__main__":
    net = nn.Sequential(nn.Embedding(11, 4), nn.Linear(4, 11))
    x, y = torch.randint(0, 11, (3, 6)), torch.randint(0, 11, (3, 6))
    token_loss(net(x), y).backward()
    evaluate(net, x, y)
