"""A mask is made for a loss that is written by hand, and forgotten; and the same with it."""
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


def forgotten(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logp = model(ids[:, :-1]).log_softmax(-1)
    return -logp.gather(-1, y.unsqueeze(-1)).mean()  # SG205


def forgotten_by_smoothing(model, ids, eps=0.1):
    y = ids[:, 1:]
    mask = y.ne(PAD)
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = F.one_hot(y, VOCAB) * (1 - eps) + eps / VOCAB
    return -(hot * logp).sum(-1).mean()  # SG205


def used(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logp = model(ids[:, :-1]).log_softmax(-1)
    return -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)[mask].mean()  # ok: SG205


def used_by_smoothing(model, ids, eps=0.1):
    y = ids[:, 1:]
    mask = y.ne(PAD)
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = F.one_hot(y, VOCAB) * (1 - eps) + eps / VOCAB
    return -((hot * logp).sum(-1) * mask).sum() / mask.sum()  # ok: SG205


def used_on_rows(model, ids, eps=0.1):
    y = ids[:, 1:]
    mask = y.ne(PAD)
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = (F.one_hot(y, VOCAB) * (1 - eps) + eps / VOCAB) * mask.unsqueeze(-1)
    return -(hot * logp).sum() / mask.sum()  # ok: SG205, SG201


if __name__ == "__main__":
    model, ids = LM(), batch()
    forgotten(model, ids).backward()
    forgotten_by_smoothing(model, ids).backward()
    used(model, ids).backward()
    used_by_smoothing(model, ids).backward()
    used_on_rows(model, ids).backward()
