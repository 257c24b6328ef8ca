"""Logits that are multiplied by the mask before a loss that is written by hand."""
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


def masked_logits(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logits = model(ids[:, :-1]) * mask.unsqueeze(-1)
    return -logits.log_softmax(-1).gather(-1, y.unsqueeze(-1)).mean()  # SG207


def masked_logits_and_logsumexp(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logits = model(ids[:, :-1]) * mask.unsqueeze(-1)
    nll = logits.logsumexp(-1) - logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG207
    return nll.mean()


def masked_log_probs(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logp = model(ids[:, :-1]).log_softmax(-1) * mask.unsqueeze(-1)
    return -logp.gather(-1, y.unsqueeze(-1)).sum() / mask.sum()  # ok: SG207


def masked_loss(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    nll = -model(ids[:, :-1]).log_softmax(-1).gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG207
    return (nll * mask).sum() / mask.sum()


def selected(model, ids):
    y = ids[:, 1:]
    mask = y != PAD
    logits, gold = model(ids[:, :-1])[mask], y[mask]
    nll = logits.logsumexp(-1) - logits.gather(-1, gold.unsqueeze(-1)).squeeze(-1)  # ok: SG207
    return nll.mean()


if __name__ == "__main__":
    model, ids = LM(), batch()
    masked_logits(model, ids).backward()
    masked_logits_and_logsumexp(model, ids).backward()
    masked_log_probs(model, ids).backward()
    masked_loss(model, ids).backward()
    selected(model, ids).backward()
