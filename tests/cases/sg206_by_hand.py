"""Masks and losses that are written by hand: before and after the mean."""
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


def late(model, ids):
    y = ids[:, 1:]
    mask = (y != PAD).float()
    logp = model(ids[:, :-1]).log_softmax(-1)
    loss = -logp.gather(-1, y.unsqueeze(-1)).mean()  # SG206
    return (loss * mask).sum() / mask.sum()


def late_divergence(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    mask = (gold != PAD).float()
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    target = torch.full_like(logp, eps / (VOCAB - 2)).scatter_(1, gold.unsqueeze(1), 1 - eps)
    loss = F.kl_div(logp, target, reduction="batchmean")  # SG206
    return (loss * mask).sum() / mask.sum()


def in_time(model, ids):
    y = ids[:, 1:]
    mask = (y != PAD).float()
    logp = model(ids[:, :-1]).log_softmax(-1)
    loss = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG206
    return (loss * mask).sum() / mask.sum()


def in_time_over_classes(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    mask = (gold != PAD).float()
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    target = torch.full_like(logp, eps / (VOCAB - 2)).scatter_(1, gold.unsqueeze(1), 1 - eps)
    loss = F.kl_div(logp, target, reduction="none")  # ok: SG206
    return (loss * mask.unsqueeze(-1)).sum() / mask.sum()


def in_time_summed(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    mask = (gold != PAD).float()
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    hot = F.one_hot(gold, VOCAB).float()
    return -((hot * logp).sum(-1) * mask).sum() / mask.sum()  # ok: SG206


if __name__ == "__main__":
    model, ids = LM(), batch()
    late(model, ids).backward()
    late_divergence(model, ids).backward()
    in_time(model, ids).backward()
    in_time_over_classes(model, ids).backward()
    in_time_summed(model, ids).backward()
