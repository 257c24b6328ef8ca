"""Batches and settings of classes of one's own that are dicts: their padding is left out, or their own methods change it."""
from collections import UserDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

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


class Settings(dict):
    def __getattr__(self, name):
        return self[name]


class Batch(dict):
    def __init__(self, rows):
        super().__init__(ids=padded(rows))
        self["labels"] = self["ids"].masked_fill(self["ids"] == 0, -100)


class Unpadded(dict):
    def __getitem__(self, name):
        value = super().__getitem__(name)
        return value.masked_fill(value == 0, -100)


class Kept(UserDict):
    def __setitem__(self, name, value):
        super().__setitem__(name, value[:, :2])


class Vocabulary(dict):
    def __init__(self):
        super().__init__({"<pad>": 0, "<unk>": 1})

    def add(self, word):
        if word not in self:
            self[word] = len(self)


def main(rows, text):
    model = LM()
    settings = Settings(pad=0)
    ids = padded(rows)
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=settings.pad).backward()  # ok: SG201
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=settings["pad"]).backward()  # ok: SG201
    batch = Batch(rows)
    F.cross_entropy(model(batch["ids"][:, :-1]), batch["labels"][:, 1:]).backward()  # ok: SG201
    F.cross_entropy(model(ids[:, :-1]), Unpadded(ids=ids)["ids"][:, 1:]).backward()  # ok: SG201
    kept = Kept()
    kept["ids"] = ids
    F.cross_entropy(model(kept["ids"][:, :-1]), kept["ids"][:, 1:], ignore_index=0).backward()  # ok: SG201
    vocabulary = Vocabulary()
    for word in text.split():
        vocabulary.add(word)
    ids = torch.tensor([[vocabulary[word] for word in text.split()]])
    F.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).backward()  # ok: SG201


if __name__ == "__main__":
    main([[1, 2, 3], [4, 5], [6, 7, 8, 9], [3, 2]], "a cat sat on a mat")
