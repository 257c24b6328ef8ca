"""Attention that is written out: shifted once, or no triangle hides what is later, so that the model is no reader from left to right."""

import math

import torch
import torch.nn.functional as F
from torch import nn

VOCAB, WIDTH, HEADS, LONGEST = 400, 64, 4, 128


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.all = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.drop = nn.Dropout(0.1)
        self.register_buffer("seen", torch.tril(torch.ones(LONGEST, LONGEST)).view(1, 1, LONGEST, LONGEST))
        self.register_buffer("bias", torch.triu(torch.full((LONGEST, LONGEST), float("-inf")), diagonal=1))

    def split(self, x):
        return x.view(x.size(0), x.size(1), HEADS, WIDTH // HEADS).transpose(1, 2)

    def join(self, x):
        return self.out(x.transpose(1, 2).contiguous().view(x.size(0), x.size(2), WIDTH))


class Filled(Attention):
    def forward(self, x):
        size = x.size(1)
        q, k, v = self.all(x).split(WIDTH, dim=-1)
        scores = (self.split(q) @ self.split(k).transpose(-2, -1)) / math.sqrt(WIDTH // HEADS)
        scores = scores.masked_fill(self.seen[:, :, :size, :size] == 0, float("-inf"))
        return self.join(self.drop(F.softmax(scores, dim=-1)) @ self.split(v))


class Added(Attention):
    def forward(self, x):
        size = x.size(1)
        scores = torch.einsum("bhid,bhjd->bhij", self.split(self.q(x)), self.split(self.k(x)))
        weights = (scores * WIDTH**-0.5 + self.bias[:size, :size]).softmax(dim=-1)
        return self.join(torch.einsum("bhij,bhjd->bhid", weights, self.split(self.v(x))))


class Chosen(Attention):
    def forward(self, x):
        size = x.size(1)
        scores = torch.bmm(self.q(x), self.k(x).transpose(1, 2))
        scores = torch.where(self.seen[0, :, :size, :size].bool(), scores, torch.tensor(-1e9))
        return self.out(torch.bmm(torch.softmax(scores, dim=-1), self.v(x)))


class WithPadding(Attention):
    """Both masks in one, and handed on by the model."""

    def forward(self, x, hidden):
        scores = torch.matmul(self.split(self.q(x)), self.split(self.k(x)).transpose(-2, -1))
        scores = scores.masked_fill(hidden == 1, -1e9)
        return self.join(torch.matmul(torch.softmax(scores, dim=-1), self.split(self.v(x))))


class Language(nn.Module):
    def __init__(self, kind) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCAB, WIDTH)
        self.places = nn.Embedding(LONGEST, WIDTH)
        self.layers = nn.ModuleList([kind() for _ in range(4)])
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH) for _ in range(4)])
        self.head = nn.Linear(WIDTH, VOCAB, bias=False)

    def forward(self, ids, *masks):
        x = self.table(ids) + self.places(torch.arange(ids.size(1)))
        for layer, norm in zip(self.layers, self.norms):
            x = x + layer(norm(x), *masks)
        return self.head(x)


def both(ids):
    later = torch.triu(torch.ones(ids.size(1), ids.size(1)), diagonal=1)[None, None]
    return torch.maximum(later, (ids == 0).float()[:, None, None, :])


class Open(Attention):
    """Every position sees every other: a model of masked tokens."""

    def forward(self, x):
        scores = (self.split(self.q(x)) @ self.split(self.k(x)).transpose(-2, -1)).softmax(dim=-1)
        return self.join(scores @ self.split(self.v(x)))


class OpenThenSeen(Attention):
    """One layer under a triangle behind one that sees all."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Open(), Filled()

    def forward(self, x):
        return self.second(x + self.first(x))


class Reads(nn.Module):
    """An encoder that sees all, and a decoder that sees what came before, and the encoder's memory."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(VOCAB, WIDTH)
        self.encoder, self.own = Open(), Filled()
        self.head = nn.Linear(WIDTH, VOCAB)

    def forward(self, source, target):
        memory = self.encoder(self.table(source))
        for _ in range(4):
            x = self.own(self.table(target))
            x = x + (x @ memory.transpose(1, 2)).softmax(dim=-1) @ memory
        return self.head(x)


def train(ids, source, target):
    logits = Language(Filled)(ids)
    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501
    x, y = ids[:, :-1], ids[:, 1:]
    loss += F.cross_entropy(Language(Added)(x).flatten(0, 1), y.flatten())  # ok: SG501
    fed = torch.cat([torch.ones(ids.size(0), 1, dtype=torch.long), ids[:, :-1]], dim=1)
    loss += F.cross_entropy(Language(Chosen)(fed).transpose(1, 2), ids)  # ok: SG501
    loss += F.cross_entropy(Language(WithPadding)(x, both(x)).transpose(1, 2), y, ignore_index=0)  # ok: SG501
    loss += F.cross_entropy(Language(Open)(ids).transpose(1, 2), ids)  # ok: SG501
    loss += F.cross_entropy(Language(OpenThenSeen)(ids).transpose(1, 2), ids)  # ok: SG501
    loss += F.cross_entropy(Language(WithPadding)(ids, (ids == 0).float()[:, None, None]).transpose(1, 2), ids, ignore_index=0)  # ok: SG501
    loss += F.cross_entropy(Reads()(source, target[:, :-1]).transpose(1, 2), target[:, 1:])  # ok: SG501
    loss += F.cross_entropy(Reads()(ids, ids).transpose(1, 2), ids)  # ok: SG501
    loss.backward()
