"""Smoothed losses of picked log-probabilities, set to 0 at the padding before they are added up."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, VOCAB = 0, 14


def smoothed(lprobs, target, eps, ignored=None, reduce=True):
    if target.dim() == lprobs.dim() - 1:
        target = target.unsqueeze(-1)
    nll = -lprobs.gather(dim=-1, index=target)
    smooth = -lprobs.sum(dim=-1, keepdim=True)
    if ignored is not None:
        pad_mask = target.eq(ignored)
        nll.masked_fill_(pad_mask, 0.0)
        smooth.masked_fill_(pad_mask, 0.0)
    else:
        nll, smooth = nll.squeeze(-1), smooth.squeeze(-1)
    if reduce:
        nll, smooth = nll.sum(), smooth.sum()
    share = eps / (lprobs.size(-1) - 1)
    return (1.0 - eps - share) * nll + share * smooth, nll


class SmoothedCriterion(nn.Module):
    def __init__(self, eps, pad):
        super().__init__()
        self.eps, self.pad = eps, pad

    def forward(self, logits, target):
        lprobs = F.log_softmax(logits, dim=-1)
        lprobs, target = lprobs.view(-1, lprobs.size(-1)), target.reshape(-1)
        loss, nll = smoothed(lprobs, target, self.eps, ignored=self.pad)
        return loss, nll, target.ne(self.pad).sum()


class PlainCriterion(nn.Module):
    def __init__(self, pad):
        super().__init__()
        self.pad = pad
        self.ce = nn.CrossEntropyLoss(reduction="none")

    def forward(self, logits, target):
        loss = self.ce(logits.flatten(0, 1), target.flatten()).view(target.size())  # ok: SG201, SG301
        loss[target == self.pad] = 0.0
        return loss.sum() / target.ne(self.pad).sum()


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, VOCAB, (n,)) for n in (5, 3, 8)], batch_first=True)
    emb, rnn, out = nn.Embedding(VOCAB, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, VOCAB)
    logits = out(rnn(emb(ids[:, :-1]))[0])
    loss, nll, count = SmoothedCriterion(0.1, PAD)(logits, ids[:, 1:])
    plain = PlainCriterion(PAD)(logits, ids[:, 1:])
    assert torch.allclose(nll / count, plain)
    (loss / count + plain).backward()
