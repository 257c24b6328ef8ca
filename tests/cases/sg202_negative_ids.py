"""Words to guess: every other label is -1, which cross entropy ignores only where it is told to."""
import torch
import torch.nn.functional as F
from torch import nn

MASK, WORDS = 3, 12


class Encoder(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(WORDS, dim)
        self.layer = nn.TransformerEncoderLayer(dim, 2, 16, batch_first=True)
        self.head = nn.Linear(dim, WORDS)

    def forward(self, ids):
        return self.head(self.layer(self.embed(ids)))


def picked_places(ids):
    return torch.bernoulli(torch.full(ids.shape, 0.15)).bool()


def by_index(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -1
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).view(-1, WORDS), labels.view(-1))  # SG202


def by_where(model, ids):
    picked = picked_places(ids)
    labels = torch.where(picked, ids, -1)
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).transpose(1, 2), labels)  # SG202


def by_masked_fill(model, ids):
    picked = picked_places(ids)
    labels = ids.masked_fill(~picked, -1)
    return nn.CrossEntropyLoss(ignore_index=0)(model(ids.masked_fill(picked, MASK)).view(-1, WORDS), labels.view(-1))  # SG202


def by_full_like(model, ids):
    picked = picked_places(ids)
    labels = torch.where(picked, ids, torch.full_like(ids, -2))
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).transpose(1, 2), labels, ignore_index=-1)  # SG202


def prompt_by_slice(model, ids, prompt):
    labels = ids.clone()
    labels[:, :prompt] = -1
    return F.nll_loss(model(ids).log_softmax(-1).transpose(1, 2), labels, ignore_index=0)  # SG202


def ignored(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -1
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).view(-1, WORDS), labels.view(-1), ignore_index=-1)  # ok: SG202


def default(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -100
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).view(-1, WORDS), labels.view(-1))  # ok: SG202


def selected(model, ids):
    picked = picked_places(ids)
    labels = torch.where(picked, ids, -1)
    kept = labels != -1
    return F.cross_entropy(model(ids.masked_fill(picked, MASK))[kept], labels[kept])  # ok: SG202


def not_negative(model, ids):
    picked = picked_places(ids)
    labels = ids.masked_fill(~picked, -1)
    kept = labels >= 0
    return F.cross_entropy(model(ids.masked_fill(picked, MASK))[kept], labels[kept])  # ok: SG202


def swapped_later(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -1
    labels[labels == -1] = -100
    return F.cross_entropy(model(ids.masked_fill(picked, MASK)).transpose(1, 2), labels)  # ok: SG202


def clamped_and_weighed(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -1
    nll = F.cross_entropy(model(ids.masked_fill(picked, MASK)).transpose(1, 2), labels.clamp(min=0), reduction="none")  # ok: SG202
    return (nll * (labels != -1)).sum() / (labels != -1).sum().clamp(min=1)


def moved_up(model, ids):
    labels, picked = ids.clone(), picked_places(ids)
    labels[~picked] = -1
    wide = F.pad(model(ids.masked_fill(picked, MASK)), (0, 1))
    return F.cross_entropy(wide.transpose(1, 2), labels + 1)  # ok: SG202


def beside(model, ids):
    boxes = torch.zeros(4)
    boxes[2:] = -1
    return F.cross_entropy(model(ids).transpose(1, 2), ids.flip(1)) + boxes.sum()  # ok: SG202
