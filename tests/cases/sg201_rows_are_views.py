"""Rows of a tensor are written through views of it: what stays behind them is padding."""
import torch
import torch.nn.functional as F
from torch import nn

model = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 20))


def blank(seqs):
    return torch.full((len(seqs), max(len(s) for s in seqs)), 1)


def train(seqs):
    out = blank(seqs)
    for row, ids in zip(out, seqs):
        row[: len(ids)] = torch.tensor(ids)
    F.cross_entropy(model(out).flatten(0, 1), out.flatten()).backward()  # SG201
    out = blank(seqs)
    for i, (row, ids) in enumerate(zip(out, seqs)):
        row[: len(ids)] = torch.tensor(ids)
    F.cross_entropy(model(out).flatten(0, 1), out.flatten(), ignore_index=1).backward()  # ok: SG201
    out = blank(seqs)
    for i, ids in enumerate(seqs):
        out[i][: len(ids)] = torch.tensor(ids)
    F.cross_entropy(model(out).flatten(0, 1), out.flatten()).backward()  # SG201
    out = blank(seqs)
    for i, ids in enumerate(seqs):
        out[i, : len(ids)].copy_(torch.tensor(ids))
    F.cross_entropy(model(out).flatten(0, 1), out.flatten()).backward()  # SG201
    out = blank(seqs)
    for i in range(len(seqs)):
        row = out[i]
        row[: len(seqs[i])] = torch.tensor(seqs[i])
    F.cross_entropy(model(out).flatten(0, 1), out.flatten()).backward()  # SG201


def read(text):
    return [[int(w) for w in line.split()] for line in text.splitlines()]


train(read("2 3 4\n5\n6 7"))
