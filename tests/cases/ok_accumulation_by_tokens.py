import itertools

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD_ID, ACCUM = 0, 2


def collate(rows):
    ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD_ID)
    labels = ids[:, 1:].clone()
    labels[labels == PAD_ID] = -100
    return {"input_ids": ids[:, :-1], "labels": labels, "num_tokens": (labels != -100).sum()}


class LM(nn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def batched(it, n):
    it = iter(it)
    while chunk := list(itertools.islice(it, n)):
        yield chunk


def main():
    rows = [[1] + list(range(3, 3 + n)) + [2] for n in (2, 9, 4, 1, 7, 3, 5, 5)]
    loader = DataLoader(rows, batch_size=2, collate_fn=collate)
    model = LM()
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for group in batched(loader, ACCUM):
        n = sum(b["num_tokens"] for b in group)
        for b in group:
            logits = model(b["input_ids"])
            loss = F.cross_entropy(logits.transpose(1, 2), b["labels"], reduction="sum") / n  # ok: SG303, SG301, SG201, SG202, SG501
            loss.backward()
        opt.step()
        opt.zero_grad()


if __name__ == "__main__":
    main()
