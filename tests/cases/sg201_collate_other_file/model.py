import torch
from torch import nn


class Translator(nn.Module):
    def __init__(self, vocab_size, hidden):
        super().__init__()
        self.src_embedding = nn.Embedding(vocab_size, hidden)
        self.trg_embedding = nn.Embedding(vocab_size, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.project = nn.Linear(hidden, vocab_size)

    def forward(self, src, trg_in):
        _, state = self.encoder(self.src_embedding(src))
        states, _ = self.decoder(self.trg_embedding(trg_in), state)
        return self.project(states)

    @torch.no_grad()
    def greedy(self, src, bos, steps=10):
        _, state = self.encoder(self.src_embedding(src))
        token = torch.full((src.size(0), 1), bos)
        out = []
        for _ in range(steps):
            h, state = self.decoder(self.trg_embedding(token), state)
            token = self.project(h).argmax(-1)
            out.append(token)
        return torch.cat(out, dim=1)
