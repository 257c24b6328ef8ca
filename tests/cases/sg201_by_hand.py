"""Cross entropies written out by hand over padded targets: nothing keeps the padding out."""
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
    return -logp.gather(-1, y.unsqueeze(-1)).mean()  # SG201


def by_index(model, ids):
    gold = ids[:, 1:].flatten()
    logp = F.log_softmax(model(ids[:, :-1]), -1).flatten(0, 1)
    loss = -logp[torch.arange(gold.numel()), gold].mean()  # SG201
    loss.backward()


def by_grid(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    b, t = torch.arange(y.size(0))[:, None], torch.arange(y.size(1))[None]
    return -logp[b, t, y].mean()  # SG201


def by_logsumexp(model, ids):
    y = ids[:, 1:]
    logits = model(ids[:, :-1])
    picked = logits.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    nll = logits.logsumexp(-1) - picked  # SG201
    return nll.mean()


def along_dim(model, ids):
    y = ids[:, 1:]
    logp = model(ids[:, :-1]).log_softmax(-1)
    nll = -torch.take_along_dim(logp, y.unsqueeze(-1), dim=-1).squeeze(-1)  # SG201
    loss = nll.sum() / nll.numel()
    loss.backward()


def by_log(model, ids):
    y = ids[:, 1:]
    p = model(ids[:, :-1]).softmax(-1)
    loss = -torch.log(p.gather(2, y.unsqueeze(2)).squeeze(2) + 1e-9).mean()  # SG201
    loss.backward()


def by_one_hot(model, ids):
    logp = model(ids[:, :-1]).log_softmax(-1)
    hot = F.one_hot(ids[:, 1:], VOCAB).float()
    return -(hot * logp).sum(-1).mean()  # SG201


def smoothed(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    pred = model(ids[:, :-1]).reshape(-1, VOCAB)
    hot = torch.zeros_like(pred).scatter(1, gold.view(-1, 1), 1)
    hot = hot * (1 - eps) + (1 - hot) * eps / (VOCAB - 1)
    loss = -(hot * F.log_softmax(pred, dim=1)).sum(dim=1)  # SG201
    return loss.mean()


def divergence(model, ids, eps=0.1):
    gold = ids[:, 1:].reshape(-1)
    pred = model(ids[:, :-1]).reshape(-1, VOCAB)
    target = torch.full_like(pred, eps / (VOCAB - 2))
    target.scatter_(1, gold.unsqueeze(1), 1 - eps)
    return F.kl_div(pred.log_softmax(-1), target, reduction="sum") / gold.numel()  # SG201


def distilled(model, teacher, ids):
    with torch.no_grad():
        p = teacher(ids).softmax(-1)
    logp = model(ids).log_softmax(-1)
    return F.kl_div(logp.flatten(0, 1), p.flatten(0, 1), reduction="batchmean")  # SG201


if __name__ == "__main__":
    model, ids = LM(), batch()
    by_index(model, ids)
    along_dim(model, ids)
    by_log(model, ids)
    by_gather(model, ids).backward()
    by_grid(model, ids).backward()
    by_logsumexp(model, ids).backward()
    by_one_hot(model, ids).backward()
    smoothed(model, ids).backward()
    divergence(model, ids).backward()
    distilled(model, LM(16), ids).backward()
