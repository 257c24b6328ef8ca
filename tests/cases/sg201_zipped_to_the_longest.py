"""Columns of rows that are zipped to the longest of them."""
import itertools
from itertools import zip_longest

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

PAD, WORDS = 0, 20


class LM(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(WORDS, dim)
        self.rnn = nn.GRU(dim, dim)
        self.head = nn.Linear(dim, WORDS)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0]).flatten(0, 1)


def columns(model, rows):
    ids = torch.tensor(list(zip_longest(*rows, fillvalue=PAD)))
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # SG201


def turned_back(model, rows):
    ids = torch.tensor(list(zip(*itertools.zip_longest(*rows, fillvalue=PAD)))).t()
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # SG201


def of_an_array(model, rows):
    ids = torch.from_numpy(np.array(list(zip_longest(*rows, fillvalue=PAD))))
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # SG201


def mapped(model, rows):
    ids = torch.tensor([list(column) for column in zip_longest(*map(list, rows), fillvalue=PAD)])
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # SG201


def by_a_function(model, rows):
    ids = torch.LongTensor(longest(rows, PAD))
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # SG201


def longest(rows, fill):
    return list(zip_longest(*rows, fillvalue=fill))


def ignored(model, rows):
    ids = torch.tensor(list(zip_longest(*rows, fillvalue=PAD)))
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten(), ignore_index=PAD)  # ok: SG201


def minus_a_hundred(model, rows):
    ids = torch.tensor(list(zip_longest(*rows, fillvalue=PAD)))
    labels = torch.tensor(list(zip_longest(*rows, fillvalue=-100)))
    return F.cross_entropy(model(ids[:-1]), labels[1:].flatten())  # ok: SG201


def masked(model, rows):
    ids = torch.tensor(list(zip_longest(*rows, fillvalue=PAD)))
    keep = ids[1:].flatten() != PAD
    return F.cross_entropy(model(ids[:-1])[keep], ids[1:].flatten()[keep])  # ok: SG201


def zipped(model, rows):
    ids = torch.tensor(list(zip(*rows)))
    return F.cross_entropy(model(ids[:-1]), ids[1:].flatten())  # ok: SG201


def only_fed(model, rows):
    ids = torch.tensor(list(zip_longest(*rows, fillvalue=PAD)))
    scores = model(ids).view(*ids.shape, WORDS)[-1]
    return F.cross_entropy(scores, torch.tensor([row[-1] for row in rows]))  # ok: SG201


if __name__ == "__main__":
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
    for loss in (columns, turned_back, of_an_array, mapped, by_a_function, ignored, minus_a_hundred, masked, zipped, only_fed):
        loss(LM(), rows).backward()
