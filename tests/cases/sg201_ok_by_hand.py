"""Cross entropies written out by hand that leave the padding out, each in its own way."""
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


def by_gather(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG201, SG301
    return (nll * (y != PAD)).sum() / (y != PAD).sum()


def by_index(model, ids):
    gold = ids[:, 1:].flatten()
    logp = F.log_softmax(model(ids[:, :-1]), -1).flatten(0, 1)
    nll = -logp[torch.arange(gold.numel()), gold]  # ok: SG201
    loss = nll[gold != PAD].mean()
    loss.backward()


def kept_rows(model, ids):
    y = ids[:, 1:]
    keep = y != PAD
    logp, gold = model(ids[:, :-1]).log_softmax(-1)[keep], y[keep]
    return -logp[torch.arange(len(gold)), gold].mean()  # ok: SG201


def by_logsumexp(model, ids):
    y = ids[:, 1:]
    logits = model(ids[:, :-1])
    nll = logits.logsumexp(-1) - logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)  # ok: SG201
    return nll.masked_fill(y == PAD, 0.0).sum() / (y != PAD).sum()


def by_log(model, ids):
    y = ids[:, 1:]
    p = model(ids[:, :-1]).softmax(-1)
    nll = -torch.log(p.gather(2, y.unsqueeze(2)).squeeze(2))  # ok: SG201, SG402
    loss = nll.masked_select(y != PAD).mean()
    loss.backward()


def smoothed(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    pred = model(ids[:, :-1]).reshape(-1, VOCAB)
    hot = torch.zeros_like(pred).scatter(1, gold.view(-1, 1), 1)
    hot = hot * (1 - eps) + (1 - hot) * eps / (VOCAB - 1)
    loss = -(hot * F.log_softmax(pred, dim=1)).sum(dim=1)  # ok: SG201
    return loss.masked_select(gold.ne(PAD)).mean()


def rows_of_zeros(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    pred = model(ids[:, :-1]).reshape(-1, VOCAB)
    target = torch.full_like(pred, eps / (VOCAB - 2))
    target.scatter_(1, gold.unsqueeze(1), 1 - eps)
    target[:, PAD] = 0
    target[gold == PAD] = 0
    return F.kl_div(pred.log_softmax(-1), target, reduction="sum") / (gold != PAD).sum()  # ok: SG201


def filled_rows(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    logp = model(ids[:, :-1]).reshape(-1, VOCAB).log_softmax(-1)
    target = torch.zeros_like(logp)
    target.fill_(eps / (VOCAB - 2))
    target.scatter_(1, gold.unsqueeze(1), 1 - eps)
    target.index_fill_(0, torch.nonzero(gold == PAD).squeeze(-1), 0.0)
    kl = nn.KLDivLoss(reduction="sum")
    return kl(logp, target) / (gold != PAD).sum()  # ok: SG201


def distilled(model, teacher, ids):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    logp = model(ids).log_softmax(-1)
    keep = ids != PAD
    kl = F.kl_div(logp, p, reduction="none").sum(-1)  # ok: SG201, SG301
    return (kl * keep).sum() / keep.sum()


def distilled_answers(model, teacher, ids, labels):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    logp = model(ids).log_softmax(-1)
    keep = labels[:, 1:] != -100
    return F.kl_div(logp[:, :-1][keep], p[:, :-1][keep], reduction="batchmean")  # ok: SG201, SG209


def distilled_with_labels(model, teacher, ids, labels):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    keep = labels != -100
    kl = F.kl_div(model(ids).log_softmax(-1), p, reduction="none").sum(-1)  # ok: SG201, SG209
    return (kl * keep).sum() / keep.sum()


if __name__ == "__main__":
    model, ids = LM(), batch()
    by_index(model, ids)
    by_log(model, ids)
    by_gather(model, ids).backward()
    kept_rows(model, ids).backward()
    by_logsumexp(model, ids).backward()
    smoothed(model, ids).backward()
    rows_of_zeros(model, ids).backward()
    filled_rows(model, ids).backward()
    distilled(model, LM(16), ids).backward()
    distilled_with_labels(model, LM(16), ids, ids.masked_fill(ids == PAD, -100)).backward()
    distilled_answers(model, LM(16), ids, ids.masked_fill(ids == PAD, -100)).backward()
