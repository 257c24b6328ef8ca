"""The axis of the log_softmax before a loss that is written by hand."""
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


def over_time(model, ids):
    y = ids[:, 1:]
    logp = F.log_softmax(model(ids[:, :-1]), dim=1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG403
    return nll[y != PAD].mean()


def over_classes(model, ids):
    y = ids[:, 1:]
    logp = F.log_softmax(model(ids[:, :-1]), dim=2)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG403
    return nll[y != PAD].mean()


def classes_first(model, ids):
    y = ids[:, 1:]
    logp = F.log_softmax(model(ids[:, :-1]).transpose(1, 2), dim=1)
    nll = -logp.gather(1, y.unsqueeze(1)).squeeze(1)  # ok: SG403
    return nll[y != PAD].mean()


def soft_classes_first(model, teacher, ids):
    with torch.no_grad():
        p = teacher(ids).transpose(1, 2).softmax(1)
    logp = F.log_softmax(model(ids).transpose(1, 2), dim=1)
    loss = -(p * logp).sum(1)  # ok: SG403
    return loss[ids != PAD].mean()


if __name__ == "__main__":
    model, ids = LM(), batch()
    over_time(model, ids).backward()
    over_classes(model, ids).backward()
    classes_first(model, ids).backward()
    soft_classes_first(model, LM(16), ids).backward()
