"""Padded rows that are kept as the keys of a dict, to sort them or to look something up, come out of it as they went in."""

import torch
from torch import nn

PAD = 0
table = nn.Embedding(300, 48)
head = nn.Linear(48, 300)
criterion = nn.CrossEntropyLoss()


def padded(ids, size):
    return torch.tensor(ids + [PAD] * (size - len(ids)))


def score(rows):
    y = torch.stack(list(rows))
    return head(table(y.roll(1, 1))).transpose(1, 2), y


def train(texts, size):
    rows = [padded(ids, size) for ids in texts]
    lengths = [len(ids) for ids in texts]
    longest_first = sorted(dict(zip(rows, lengths)), key=lambda row: row[1], reverse=True)
    loss = criterion(*score(longest_first))  # SG201
    sizes = {row: n for row, n in zip(rows, lengths)}
    loss += criterion(*score(sizes))  # SG201
    loss += criterion(*score(sizes.keys()))  # SG201
    loss += criterion(*score([row for row, n in sorted(sizes.items(), key=lambda pair: -pair[1])]))  # SG201
    seen = {}
    for row, n in zip(rows, lengths):
        seen[row] = n
    loss += criterion(*score([row for row in seen]))  # SG201
    loss.backward()
