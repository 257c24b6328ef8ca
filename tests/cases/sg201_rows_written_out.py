"""Rows that are written out, filled up with one id at their ends: a warning, for nothing but the numbers says so."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

EN = [[1, 5, 6, 7, 2], [1, 8, 2, 0, 0], [1, 9, 10, 2, 0]]
DE = ([1, 5, 2], [1, 2, 0])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(20, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 20)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


net = Net()


def whole():
    y = torch.tensor(EN)
    return F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:])  # SG201


def a_tuple_of_rows():
    y = torch.LongTensor(DE)
    return F.cross_entropy(net(y[:, :-1]).reshape(-1, 20), y[:, 1:].reshape(-1))  # SG201


class Rows(Dataset):
    def __len__(self):
        return len(EN)

    def __getitem__(self, i):
        row = torch.tensor(EN[i])
        return row[:-1], row[1:]


def through_a_loader():
    loss = 0
    for x, y in DataLoader(Rows(), batch_size=2):
        loss = loss + nn.CrossEntropyLoss()(net(x).flatten(0, 1), y.flatten())  # SG201
    return loss


def negative():
    y = torch.tensor([[4, 5, 3, -1], [4, 3, -1, -1], [4, 6, 7, 3]]).clamp(min=-1)
    kept = torch.where(y < 0, 19, y)
    return F.cross_entropy(net(kept[:, :-1]).transpose(1, 2), kept[:, 1:], ignore_index=19)


def in_a_data_set():
    loss = 0
    for (y,) in DataLoader(TensorDataset(torch.tensor([[7, 8, 3, 0], [7, 3, 0, 0], [7, 9, 9, 3]])), batch_size=3):
        loss = loss + F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:])  # SG201
    return loss


if __name__ == "__main__":
    sum(way() for way in (whole, a_tuple_of_rows, through_a_loader, negative, in_a_data_set)).backward()
