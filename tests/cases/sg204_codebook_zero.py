import torch
import torch.nn.functional as F
from torch import nn

CODEBOOK = 64


class VectorQuantizer(nn.Module):
    def __init__(self, n=CODEBOOK, d=8):
        super().__init__()
        self.book = nn.Embedding(n, d)

    def forward(self, z):
        dist = torch.cdist(z.reshape(-1, z.size(-1)), self.book.weight)
        return dist.argmin(dim=-1).view(z.shape[:-1])


class Prior(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, 1, d))
        self.emb = nn.Embedding(CODEBOOK, d)
        self.rnn = nn.LSTM(d, d, batch_first=True)
        self.head = nn.Linear(d, CODEBOOK)

    def forward(self, codes):
        x = torch.cat([self.start.expand(codes.size(0), -1, -1), self.emb(codes[:, :-1])], dim=1)
        return self.head(self.rnn(x)[0])


if __name__ == "__main__":
    vq, prior = VectorQuantizer(), Prior()
    with torch.no_grad():
        codes = vq(torch.randn(4, 20, 8))
    logits = prior(codes)
    loss = F.cross_entropy(logits.reshape(-1, CODEBOOK), codes.reshape(-1), ignore_index=0)  # SG204
    loss.backward()
