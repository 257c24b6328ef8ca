import json

import torch
import torch.nn.functional as F
from torch import nn

LINES = [
    '{"inputs": [[5, 7, 2, 9], [4, 11, 30, 1]], "targets": [[7, 2, 9, 1], [11, 30, 1, 3]]}',
    '{"inputs": [[8, 3, 3, 6], [2, 8, 17, 5]], "targets": [[3, 3, 6, 4], [8, 17, 5, 5]]}',
]


class Model(nn.Module):
    def __init__(self, vocab=50, width=8):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, vocab)

    def forward(self, inputs):
        hidden, _ = self.rnn(self.embed(inputs))
        return self.head(hidden)


def read(line):
    return {name: torch.tensor(rows) for name, rows in json.loads(line).items()}


def learn(model, line):
    batch = read(line)
    logits = model(batch["inputs"])
    return F.cross_entropy(logits.transpose(1, 2), batch["targets"])  # ok: SG501


def copy(model, line):
    batch = read(line)
    logits = model(batch["inputs"])
    return F.cross_entropy(logits.transpose(1, 2), batch["inputs"])  # SG501


if __name__ == "__main__":
    model = Model()
    for line in LINES:
        learn(model, line).backward()
        copy(model, line).backward()
