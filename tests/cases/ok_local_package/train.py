import torch
from torch import nn as tnn

from nn.losses import CrossEntropyLoss, cross_entropy


class LM(tnn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.e, self.r, self.o = tnn.Embedding(v, d), tnn.GRU(d, d, batch_first=True), tnn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def pad(rows):
    n = max(len(r) for r in rows)
    return torch.tensor([r + [0] * (n - len(r)) for r in rows])


def main():
    ids = pad([[1, 4, 5, 2], [1, 6, 2], [1, 7, 8, 9, 10, 2]])
    model, criterion = LM(), CrossEntropyLoss()
    logits = model(ids[:, :-1])
    loss = criterion(logits, ids[:, 1:]) + cross_entropy(ids[:, 1:], logits)
    loss.backward()


if __name__ == "__main__":
    main()
