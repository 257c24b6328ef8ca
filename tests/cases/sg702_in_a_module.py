from typing import Optional

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shapeguard import Inputs, Logits, Targets


class Head(nn.Module):
    def __init__(self, vocab=24):
        super().__init__()
        self.proj, self.ce = nn.Linear(8, vocab), nn.CrossEntropyLoss()

    def forward(self, h: Float[Tensor, "B T D"], labels: Optional[Int[Tensor, "B T"]] = None):
        logits = self.proj(h)
        if labels is None:
            return logits
        return logits, self.ce(logits.permute(0, 2, 1), labels)  # SG702


class Lm(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.head = nn.Embedding(24, 8), Head()

    def forward(self, x: Inputs, y):
        return self.head(self.emb(x), y)


class Trainer:
    def __init__(self, model):
        self.model, self.criterion = model, nn.CrossEntropyLoss()

    def loss(self, logits: Logits, targets: Targets):
        return self.criterion(logits.flatten(0, 1), targets.flatten())  # SG702


if __name__ == "__main__":
    x = torch.randint(0, 24, (2, 9))
    model = Lm()
    logits, loss = model(x, torch.randint(0, 24, (2, 9)))
    (loss + Trainer(model).loss(logits, torch.randint(0, 24, (2, 9)))).backward()
