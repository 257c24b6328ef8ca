import torch
import torch.nn.functional as F
from torch import nn

actor = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def replay(states, taken, gains):
    logp = F.log_softmax(actor(states), dim=-1)
    chosen = logp.gather(-1, taken.unsqueeze(-1)).squeeze(-1)  # ok: SG106, SG101
    return -(chosen * gains).mean()


def score(logits, ids):
    return logits.log_softmax(-1)[:, :-1].gather(2, ids[:, 1:, None]).squeeze(2).sum(1)  # ok: SG106, SG501


if __name__ == "__main__":
    states = torch.randn(5, 2, 4)
    with torch.no_grad():
        taken = torch.distributions.Categorical(logits=actor(states)).sample()
    replay(states, taken, torch.randn(5, 2)).backward()
    score(torch.randn(2, 6, 9), torch.randint(0, 9, (2, 6)))
