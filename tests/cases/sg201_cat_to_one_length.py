"""Rows made equally long by cat: what is put behind them is padding; class 0 put behind found labels is not."""
import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.tensor([random.randrange(2, 20) for _ in range(random.randint(2, 6))])


def fill_up(rows, before=False):
    width = max(len(r) for r in rows)
    if before:
        return torch.stack([torch.cat([torch.ones(width - len(r), dtype=torch.long), r]) for r in rows])
    return torch.stack([torch.cat([r, r.new_full((width - r.size(0),), 1)]) for r in rows])


def train():
    model = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 20))
    for y in DataLoader(Rows(), batch_size=2, collate_fn=fill_up):
        logits = model(y).flatten(0, 1)
        F.cross_entropy(logits, y.flatten()).backward()  # SG201
    for y in DataLoader(Rows(), batch_size=2, collate_fn=lambda rows: fill_up(rows, before=True)):
        logits = model(y).flatten(0, 1)
        F.cross_entropy(logits, y.flatten(), ignore_index=1).backward()  # ok: SG201
    for found in DataLoader(Rows(), batch_size=1):
        labels = torch.cat([found[0], torch.zeros(5, dtype=torch.long)])
        F.cross_entropy(torch.randn(len(labels), 20), labels).item()  # ok: SG201


train()
