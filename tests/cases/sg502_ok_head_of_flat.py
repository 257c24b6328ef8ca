import torch
import torch.nn.functional as F
from torch import nn


class Columns(nn.Module):
    """every column of a row has a vocabulary of its own, laid out one after the other"""

    def __init__(self, n_cols=3, per_col=7, dim=16):
        super().__init__()
        self.n_cols, self.per_col = n_cols, per_col
        self.embed = nn.Embedding(n_cols * per_col + 1, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, per_col + 1)

    def offset(self, idx):
        _, t = idx.shape
        times = -(-t // self.n_cols)
        shift = (torch.arange(self.n_cols) * self.per_col).repeat(times)
        return idx + shift[:t]

    def forward(self, idx, targets):
        logits = self.head(self.rnn(self.embed(self.offset(idx)))[0])
        return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))  # ok: SG502, SG501


def beams(scores, k=3):
    """the best k of all beams' continuations: the head of a flat row, not a shift"""
    flat = scores.flatten(1)
    best, at = flat.sort(-1, descending=True)
    best, at = best[:, :k], at[:, :k]
    logp = F.log_softmax(scores, -1).flatten(1)
    return best + logp.gather(1, at)


def first_chunk(rows, gold, n=4):
    logits = rows.flatten(0, 1)
    return F.cross_entropy(logits[:n], gold.flatten()[:n])  # ok: SG502


if __name__ == "__main__":
    ids = torch.randint(0, 7, (2, 8))
    Columns()(ids[:, :-1], ids[:, 1:]).backward()
    beams(torch.randn(2, 3, 5))
    first_chunk(torch.randn(2, 3, 6), torch.randint(0, 6, (2, 3)))
