"""The smoothed loss can leave out the padding, and nobody tells it which id that is."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, VOCAB = 0, 14


def smoothed(lprobs, target, eps, ignored=None):
    target = target.unsqueeze(-1)
    nll = -lprobs.gather(dim=-1, index=target)  # SG201
    smooth = -lprobs.sum(dim=-1, keepdim=True)
    if ignored is not None:
        pad_mask = target.eq(ignored)
        nll.masked_fill_(pad_mask, 0.0)
        smooth.masked_fill_(pad_mask, 0.0)
    share = eps / (lprobs.size(-1) - 1)
    return (1.0 - eps - share) * nll.sum() + share * smooth.sum()


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, VOCAB, (n,)) for n in (5, 3, 8)], batch_first=True)
    emb, rnn, out = nn.Embedding(VOCAB, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, VOCAB)
    lprobs = F.log_softmax(out(rnn(emb(ids[:, :-1]))[0]), dim=-1)
    (smoothed(lprobs, ids[:, 1:], 0.1) / ids[:, 1:].ne(PAD).sum()).backward()
