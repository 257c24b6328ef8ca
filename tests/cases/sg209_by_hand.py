"""Masks of losses that are written by hand: the wrong way round, of other positions, and right."""
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


def inverted(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG209
    return (nll * (y == PAD)).sum() / (y == PAD).sum()


def of_the_input(model, ids):
    x, y = ids[:, :-1], ids[:, 1:]
    keep = x != PAD
    logp = model(x).log_softmax(-1)
    hot = F.one_hot(y, VOCAB).float()
    return -((hot * logp).sum(-1) * keep).sum() / keep.sum()  # SG209


def rows_of_the_real(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    target = torch.full_like(logp, eps / (VOCAB - 2)).scatter_(1, gold.unsqueeze(1), 1 - eps)
    target[gold != PAD] = 0
    return F.kl_div(logp, target, reduction="sum") / (gold != PAD).sum()  # SG209


def right_way(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG209
    return (nll * (y != PAD)).sum() / (y != PAD).sum()


def of_the_targets(model, ids):
    x, y = ids[:, :-1], ids[:, 1:]
    keep = y != PAD
    logp = model(x).log_softmax(-1)
    hot = F.one_hot(y, VOCAB).float()
    return -((hot * logp).sum(-1) * keep).sum() / keep.sum()  # ok: SG209


def rows_of_the_padding(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    target = torch.full_like(logp, eps / (VOCAB - 2)).scatter_(1, gold.unsqueeze(1), 1 - eps)
    target[gold == PAD] = 0
    return F.kl_div(logp, target, reduction="sum") / (gold != PAD).sum()  # ok: SG209


def of_what_is_fed(model, teacher, ids):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    logp = model(ids).log_softmax(-1)
    keep = ids[:, 1:] != PAD
    kl = -(p * logp)[:, :-1].sum(-1)  # ok: SG209
    return (kl * keep).sum() / keep.sum()


if __name__ == "__main__":
    model, ids = LM(), batch()
    inverted(model, ids).backward()
    of_the_input(model, ids).backward()
    rows_of_the_real(model, ids).backward()
    right_way(model, ids).backward()
    of_the_targets(model, ids).backward()
    rows_of_the_padding(model, ids).backward()
    of_what_is_fed(model, LM(16), ids).backward()
