import torch
import torch.nn.functional as F
from torch import nn

PAD, BOS, EOS = 0, 1, 2


def make(rows):
    n = max(len(r) for r in rows) + 2
    return torch.tensor([[BOS] + r + [EOS] + [PAD] * (n - len(r) - 2) for r in rows])


class LM(nn.Module):
    def __init__(self, n=16, d=12):
        super().__init__()
        self.e, self.r, self.h = nn.Embedding(n, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, n)

    def forward(self, x):
        return self.h(self.r(self.e(x))[0])


if __name__ == "__main__":
    tgt = make([[5, 6, 7], [8], [9, 10, 11, 12]])
    tgt_in, tgt_out = tgt[:, :-1], tgt[:, 1:]
    logits = LM()(tgt_in)
    mask = tgt_out != PAD
    nll = F.cross_entropy(logits.transpose(1, 2), tgt_out, reduction="none")  # ok: SG209
    loss = nll.masked_select(mask).mean()
    loss.backward()
    print(loss.item())
