import torch
import torch.nn.functional as F
from torch import nn


class PointerGenerator(nn.Module):
    """A mixture of generating and copying; the output is a distribution."""

    def __init__(self, vocab=30, d=16):
        super().__init__()
        self.vocab = vocab
        self.e = nn.Embedding(vocab, d)
        self.enc = nn.GRU(d, d, batch_first=True)
        self.dec = nn.GRU(d, d, batch_first=True)
        self.gen = nn.Linear(d, vocab)
        self.p = nn.Linear(d, 1)

    def forward(self, src, trg):
        mem, h = self.enc(self.e(src))
        out, _ = self.dec(self.e(trg), h)
        p_gen = torch.sigmoid(self.p(out))
        vocab_dist = F.softmax(self.gen(out), dim=-1)
        attn = F.softmax(out @ mem.transpose(1, 2), dim=-1)
        copy = torch.zeros_like(vocab_dist).scatter_add(2, src.unsqueeze(1).expand(-1, out.size(1), -1), attn)
        return p_gen * vocab_dist + (1 - p_gen) * copy


if __name__ == "__main__":
    net = PointerGenerator()
    src, trg = torch.randint(0, 30, (2, 8)), torch.randint(0, 30, (2, 6))
    dist = net.gen(net.e(trg[:, :-1])).softmax(dim=2)
    mixed = net(src, trg[:, :-1])
    warmup = F.nll_loss(dist.flatten(0, 1), trg[:, 1:].flatten())  # SG402
    final = F.nll_loss(torch.log(mixed + 1e-9).flatten(0, 1), trg[:, 1:].flatten())  # ok: SG402
    (warmup + final).backward()
