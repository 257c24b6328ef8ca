"""Batches of classes of one's own that are dicts or lists."""
from collections import OrderedDict, UserDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

WORDS = 20


class LM(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(WORDS, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, WORDS)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0]).transpose(1, 2)


def padded(rows):
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


class Batch(dict):
    def to(self, device):
        return Batch({name: value.to(device) for name, value in self.items()})


class Filled(dict):
    def __init__(self, rows):
        super().__init__()
        self["ids"] = padded(rows)


class Named(dict):
    def __getattr__(self, name):
        return self[name]


class Ordered(OrderedDict):
    @property
    def ids(self):
        return self["ids"]


class Moved(UserDict):
    def to(self, device):
        self.data = {name: value.to(device) for name, value in self.data.items()}
        return self


class Rows(list):
    def batch(self):
        return padded(self)


def collate(rows):
    return Batch(ids=padded(rows))


def main(rows):
    model = LM()
    for batch in DataLoader(rows, batch_size=2, collate_fn=collate):
        ids = batch.to("cpu")["ids"]
        F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # SG201
    ids = Filled(rows)["ids"]
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # SG201
    ids = Named(ids=padded(rows)).ids
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # SG201
    ordered = Ordered()
    ordered["ids"] = padded(rows)
    F.cross_entropy(model(ordered.ids[:, :-1]), ordered.ids[:, 1:]).backward()  # SG201
    ids = Moved({"ids": padded(rows)}).to("cpu")["ids"]
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # SG201
    ids = Rows(rows).batch()
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # SG201


if __name__ == "__main__":
    main([[1, 2, 3], [4, 5], [6, 7, 8, 9], [3, 2]])
