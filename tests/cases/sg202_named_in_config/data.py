import random

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler


class Sents(Dataset):
    def __init__(self, n):
        rng = random.Random(0)
        self.x = [[rng.randrange(3, 30) for _ in range(rng.randint(3, 7))] for _ in range(n)]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.LongTensor(self.x[i])


class ByLength(Sampler):
    def __init__(self, data):
        self.order = sorted(range(len(data)), key=lambda i: len(data[i]))

    def __iter__(self):
        return iter(self.order)

    def __len__(self):
        return len(self.order)


def make_loader(pad, batch, n=6):
    def collate(rows):
        width = max(r.numel() for r in rows)
        block = rows[0].new_full((len(rows), width), pad)
        for i, r in enumerate(rows):
            block[i, : r.numel()] = r
        return {"inp": block[:, :-1], "out": block[:, 1:]}

    data = Sents(n)
    return DataLoader(data, batch_sampler=BatchSampler(ByLength(data), batch, False), collate_fn=collate)
