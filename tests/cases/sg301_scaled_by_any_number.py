"""A masked loss is weighted before its mean is taken: by a small number, a negative one, one over a whole, a number under a name."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

WEIGHT = 2.5e-4
rows = [torch.randint(1, 9, (n,)) for n in (6, 4, 3)]
targets = pad_sequence(rows, batch_first=True)
mask = (targets != 0).float()
head = nn.Linear(16, 9)
logits = head(torch.randn(3, 6, 16))


def small():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # SG301
    return (loss * mask * 1e-5).mean()


def negative():
    score = -F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # SG301
    return (score * mask * -0.5).mean()


def minus_one():
    score = -F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # SG301
    return (-1 * score * mask).mean()


def by_name():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none") * WEIGHT  # SG301
    return torch.mean(loss * mask)


def divided():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none") / 1e3  # SG301
    return (loss * mask).mean()


def half():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # SG301
    return (loss * mask * 0.5).mean()


(small() + negative() + minus_one() + by_name() + divided() + half()).backward()
