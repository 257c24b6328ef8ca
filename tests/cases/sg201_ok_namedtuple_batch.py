from collections import namedtuple

import torch
from torch import nn
from torch.utils.data import DataLoader

Batch = namedtuple("Batch", ["src", "dec_in", "dec_out"])
PAD, GO, STOP = 0, 1, 2


def pad_to(seq, n):
    return seq + [PAD] * (n - len(seq))


def collate(rows):
    ns = max(len(r[0]) for r in rows)
    nt = max(len(r[1]) for r in rows) + 1
    return Batch(
        src=torch.tensor([pad_to(r[0], ns) for r in rows]),
        dec_in=torch.tensor([pad_to([GO] + r[1], nt) for r in rows]),
        dec_out=torch.tensor([pad_to(r[1] + [STOP], nt) for r in rows]),
    )


class Morph(nn.Module):
    def __init__(self, chars=40, d=20):
        super().__init__()
        self.chars = chars
        self.emb = nn.Embedding(chars, d, padding_idx=PAD)
        self.enc, self.dec = nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, chars)

    def forward(self, b):
        _, h = self.enc(self.emb(b.src))
        return self.out(self.dec(self.emb(b.dec_in), h)[0])


if __name__ == "__main__":
    rows = [([5, 6, 7], [8, 9]), ([10, 11], [12, 13, 14, 15]), ([16], [17])]
    net, criterion = Morph(), nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=0.1)
    for b in DataLoader(rows, batch_size=3, collate_fn=collate):
        logits = net(b)
        loss = criterion(logits.view(-1, net.chars), b.dec_out.view(-1))  # ok: SG201
        loss.backward()
