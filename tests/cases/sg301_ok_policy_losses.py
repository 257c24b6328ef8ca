"""Per-response and per-row reductions that are meant: REINFORCE, GRPO and DPO."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

V = 18


class Policy(nn.Module):
    def __init__(self, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(V, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, V)

    def forward(self, ids):
        return self.o(self.r(self.e(ids))[0])


def token_logps(model, ids):
    logits = model(ids[:, :-1])
    return -F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")  # ok: SG301, SG201, SG501


def grpo(model, old_logps, ids, mask, rewards):
    logps = token_logps(model, ids)
    adv = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    ratio = torch.exp(logps - old_logps)
    per_token = -torch.min(ratio * adv[:, None], ratio.clamp(0.8, 1.2) * adv[:, None])
    return ((per_token * mask).sum(-1) / mask.sum(-1)).mean()


def dpo(model, ref, chosen, rejected, beta=0.1):
    def row(m, ids):
        return (token_logps(m, ids) * (ids[:, 1:] != 0)).sum(-1)

    with torch.no_grad():
        ref_diff = row(ref, chosen) - row(ref, rejected)
    diff = row(model, chosen) - row(model, rejected)
    return -F.logsigmoid(beta * (diff - ref_diff)).mean()


def reinforce(model, ids, reward):
    logits = model(ids[:, :-1])
    nll = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0, reduction="none")  # ok: SG301, SG201
    return (nll.view(ids.size(0), -1).sum(1) * reward).mean()


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, V, (n,)) for n in (9, 5, 7, 6)], batch_first=True)
    policy, ref = Policy(), Policy()
    mask = (ids[:, 1:] != 0).float()
    with torch.no_grad():
        old = token_logps(policy, ids)
    loss = grpo(policy, old, ids, mask, torch.rand(4)) + dpo(policy, ref, ids[:2], ids[2:]) + reinforce(policy, ids, torch.rand(4))
    loss.backward()
