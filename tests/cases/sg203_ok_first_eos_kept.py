import torch
import torch.nn.functional as F
from torch import nn

EOS = 0  # also fills the rows: the lengths say where a row ends
BOS = 1
MAX = 9


def rows_of(seqs):
    ids = torch.full((len(seqs), MAX), EOS)
    lengths = torch.tensor([len(s) + 1 for s in seqs])
    for i, s in enumerate(seqs):
        ids[i, :len(s)] = torch.tensor(s)
    return ids, lengths


class LM(nn.Module):
    def __init__(self, n=14, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(n, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, n)

    def forward(self, y):
        bos = torch.full((y.size(0), 1), BOS)
        return self.o(self.r(self.e(torch.cat([bos, y[:, :-1]], dim=1)))[0])


def main():
    y, lengths = rows_of([[4, 5], [6, 7, 8], [9]])
    logits = LM()(y)
    mask = torch.arange(MAX).unsqueeze(0) < lengths.unsqueeze(1)  # the end itself counts
    loss = F.cross_entropy(logits[mask], y[mask])  # ok: SG203, SG201, SG501
    labels = y.masked_fill(~mask, -100)
    loss = loss + F.cross_entropy(logits.transpose(1, 2), labels)  # ok: SG203, SG201, SG202
    loss.backward()


if __name__ == "__main__":
    main()
