"""Keys of dicts: whole rows, rows whose padding is ignored, padded values beside whole keys, and keys that are words."""

import torch
from torch import nn

PAD = 0
table = nn.Embedding(300, 48)
head = nn.Linear(48, 300)
plain = nn.CrossEntropyLoss()
ignoring = nn.CrossEntropyLoss(ignore_index=PAD)


def padded(ids, size):
    return torch.tensor(ids + [PAD] * (size - len(ids)))


def score(rows):
    y = torch.stack(list(rows))
    return head(table(y.roll(1, 1))).transpose(1, 2), y


def train(stream, texts, size, words):
    windows = [torch.tensor(stream[at : at + 32]) for at in range(0, len(stream) - 32, 32)]
    order = dict(zip(windows, range(len(windows))))
    loss = plain(*score(sorted(order, key=order.get)))  # ok: SG201
    rows = [padded(ids, size) for ids in texts]
    lengths = dict(zip(rows, [len(ids) for ids in texts]))
    loss += ignoring(*score(sorted(lengths, key=lengths.get)))  # ok: SG201
    beside = dict(zip(windows, rows))
    loss += plain(*score(beside.keys()))  # ok: SG201
    loss += ignoring(*score(beside.values()))  # ok: SG201
    numbers = {word: at for at, word in enumerate(words)}
    text = torch.tensor([[numbers[word] for word in numbers]])
    loss += plain(*score(text))  # ok: SG201
    loss.backward()
