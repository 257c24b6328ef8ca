import torch
import torch.nn as nn
import torch.nn.functional as F


class WithModule(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 4), nn.LogSoftmax(dim=1))

    def forward(self, x):
        return self.net(x)


class Steps(nn.Module):
    def __init__(self, v=15):
        super().__init__()
        self.e, self.c, self.o = nn.Embedding(v, 8), nn.GRUCell(8, 8), nn.Linear(8, v)

    def forward(self, ids):
        h = torch.zeros(ids.size(0), 8)
        out = []
        for t in range(ids.size(1)):
            h = self.c(self.e(ids[:, t]), h)
            out.append(F.log_softmax(self.o(h), dim=-1))
        return torch.stack(out, dim=1)


if __name__ == "__main__":
    y = torch.randint(0, 4, (10,))
    loss = F.nll_loss(WithModule()(torch.randn(10, 6)), y)  # ok: SG402, SG403

    ids = torch.randint(0, 15, (3, 9))
    logp = Steps()(ids[:, :-1])
    nll = nn.NLLLoss()
    loss = loss + nll(logp.transpose(1, 2), ids[:, 1:])  # ok: SG402, SG501
    loss = loss + nll(logp.flatten(0, 1), ids[:, 1:].flatten())  # ok: SG402, SG404

    raw = nn.Linear(6, 4)(torch.randn(10, 6))
    loss = loss + F.nll_loss(raw - raw.logsumexp(dim=1, keepdim=True), y)  # ok: SG402
    loss = loss + F.nll_loss(F.softmax(raw, dim=1).log(), y)  # ok: SG402
    loss = loss + F.nll_loss(F.softmax(raw, dim=1).clamp(min=1e-9).log(), y)  # ok: SG402
    loss.backward()
