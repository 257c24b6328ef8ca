"""Labels are written entry by entry into arrays that are full of 0 and as wide as the longest row, or wider."""
import numpy as np
import torch
from torch import nn

MOST = 9


def by_two_indices(rows):
    y = torch.zeros(len(rows), MOST, dtype=torch.long)
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i, j] = tag
    return y


def row_after_row(rows):
    y = np.zeros((len(rows), max(len(row) for row in rows)), dtype=np.int64)
    for i in range(len(rows)):
        for j in range(len(rows[i])):
            y[i][j] = rows[i][j]
    return torch.from_numpy(y)


def time_first(rows):
    longest = max(map(len, rows))
    y = torch.zeros(longest, len(rows)).long()
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[j, i] = tag
    return y.t()


def looked_up(lines, index):
    y = np.zeros((len(lines), MOST), dtype="int64")
    for i, line in enumerate(lines):
        for j, word in enumerate(line.split()):
            if j < MOST:
                y[i, j] = index.get(word, 1)
    return torch.tensor(y)


def nested_lists(rows):
    longest = max(len(row) for row in rows)
    y = [[0] * longest for _ in rows]
    for i, row in enumerate(rows):
        for j, tag in enumerate(row):
            y[i][j] = tag
    return torch.tensor(y)


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
    index = {word: i for i, word in enumerate(["<pad>", "<unk>", *words])}
    rows = [[index[word] for word in line.split()] for line in text.splitlines()]
    for make in (by_two_indices, row_after_row, time_first, nested_lists):
        y = make(rows)
        criterion(net(y[:, :-1]), y[:, 1:]).backward()  # SG201
    y = looked_up(text.splitlines(), index)
    criterion(net(y[:, :-1]), y[:, 1:]).backward()  # SG201


if __name__ == "__main__":
    main(open("text.txt").read())
