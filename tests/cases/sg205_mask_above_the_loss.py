import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MAX_LEN = 14
PAD_ID = 0


def pad_zero(seqs, max_len):
    padded = np.full((len(seqs), max_len), fill_value=PAD_ID, dtype=np.int64)
    for i, seq in enumerate(seqs):
        padded[i, :len(seq)] = seq
    return padded


class DateTransformer(nn.Module):
    def __init__(self, n_vocab, d=16):
        super().__init__()
        self.n_vocab = n_vocab
        self.embed = nn.Embedding(n_vocab, d)
        self.encoder = nn.GRU(d, d, batch_first=True)
        self.decoder = nn.GRU(d, d, batch_first=True)
        self.o = nn.Linear(d, n_vocab)
        self.opt = torch.optim.Adam(self.parameters(), 0.002)

    def forward(self, x, y):
        _, h = self.encoder(self.embed(x))
        return self.o(self.decoder(self.embed(y), h)[0])

    def step(self, x, y):
        self.opt.zero_grad()
        logits = self(x, y[:, :-1])
        pad_mask = y[:, 1:] != PAD_ID
        loss = F.cross_entropy(logits.reshape(-1, self.n_vocab), y[:, 1:].reshape(-1))  # SG205
        loss.backward()
        self.opt.step()
        return loss.item()


if __name__ == "__main__":
    xs = [[5, 6, 7], [8, 9, 10, 11, 5], [6]]
    ys = [[1, 7, 6, 5, 2], [1, 5, 11, 10, 9, 8, 2], [1, 6, 2]]
    x, y = torch.from_numpy(pad_zero(xs, MAX_LEN)), torch.from_numpy(pad_zero(ys, MAX_LEN + 1))
    net = DateTransformer(12)
    print(net.step(x, y))
