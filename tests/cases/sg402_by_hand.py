"""Scores of the wrong scale under losses that are written by hand, and of the right one."""
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


def log_of_logits(model, ids):
    y = ids[:, 1:]
    loss = -torch.log(model(ids[:, :-1]).gather(-1, y.unsqueeze(-1)).squeeze(-1))[y != PAD].mean()  # SG402
    loss.backward()


def index_of_logits(model, ids):
    y = ids[:, 1:]
    scores, gold = model(ids[:, :-1])[y != PAD], y[y != PAD]
    loss = -scores[torch.arange(len(gold)), gold].log().mean()  # SG402
    loss.backward()


def divergence_of_probabilities(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids)[keep].softmax(-1)
    return F.kl_div(model(ids)[keep].softmax(-1), p, reduction="batchmean")  # SG402


def divergence_of_logits(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids)[keep].softmax(-1)
    return nn.KLDivLoss(reduction="batchmean")(model(ids)[keep], p)  # SG402


def log_of_probabilities(model, ids):
    y = ids[:, 1:]
    loss = -torch.log(model(ids[:, :-1]).softmax(-1).gather(-1, y.unsqueeze(-1)).squeeze(-1))[y != PAD].mean()  # ok: SG402
    loss.backward()


def index_of_probabilities(model, ids):
    y = ids[:, 1:]
    p, gold = model(ids[:, :-1])[y != PAD].softmax(-1), y[y != PAD]
    loss = -p[torch.arange(len(gold)), gold].clamp(min=1e-9).log().mean()  # ok: SG402
    loss.backward()


def divergence(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        p = teacher(ids)[keep].softmax(-1)
    return F.kl_div(model(ids)[keep].log_softmax(-1), p, reduction="batchmean")  # ok: SG402


def divergence_of_logarithms(model, teacher, ids):
    keep = ids != PAD
    with torch.no_grad():
        logq = teacher(ids)[keep].log_softmax(-1)
    kl = nn.KLDivLoss(reduction="batchmean", log_target=True)
    return kl(model(ids)[keep].softmax(-1).log(), logq)  # ok: SG402


def logsumexp(model, ids):
    y = ids[:, 1:]
    logits, gold = model(ids[:, :-1])[y != PAD], y[y != PAD]
    return (logits.logsumexp(-1) - logits[torch.arange(len(gold)), gold]).mean()  # ok: SG402, SG401


if __name__ == "__main__":
    model, teacher, ids = LM(), LM(16), batch()
    log_of_logits(model, ids)
    index_of_logits(model, ids)
    divergence_of_probabilities(model, teacher, ids).backward()
    divergence_of_logits(model, teacher, ids).backward()
    log_of_probabilities(model, ids)
    index_of_probabilities(model, ids)
    divergence(model, teacher, ids).backward()
    divergence_of_logarithms(model, teacher, ids).backward()
    logsumexp(model, ids).backward()
