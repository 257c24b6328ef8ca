"""Labels are written entry by entry: what is left of the array is ignored, or nothing is left."""
import numpy as np
import torch
from torch import nn

MOST = 9


def ignored(rows):
    y = torch.full((len(rows), MOST), -100)
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i, j] = tag
    return y


def zeros(rows):
    y = torch.zeros(len(rows), max(len(row) for row in rows), dtype=torch.long)
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i, j] = tag
    return y


def of_equal_rows(rows):
    y = torch.zeros(len(rows), len(rows[0]), dtype=torch.long)
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i, j] = tag
    return y


def every_pair(left, right):
    y = torch.zeros(len(left), len(right), dtype=torch.long)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            y[i, j] = a + b
    return y


def every_place(board, width, height):
    y = np.zeros((height, width), dtype=np.int64)
    for i in range(height):
        for j in range(width):
            y[i, j] = board[j]
    return torch.from_numpy(y)


def of_a_size_that_is_told(rows, width):
    y = torch.zeros(len(rows), width, dtype=torch.long)
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i, j] = tag
    return y


class Tagger(nn.Module):
    def __init__(self, tags=20):
        super().__init__()
        self.embed = nn.Embedding(tags, 8)
        self.rnn = nn.LSTM(8, 8, batch_first=True)
        self.top = nn.Linear(8, tags)

    def forward(self, x):
        return self.top(self.rnn(self.embed(x))[0]).transpose(1, 2)


def main(text):
    net, criterion = Tagger(), nn.CrossEntropyLoss()
    words = sorted(set(text.split()))
    rows = [[2 + words.index(word) for word in line.split()] for line in text.splitlines()]
    y = ignored(rows)
    criterion(net(y.clamp(min=0)[:, :-1]), y[:, 1:]).backward()  # ok: SG201
    y = zeros(rows)
    nn.CrossEntropyLoss(ignore_index=0)(net(y[:, :-1]), y[:, 1:]).backward()  # ok: SG201
    nll = nn.CrossEntropyLoss(reduction="none")(net(y[:, :-1]), y[:, 1:])  # ok: SG201
    nll[y[:, 1:] != 0].mean().backward()
    y = of_equal_rows([row[:1] * 3 for row in rows])
    criterion(net(y[:, :-1]), y[:, 1:]).backward()  # ok: SG201
    y = every_pair([1, 2, 3], [4, 5, 6])
    criterion(net(y[:, :-1]), y[:, 1:]).backward()  # ok: SG201
    y = every_place([1, 2, 3], 3, 2)
    criterion(net(y[:, :-1]), y[:, 1:]).backward()  # ok: SG201
    y = of_a_size_that_is_told([[1, 2, 3], [3, 4, 5]], 3)
    criterion(net(y[:, :-1]), y[:, 1:]).backward()  # ok: SG201


if __name__ == "__main__":
    main(open("text.txt").read())
