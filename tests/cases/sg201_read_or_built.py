"""Padded rows are read from a file where it is there, and else built and saved."""
import os
import pickle
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

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


def tried(model, rows, folder):
    try:
        ids = torch.load(folder + "/tried.pt")
    except FileNotFoundError:
        ids = batch_of(rows)
        torch.save(ids, folder + "/tried.pt")
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201


def looked_for(model, rows, folder):
    path = Path(folder) / "ids.pkl"
    if path.exists():
        with path.open("rb") as file:
            ids = pickle.load(file)
    else:
        ids = [row + [0] * (9 - len(row)) for row in rows]
        with path.open("wb") as file:
            pickle.dump(ids, file)
    ids = torch.tensor(ids)
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201


def saved(rows, path):
    if os.path.isfile(path):
        return np.load(path)
    ids = np.zeros((len(rows), 9), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    np.save(path, ids)
    return ids


def by_a_function(model, rows, folder):
    ids = torch.from_numpy(saved(rows, folder + "/ids.npy"))
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201


def several(model, rows, folder):
    path = folder + "/several.pt"
    data = torch.load(path) if os.path.exists(path) else {"ids": batch_of(rows), "rows": len(rows)}
    torch.save(data, path)
    ids = data["ids"]
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201


class Rows(Dataset):
    def __init__(self, rows, path):
        if os.path.exists(path):
            self.rows = torch.load(path)
        else:
            self.rows = []
            for row in rows:
                self.rows.append(row + [0] * (9 - len(row)))
            torch.save(self.rows, path)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return torch.tensor(self.rows[i])


def kept_by_a_data_set(model, rows, folder):
    for ids in DataLoader(Rows(rows, folder + "/rows.pt"), batch_size=4):
        loss = F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201
    return loss


def main(text):
    words = sorted(set(text.split()))
    rows = [[2 + words.index(word) for word in line.split()] for line in text.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        for loss in (tried, looked_for, by_a_function, several, kept_by_a_data_set):
            loss(LM(), rows, folder).backward()


if __name__ == "__main__":
    main("a cat sat\nbirds sing\nyes\n")
