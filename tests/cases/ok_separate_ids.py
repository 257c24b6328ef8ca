from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Ids:
    pad: int = 0
    bos: int = 1
    eos: int = 2


class Decoder(nn.Module):
    ids = Ids()

    def __init__(self, units=50, d=16):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(units, d), nn.LSTM(d, d, batch_first=True), nn.Linear(d, units)

    def prepare(self, seqs):
        rows = [[self.ids.bos, *s, self.ids.eos] for s in seqs]
        n = max(len(r) for r in rows)
        return torch.tensor([r + [self.ids.pad] * (n - len(r)) for r in rows])

    def loss(self, seqs):
        units = self.prepare(seqs)
        logits = self.out(self.rnn(self.emb(units[:, :-1]))[0])
        return F.cross_entropy(logits.transpose(1, 2), units[:, 1:], ignore_index=self.ids.pad)  # ok: SG203, SG201, SG202, SG501


class EosPadded(Decoder):
    """pads with the end symbol, but keeps the first one"""

    def loss(self, seqs):
        n = max(len(s) for s in seqs) + 1
        eos = self.ids.eos
        inp = torch.tensor([[self.ids.bos] + s + [eos] * (n - 1 - len(s)) for s in seqs])
        out = torch.tensor([s + [eos] * (n - len(s)) for s in seqs])
        weight = torch.tensor([[1.0] * (len(s) + 1) + [0.0] * (n - 1 - len(s)) for s in seqs])
        logits = self.out(self.rnn(self.emb(inp))[0])
        nll = F.cross_entropy(logits.transpose(1, 2), out, reduction="none")  # ok: SG203, SG201, SG301
        return (nll * weight).sum() / weight.sum()


if __name__ == "__main__":
    seqs = [[5, 6, 7], [8], [9, 10, 11, 12]]
    (Decoder().loss(seqs) + EosPadded().loss(seqs)).backward()
