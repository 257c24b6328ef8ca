from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class TokenIds:
    bos: int = 1
    eos: int = 2
    pad: int = 2


class Speech(nn.Module):
    """A decoder over speech units"""

    def __init__(self, ids: TokenIds, units=50, d=16):
        super().__init__()
        self.ids = ids
        self.emb = nn.Embedding(units, d)
        self.rnn = nn.LSTM(d, d, batch_first=True)
        self.out = nn.Linear(d, units)

    def prepare(self, seqs):
        rows = [[self.ids.bos, *s, self.ids.eos] for s in seqs]
        n = max(len(r) for r in rows)
        return torch.tensor([r + [self.ids.pad] * (n - len(r)) for r in rows])

    def forward(self, seqs):
        units = self.prepare(seqs)
        logits = self.out(self.rnn(self.emb(units[:, :-1]))[0])
        return F.cross_entropy(logits.transpose(1, 2), units[:, 1:], ignore_index=self.ids.pad)  # SG203


if __name__ == "__main__":
    Speech(TokenIds())([[5, 6, 7], [8], [9, 10, 11, 12]]).backward()
