"""Padded rows are parted into those to learn from and those to test on; padded they stay."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.utils import shuffle
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, TensorDataset, random_split

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
    return F.cross_entropy(model(train[:, :-1]), train[:, 1:])  # SG201


def of_lists(model, rows):
    train, test = train_test_split(filled(rows), test_size=0.25)
    batch = torch.tensor(train)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def of_two(model, rows, lengths):
    train, test, train_lengths, _ = train_test_split(np.array(filled(rows)), lengths, test_size=0.25, random_state=1)
    batch = torch.from_numpy(train)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def of_pairs(model, rows):
    train, test = train_test_split([(r[:-1], r[1:]) for r in filled(rows)], test_size=0.25)
    x, y = torch.tensor([a for a, _ in train]), torch.tensor([b for _, b in train])
    return F.cross_entropy(model(x), y)  # SG201


def shuffled(model, rows, lengths):
    ids, lengths = shuffle(filled(rows), lengths)
    batch = torch.tensor(ids)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def folds(model, rows, kinds):
    ids = torch.tensor(filled(rows))
    total = 0
    for train, test in StratifiedKFold(2).split(ids, kinds):
        total = total + F.cross_entropy(model(ids[train][:, :-1]), ids[train][:, 1:])  # SG201
    return total


def parted_at_random(model, rows):
    train, test = random_split(TensorDataset(torch.tensor(filled(rows))), [3, 1])
    for (batch,) in DataLoader(train, batch_size=3):
        loss = F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201
    return loss


if __name__ == "__main__":
    model = LM()
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9], [3, 2]]
    lengths, kinds = [len(r) for r in rows], [0, 1, 0, 1]
    of_a_tensor(model, rows).backward()
    of_lists(model, rows).backward()
    of_two(model, rows, lengths).backward()
    of_pairs(model, rows).backward()
    shuffled(model, rows, lengths).backward()
    folds(model, rows, kinds).backward()
    parted_at_random(model, rows).backward()
