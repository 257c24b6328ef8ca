import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Head(nn.Module):
    def __init__(self, n=7):
        super().__init__()
        self.n = n
        self.l = nn.Linear(10, n)

    def forward(self, x):
        return self.l(x)


def smooth(labels, n, eps=0.1):
    hot = F.one_hot(labels, n).float()
    return hot * (1 - eps) + eps / n


def main():
    head = Head()
    x = torch.randn(6, 10)
    labels = torch.randint(0, 7, (6,))
    loss = F.cross_entropy(head(x), smooth(labels, 7))  # ok: SG106, SG105

    # counts of annotators
    votes = torch.from_numpy(np.random.randint(1, 5, (6, 7))).float()
    loss = loss + F.cross_entropy(head(x), votes / votes.sum(1, keepdim=True))  # ok: SG106

    # csv columns arrive as int32 and float64
    raw = np.array([0, 3, 2, 6, 1, 5], dtype=np.int32)
    loss = loss + F.cross_entropy(head(x), torch.from_numpy(raw).long())  # ok: SG106
    column = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    loss = loss + F.cross_entropy(head(x), torch.tensor(column).squeeze(1).to(torch.int64))  # ok: SG106
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
