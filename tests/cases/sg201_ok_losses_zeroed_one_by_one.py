"""Losses of several heads in one list, each set to 0 where the padding stands: by index, in a loop, as names, or anew."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

table = nn.Embedding(50, 16)
heads = nn.ModuleList([nn.Linear(16, 50) for _ in range(3)])


def batch(rows: list[list[int]]):
    y = pad_sequence([torch.tensor(list(row)) for row in rows], batch_first=True)
    return table(y.roll(1, 1)), y, y == 0


def by_index(rows: list[list[int]]):
    x, y, pad = batch(rows)
    losses = [F.cross_entropy(head(x).transpose(1, 2), y, reduction="none") for head in heads]  # ok: SG201
    losses[0][pad] = 0
    losses[1][pad] = 0
    losses[2][pad] = 0
    return sum(loss.sum() for loss in losses) / (~pad).sum()


def in_a_loop(rows: list[list[int]], count: int):
    x, y, pad = batch(rows)
    losses = [F.cross_entropy(heads[i](x).transpose(1, 2), y, reduction="none") for i in range(count)]  # ok: SG201
    for i in range(count):
        losses[i][pad] = 0
    return torch.stack(losses).sum() / (~pad).sum()


def as_names(rows: list[list[int]]):
    x, y, pad = batch(rows)
    first, second, third = [F.cross_entropy(head(x).transpose(1, 2), y, reduction="none") for head in heads]  # ok: SG201
    first[pad] = 0
    second[pad] = 0
    third[pad] = 0
    return (first.sum() + second.sum() + third.sum()) / (~pad).sum()


def anew(rows: list[list[int]]):
    x, y, pad = batch(rows)
    losses = [F.cross_entropy(head(x).transpose(1, 2), y, reduction="none") for head in heads]  # ok: SG201
    for i, loss in enumerate(losses):
        losses[i] = loss.masked_fill(pad, 0)
    return torch.stack(losses).sum() / (~pad).sum()


def gathered(rows: list[list[int]], count: int):
    x, y, pad = batch(rows)
    losses = [-torch.log_softmax(heads[i](x), -1).gather(-1, y[..., None]).squeeze(-1) for i in range(count)]  # ok: SG201
    losses[0].masked_fill_(pad, 0)
    losses[1].masked_fill_(pad, 0)
    losses[2].masked_fill_(pad, 0)
    return (losses[0].sum() + losses[1].sum() + losses[2].sum()) / (~pad).sum()
