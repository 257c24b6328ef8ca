import torch
import torch.nn.functional as func
from torch import nn
from torch.nn.utils.rnn import pad_sequence

LOSSES = {}


def register(name):
    def wrap(cls):
        LOSSES[name] = cls
        return cls

    return wrap


@register("ce")
class Plain(nn.Module):
    def __init__(self, pad=-100):
        super().__init__()
        self.pad = pad

    def forward(self, logits, y):
        return func.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=self.pad)  # ok: SG201, SG202, SG101


@register("balanced")
class Balanced(nn.Module):
    def __init__(self, pad=-100):
        super().__init__()
        self.pad = pad

    def forward(self, logits, y):
        counts = torch.bincount(y[y != self.pad], minlength=logits.size(-1)).float().clamp(min=1)
        return func.cross_entropy(logits.transpose(1, 2), y, weight=1 / counts, ignore_index=self.pad)  # ok: SG201, SG202, SG101


class LossMixin:
    loss_name = "ce"

    def build_loss(self, **kw):
        self.loss_fn = LOSSES[self.loss_name](**kw)

    def compute(self, batch):
        x, y = batch
        return self.loss_fn(self(x), y)


class Tagger(LossMixin, nn.Module):
    loss_name = "balanced"

    def __init__(self, words=30, tags=5):
        super().__init__()
        self.net = nn.Sequential(nn.Embedding(words, 8), nn.Linear(8, tags))
        self.build_loss(pad=-100)

    def forward(self, x):
        return self.net(x)


if __name__ == "__main__":
    xs = [torch.randint(1, 30, (n,)) for n in (3, 6)]
    x = pad_sequence(xs, batch_first=True)
    y = pad_sequence([torch.randint(0, 5, (len(s),)) for s in xs], batch_first=True, padding_value=-100)
    tagger = Tagger()
    (tagger.compute((x, y)) + LOSSES["ce"]()(tagger(x), y)).backward()
