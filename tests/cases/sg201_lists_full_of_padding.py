"""Rows that are lists full of the padding at first, into which the ids of each sentence are written."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

PAD, LENGTH = 0, 32


class Reader(nn.Module):
    def __init__(self, size: int = 500) -> None:
        super().__init__()
        self.table = nn.Embedding(size, 64)
        self.rnn = nn.GRU(64, 64, batch_first=True)
        self.head = nn.Linear(64, size)

    def forward(self, ids):
        return self.head(self.rnn(self.table(ids))[0])


def front(words, numbers):
    row = [PAD] * LENGTH
    row[: len(words)] = [numbers[w] for w in words]
    return row


def by_entry(words, numbers):
    row = [PAD for _ in range(LENGTH)]
    for place, word in enumerate(words):
        row[place] = numbers[word]
    return row


def back(words, numbers):
    row = [PAD] * LENGTH
    row[-len(words) :] = [numbers[w] for w in words]
    return row


def opened(words, numbers):
    row = [PAD] * LENGTH
    row[0] = 2
    row[1 : len(words) + 1] = [numbers[w] for w in words]
    return row


def cut_and_filled(words, numbers):
    row = [numbers[w] for w in words][:LENGTH]
    size = len(row)
    row[size:] = [PAD] * (LENGTH - size)
    return row


def array_by_entry(words, numbers):
    row = np.zeros(LENGTH, dtype=np.int64)
    for place in range(len(words)):
        row[place] = numbers[words[place]]
    return row


def score(model, rows):
    y = torch.stack([torch.as_tensor(row) for row in rows])
    x = torch.cat([torch.full((len(rows), 1), 1), y[:, :-1]], dim=1)
    return model(x).flatten(0, 1), y.flatten()


def train(texts, numbers):
    model = Reader()
    sentences = [text.split() for text in texts]
    loss = F.cross_entropy(*score(model, [front(s, numbers) for s in sentences]))  # SG201
    loss += F.cross_entropy(*score(model, [by_entry(s, numbers) for s in sentences]))  # SG201
    loss += F.cross_entropy(*score(model, [back(s, numbers) for s in sentences]))  # SG201
    loss += F.cross_entropy(*score(model, [opened(s, numbers) for s in sentences]))  # SG201
    loss += F.cross_entropy(*score(model, [cut_and_filled(s, numbers) for s in sentences]))  # SG201
    loss += F.cross_entropy(*score(model, [array_by_entry(s, numbers) for s in sentences]))  # SG201
    loss.backward()
