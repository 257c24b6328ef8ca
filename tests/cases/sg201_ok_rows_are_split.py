"""Rows are parted into those to learn from and those to test on: padding is left out, or there is none."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.model_selection import train_test_split
from sklearn.utils import shuffle
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


def filled(rows, size=8):
    return [row + [0] * (size - len(row)) for row in rows]


def of_a_tensor(model, rows):
    train, test = train_test_split(pad_sequence([torch.tensor(r) for r in rows], batch_first=True), test_size=0.25)
    return F.cross_entropy(model(train[:, :-1]), train[:, 1:], ignore_index=0)  # ok: SG201


def of_lists(model, rows):
    train, test = train_test_split(filled(rows), test_size=0.25)
    batch = torch.tensor(train)
    labels = batch.masked_fill(batch == 0, -100)
    return F.cross_entropy(model(batch[:, :-1]), labels[:, 1:])  # ok: SG201


def shifted_before(model, rows):
    ids = torch.tensor(filled(rows))
    x, x_test, y, y_test = train_test_split(ids[:, :-1], ids[:, 1:], test_size=0.25)
    return F.cross_entropy(model(x), y, ignore_index=0)  # ok: SG201, SG501


def classes_of_rows(model, rows, kinds):
    x, x_test, y, y_test = train_test_split(filled(rows), kinds, test_size=0.25)
    scores = model(torch.tensor(x)).mean(2)
    return F.cross_entropy(scores, torch.tensor(y))  # ok: SG201


def windows(model, stream):
    ids = np.array(stream).reshape(-1, 4)
    train, test = train_test_split(torch.from_numpy(ids), test_size=0.25)
    return F.cross_entropy(model(train[:, :-1]), train[:, 1:])  # ok: SG201


def before_padding(model, rows):
    train, test = train_test_split(rows, test_size=0.25)
    batch = pad_sequence([torch.tensor(r) for r in train], batch_first=True, padding_value=-100)
    return F.cross_entropy(model(batch[:, :-1].clamp(min=0)), batch[:, 1:])  # ok: SG201


def shuffled(model, rows, lengths):
    ids, lengths = shuffle(filled(rows), lengths)
    batch = torch.tensor(ids)
    nll = F.cross_entropy(model(batch[:, :-1]), batch[:, 1:], reduction="none")  # ok: SG201
    keep = batch[:, 1:] != 0
    return (nll * keep).sum() / keep.sum()


if __name__ == "__main__":
    model = LM()
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9], [3, 2]]
    lengths, kinds = [len(r) for r in rows], [0, 1, 0, 1]
    for loss in (of_a_tensor, of_lists, shifted_before, before_padding):
        loss(model, rows).backward()
    classes_of_rows(model, rows, kinds).backward()
    windows(model, list(range(1, 17))).backward()
    shuffled(model, rows, lengths).backward()
