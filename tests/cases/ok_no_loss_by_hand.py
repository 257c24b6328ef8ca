"""Log-probabilities that are no cross entropy: policies, entropies, preferences, scores and searches."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, VOCAB = 0, 14


class LM(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(VOCAB, dim), nn.GRU(dim, dim, batch_first=True), nn.Linear(dim, VOCAB)

    def forward(self, ids):
        return self.out(self.rnn(self.emb(ids))[0])


def batch():
    return pad_sequence([torch.randint(1, VOCAB, (n,)) for n in (5, 3, 8)], batch_first=True)


def token_log_probs(policy, ids):
    logp = policy(ids[:, :-1]).log_softmax(-1)
    return logp.gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)


def reinforce(policy, ids, reward, baseline):
    logp = token_log_probs(policy, ids)
    loss = -(logp.sum(-1) * (reward - baseline)).mean()
    loss.backward()


def clipped(policy, old, ids, advantages, clip=0.2, beta=0.01):
    logp_all = F.log_softmax(policy(ids[:, :-1]), -1)
    new = logp_all.gather(-1, ids[:, 1:, None])[..., 0]
    with torch.no_grad():
        old_logp = token_log_probs(old, ids)
    ratio = torch.exp(new - old_logp)
    policy_loss = -torch.min(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages).mean()
    entropy = -(logp_all.exp() * logp_all).sum(-1).mean()
    loss = policy_loss - beta * entropy
    loss.backward()


def preferred(policy, ref, chosen, rejected, beta=0.1):
    ours = token_log_probs(policy, chosen).sum(-1) - token_log_probs(policy, rejected).sum(-1)
    theirs = token_log_probs(ref, chosen).sum(-1) - token_log_probs(ref, rejected).sum(-1)
    return -F.logsigmoid(beta * (ours - theirs)).mean()


def entropy_bonus(policy, ids):
    logits = policy(ids)
    p, logp = F.softmax(logits, -1), F.log_softmax(logits, -1)
    bonus = -(p * logp).sum(-1).mean()
    (-bonus).backward()


def score(policy, ids):
    keep = ids[:, 1:] != PAD
    return (token_log_probs(policy, ids) * keep).sum(-1) / keep.sum(-1)


def search(policy, ids, width=4):
    total = torch.zeros(ids.size(0))
    for _ in range(3):
        logp = policy(ids)[:, -1].log_softmax(-1)
        best = logp.topk(width, -1).indices[:, :1]
        total = total + logp.gather(-1, best).squeeze(-1)
        ids = torch.cat([ids, best], 1)
    return ids, total


if __name__ == "__main__":
    policy, ids = LM(), batch()
    reinforce(policy, ids, torch.randn(3), torch.randn(3))
    clipped(policy, LM(), ids, torch.randn(3, 7))
    preferred(policy, LM(), ids, ids.flip(0)).backward()
    entropy_bonus(policy, ids)
    score(policy, ids)
    search(policy, ids)
