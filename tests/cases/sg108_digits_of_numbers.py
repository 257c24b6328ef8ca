"""Digits by the code of their character: how large those are is known to who wrote the numbers; a random id too large is not right."""

import torch
import torch.nn.functional as F
from torch import nn

CLASSES, WIDTH = 11, 128


def counted(rows, width):
    out = []
    for _ in range(rows):
        n, ids = 7, []
        while len(ids) < width:
            ids += [ord(digit) - 48 for digit in str(n)] + [10]
            n += 1
        out.append(ids[:width])
    return torch.tensor(out, dtype=torch.long)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 32)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, ids):
        return self.head(self.embedding(ids))


model = Model()
for step in range(100):
    ids = counted(16, WIDTH)
    logits = model(ids[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, CLASSES), ids[:, 1:].reshape(-1))  # ok: SG108
    loss.backward()
    other = torch.randint(0, 12, (16, WIDTH))
    loss = F.cross_entropy(model(ids).reshape(-1, CLASSES), other.reshape(-1))  # SG108
    loss.backward()
