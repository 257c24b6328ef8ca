import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def nll(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())  # ok: SG701, SG104


def row(logits: Float[Tensor, "T V"], targets: Int[Tensor, "T"]) -> Tensor:
    """T is another time than that of its caller"""
    return F.cross_entropy(logits, targets)  # ok: SG701


def ranked(logits, targets):
    if logits.dim() == 3:
        return nll(logits, targets)
    return row(logits, targets)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.h = nn.Embedding(20, 8), nn.Linear(8, 20)

    def forward(self, x: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        return self.h(self.e(x))


def of_time_first(net: Net, x: Int[Tensor, "T B"], y: Int[Tensor, "T B"]) -> Tensor:
    return nll(net(x), y)


if __name__ == "__main__":
    net = Net()
    for rows, steps in ((4, 7), (2, 9)):
        x, y = torch.randint(0, 20, (rows, steps)), torch.randint(0, 20, (rows, steps))
        of_time_first(net, x.t(), y.t()).backward()
        ranked(net(x), y).backward()
        ranked(net(x)[0], y[0]).backward()
