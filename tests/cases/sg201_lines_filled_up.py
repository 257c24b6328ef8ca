"""Lines of a file, made equally long in five ways, and scored whole."""

import torch
from torch import nn
from torch.nn import functional as F

WIDTH = 24
PATH = "lines.txt"
CHARS = sorted(set(open(PATH).read())) + ["<pad>"]
STOI = {c: i for i, c in enumerate(CHARS)}
PAD = STOI["<pad>"]


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(40, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 40)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0]).transpose(1, 2)


model = LM()


def appended_until_long_enough():
    rows = []
    for line in open(PATH):
        ids = [STOI[c] for c in line]
        while len(ids) < WIDTH:
            ids.append(0)
        rows.append(ids)
    y = torch.tensor(rows)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def added_until_long_enough():
    rows = []
    for line in open(PATH):
        ids = [STOI[c] for c in line]
        while len(ids) < WIDTH:
            ids += [PAD]
        rows.append(ids)
    y = torch.tensor(rows)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def tokens_before_ids():
    rows = []
    with open(PATH) as file:
        for line in file.readlines():
            chars = list(line.strip()) + ["<pad>"] * (WIDTH - len(line.strip()))
            rows.append([STOI[c] for c in chars])
    y = torch.tensor(rows)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def cut_and_filled():
    rows = []
    for line in open(PATH).read().splitlines():
        ids = [STOI.get(c, 0) for c in line.lower()][:WIDTH]
        rows.append(torch.tensor(ids + [PAD] * (WIDTH - len(ids))))
    y = torch.stack(rows)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def joined_by_the_library():
    rows = [torch.tensor([STOI[c] for c in line]) for line in open(PATH)]
    y = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


if __name__ == "__main__":
    losses = (appended_until_long_enough, added_until_long_enough, tokens_before_ids, cut_and_filled, joined_by_the_library)
    sum(loss() for loss in losses).backward()
