"""What a loss that is written by hand is divided by, after the padding was masked."""
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


def mean_of_all(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG301
    return (nll * (y != PAD)).mean()


def mean_of_zeros(model, ids, eps=0.1):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = F.one_hot(y, VOCAB) * (1 - eps) + eps / VOCAB
    loss = -(hot * logp).sum(-1)  # SG301
    return loss.masked_fill(y == PAD, 0.0).mean()


def soft_mean_of_all(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    plogp = p * model(ids).log_softmax(-1)  # SG301
    return -torch.sum(plogp * keep.unsqueeze(-1), 2).mean()


def divergence_of_all(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    kl = F.kl_div(model(ids).log_softmax(-1), p, reduction="none")  # SG301
    return (kl.sum(-1) * keep).mean()


def real_mean(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG301
    return (nll * (y != PAD)).sum() / (y != PAD).sum()


def real_mean_of_smoothed(model, ids, eps=0.1):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = F.one_hot(y, VOCAB) * (1 - eps) + eps / VOCAB
    loss = -(hot * logp).sum(-1)  # ok: SG301
    return loss.masked_fill(y == PAD, 0.0).sum() / (y != PAD).sum()


def real_soft_mean(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    plogp = p * model(ids).log_softmax(-1)  # ok: SG301
    return -torch.sum(plogp * keep.unsqueeze(-1)) / keep.sum()


def real_mean_of_divergence(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    kl = F.kl_div(model(ids).log_softmax(-1), p, reduction="none")  # ok: SG301
    return kl.sum(-1)[keep].mean()


def per_response(model, ids):
    y = ids[:, 1:]
    keep = y != PAD
    nll = -model(ids[:, :-1]).log_softmax(-1).gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG301
    loss = ((nll * keep).sum(-1) / keep.sum(-1)).mean()
    loss.backward()


if __name__ == "__main__":
    model, teacher, ids = LM(), LM(16), batch()
    mean_of_all(model, ids).backward()
    mean_of_zeros(model, ids).backward()
    soft_mean_of_all(model, teacher, ids).backward()
    divergence_of_all(model, teacher, ids).backward()
    real_mean(model, ids).backward()
    real_mean_of_smoothed(model, ids).backward()
    real_soft_mean(model, teacher, ids).backward()
    real_mean_of_divergence(model, teacher, ids).backward()
    per_response(model, ids)
