from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


@dataclass
class Objective:
    criterion: nn.Module

    def __call__(self, logits: Float[Tensor, "B T V"], labels: Int[Tensor, "B T"], scored: Bool[Tensor, "B T"]) -> Tensor:
        each = self.criterion(logits.transpose(1, 2), labels)  # SG701
        return (each * scored).sum() / scored.sum()


def main():
    net = nn.Sequential(nn.Embedding(60, 12), nn.Linear(12, 60))
    objective = Objective(nn.CrossEntropyLoss(reduction="none"))
    prompt, x = 4, torch.randint(0, 60, (5, 10))
    labels = torch.randint(0, 60, (5, 10))
    scored = torch.ones(10, dtype=torch.bool)
    scored[:prompt] = False
    loss = objective(net(x), labels, scored)
    loss.backward()


if __name__ == "__main__":
    main()
