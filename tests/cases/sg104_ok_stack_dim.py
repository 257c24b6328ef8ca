import torch
import torch.nn as nn
import torch.nn.functional as F


class Decoder(nn.Module):
    def __init__(self, vocab, hidden=20):
        super().__init__()
        self.embed = nn.Embedding(vocab, hidden)
        self.cell = nn.GRUCell(hidden, hidden)
        self.out = nn.Linear(hidden, vocab)

    def step(self, tok, h):
        h = self.cell(self.embed(tok), h)
        return self.out(h), h


def stacked_in_dim_one(dec, h, y):
    outs = []
    for t in range(y.size(1) - 1):
        o, h = dec.step(y[:, t], h)
        outs.append(o)
    outs = torch.stack(outs, dim=1)
    return F.cross_entropy(outs.reshape(-1, outs.size(-1)), y[:, 1:].reshape(-1))  # ok: SG104, SG501


def turned_afterwards(dec, h, y):
    outs = []
    for t in range(y.size(1) - 1):
        o, h = dec.step(y[:, t], h)
        outs.append(o)
    outs = torch.stack(outs).transpose(0, 1)
    return F.cross_entropy(outs.reshape(-1, outs.size(-1)), y[:, 1:].reshape(-1))  # ok: SG104, SG103, SG107


def both_time_first(dec, h, y):
    y = y.t()
    outs = []
    for t in range(y.size(0) - 1):
        o, h = dec.step(y[t], h)
        outs.append(o.unsqueeze(0))
    outs = torch.cat(outs, 0)
    return F.cross_entropy(outs.view(-1, outs.size(-1)), y[1:].reshape(-1))  # ok: SG104, SG102


def every_step(dec, h, y):
    loss = 0.0
    for t in range(y.size(1) - 1):
        o, h = dec.step(y[:, t], h)
        loss = loss + F.cross_entropy(o, y[:, t + 1])  # ok: SG101, SG104, SG501
    return loss / (y.size(1) - 1)


if __name__ == "__main__":
    dec = Decoder(30)
    y, h0 = torch.randint(0, 30, (6, 8)), torch.zeros(6, 20)
    values = [f(dec, h0, y).item() for f in (stacked_in_dim_one, turned_afterwards, both_time_first, every_step)]
    print(values)
    assert max(values) - min(values) < 1e-4
