"""A softmax too many before a loss that is written by hand."""
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


def twice(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).softmax(-1).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG401
    return nll[y != PAD].mean()


def logsumexp_of_probabilities(model, ids):
    y = ids[:, 1:]
    p = F.softmax(model(ids[:, :-1]), dim=-1)
    nll = p.logsumexp(-1) - p.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # SG401
    return nll[y != PAD].mean()


def once(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG401
    return nll[y != PAD].mean()


def logsumexp_of_logits(model, ids):
    y = ids[:, 1:]
    logits = model(ids[:, :-1])
    nll = logits.logsumexp(-1) - logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG401
    return nll[y != PAD].mean()


def of_mixed(model, ids, mixer):
    y = ids[:, 1:]
    weights = mixer(ids[:, :-1]).softmax(-1)
    logp = (model(ids[:, :-1]) * weights).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG401
    return nll[y != PAD].mean()


if __name__ == "__main__":
    model, ids = LM(), batch()
    twice(model, ids).backward()
    logsumexp_of_probabilities(model, ids).backward()
    once(model, ids).backward()
    logsumexp_of_logits(model, ids).backward()
    of_mixed(model, ids, LM()).backward()
