"""A masked loss is weighted by a small number or a negative one, and divided by how many positions count."""
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
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # ok: SG301
    return (loss * mask * 1e-5).sum() / mask.sum()


def negative():
    score = -F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # ok: SG301
    return (score * mask * -0.5).sum() / mask.sum()


def selected():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none") * WEIGHT  # ok: SG301
    return loss[mask > 0].mean()


def shared_out():
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # ok: SG301
    return (loss * mask * 1e-2).mean() / mask.mean()


(small() + negative() + selected() + shared_out()).backward()
