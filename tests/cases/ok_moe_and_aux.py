import torch
import torch.nn.functional as F
from torch import nn


class Router(nn.Module):
    def __init__(self, d=16, experts=4):
        super().__init__()
        self.gate = nn.Linear(d, experts)
        self.experts = nn.ModuleList(nn.Linear(d, d) for _ in range(experts))

    def forward(self, x):
        probs = F.softmax(self.gate(x), dim=-1)
        weight, idx = probs.max(dim=-1)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            chosen = idx == i
            out[chosen] = expert(x[chosen]) * weight[chosen].unsqueeze(-1)
        density = F.one_hot(idx, len(self.experts)).float().mean(dim=(0, 1))
        balance = len(self.experts) * (density * probs.mean(dim=(0, 1))).sum()
        return out, balance


class LM(nn.Module):
    def __init__(self, vocab=24, d=16):
        super().__init__()
        self.emb, self.rnn, self.moe, self.head = nn.Embedding(vocab, d), nn.GRU(d, d, batch_first=True), Router(d), nn.Linear(d, vocab)

    def forward(self, ids):
        h, _ = self.rnn(self.emb(ids[:, :-1]))
        mixed, balance = self.moe(h)
        logits = self.head(h + mixed)
        z_loss = torch.logsumexp(logits, dim=-1).pow(2).mean()
        ce = F.cross_entropy(logits.view(-1, logits.size(-1)), ids[:, 1:].reshape(-1))  # ok: SG401, SG206, SG501, SG107
        return ce + 0.01 * balance + 1e-4 * z_loss


if __name__ == "__main__":
    LM()(torch.randint(0, 24, (3, 14))).backward()
