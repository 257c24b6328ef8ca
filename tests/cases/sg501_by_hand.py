"""The shift of losses that are written by hand."""
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


def copied(model, ids):
    logp = model(ids).log_softmax(-1)
    nll = -logp.gather(-1, ids.unsqueeze(-1)).squeeze(-1)  # SG501
    return nll[ids != PAD].mean()


def copied_one_hot(model, ids):
    logp = model(ids).log_softmax(-1)
    loss = -(F.one_hot(ids, VOCAB) * logp).sum(-1)  # SG501
    return loss[ids != PAD].mean()


def backwards(model, ids):
    logits, y = model(ids)[:, 1:], ids[:, :-1]
    nll = logits.logsumexp(-1) - logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG501
    return nll[y != PAD].mean()


def shifted(model, ids):
    y = ids[:, 1:]
    logp = model(ids)[:, :-1].log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG501
    return nll[y != PAD].mean()


def shifted_one_hot(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    loss = -(F.one_hot(y, VOCAB) * logp).sum(-1)  # ok: SG501
    return loss[y != PAD].mean()


def shifted_logits(model, ids):
    logits, y = model(ids)[:, :-1], ids[:, 1:]
    nll = logits.logsumexp(-1) - logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG501
    return nll[y != PAD].mean()


def of_a_teacher(model, teacher, ids):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    loss = -(p * model(ids).log_softmax(-1)).sum(-1)  # ok: SG501
    return loss[ids != PAD].mean()


if __name__ == "__main__":
    model, ids = LM(), batch()
    copied(model, ids).backward()
    copied_one_hot(model, ids).backward()
    backwards(model, ids).backward()
    shifted(model, ids).backward()
    shifted_one_hot(model, ids).backward()
    shifted_logits(model, ids).backward()
    of_a_teacher(model, LM(16), ids).backward()
