"""Rows are read from a file where it is there, and else built: without padding, or with padding that is ignored."""
import json
import os
import pickle

import numpy as np
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


def batch_of(rows):
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def ignored(model, rows, path):
    try:
        ids = torch.load(path)
    except FileNotFoundError:
        ids = batch_of(rows)
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=0)  # ok: SG201


def windows(model, rows, path):
    if os.path.exists(path):
        ids = np.load(path)
    else:
        stream = [i for row in rows for i in row]
        ids = np.array(stream[: len(stream) // 3 * 3]).reshape(-1, 3)
    ids = torch.from_numpy(ids)
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # ok: SG201


def rows_of_their_own(model, rows, path):
    if os.path.exists(path):
        with open(path, "rb") as file:
            rows = pickle.load(file)
    total = 0
    for row in rows:
        ids = torch.tensor(row).unsqueeze(0)
        total = total + F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # ok: SG201
    return total


def nothing_at_first(model, rows, path):
    ids = []
    if os.path.exists(path):
        ids = torch.load(path)
    ids = torch.tensor(ids or [rows[0]])
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # ok: SG201


def an_option(model, rows, path):
    options = {"ignore": 1}
    if os.path.exists(path):
        options = json.load(open(path))
    ids = batch_of(rows)
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=options["ignore"])  # ok: SG202


def a_model(model, rows, path):
    if os.path.exists(path):
        model = torch.load(path)
    ids = batch_of(rows)
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=0)  # ok: SG201


def taken_out_later(model, rows, path):
    ids = torch.load(path) if os.path.exists(path) else batch_of(rows)
    labels = ids[:, 1:]
    keep = labels != 0
    nll = F.cross_entropy(model(ids[:, :-1]), labels, reduction="none")  # ok: SG201
    return nll[keep].mean()


def main(text):
    words = sorted(set(text.split()))
    rows = [[2 + words.index(word) for word in line.split()] for line in text.splitlines()]
    for loss in (ignored, windows, rows_of_their_own, nothing_at_first, an_option, a_model, taken_out_later):
        loss(LM(), rows, "/nonexistent/rows").backward()


if __name__ == "__main__":
    main("a cat sat\nbirds sing\nwe like yes\n")
