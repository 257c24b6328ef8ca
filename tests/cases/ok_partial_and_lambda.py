from functools import partial

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

IGNORE = -100
token_loss = partial(F.cross_entropy, ignore_index=IGNORE, label_smoothing=0.1)
flat = lambda t: t.reshape(-1, t.size(-1)) if t.dim() == 3 else t.reshape(-1)
sequence_nll = lambda scores, gold: F.cross_entropy(flat(scores), flat(gold), ignore_index=IGNORE, reduction="sum")  # ok: SG101, SG201, SG301


class Tagger(nn.Module):
    def __init__(self, n=40, tags=6):
        super().__init__()
        self.body = nn.Sequential(nn.Embedding(n, 12), nn.Linear(12, 12), nn.GELU(), nn.Linear(12, tags))

    def forward(self, x):
        return self.body(x)


def make(lens):
    x = pad_sequence([torch.randint(1, 40, (n,)) for n in lens], batch_first=True)
    y = pad_sequence([torch.randint(0, 6, (n,)) for n in lens], batch_first=True, padding_value=IGNORE)
    return x, y


if __name__ == "__main__":
    x, y = make([4, 7, 2])
    scores = Tagger()(x)
    loss = token_loss(scores.permute(0, 2, 1), y)  # ok: SG101, SG201, SG202
    loss = loss + sequence_nll(scores, y) / (y != IGNORE).sum()
    loss.backward()
