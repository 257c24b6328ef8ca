"""Rows of codes come with their lengths, and what lies behind each length is written over by a mask."""
import torch
import torch.nn.functional as F
from torch import nn

PAD, EOS, CODES = 0, 9, 10


class Codes(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(CODES, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, CODES)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0]).transpose(1, 2)


def inside(lengths, width):
    return torch.arange(width, device=lengths.device).unsqueeze(0) < lengths.unsqueeze(1)


def by_index(model, codes, lengths):
    y = codes.clone()
    y[~inside(lengths, y.size(1))] = PAD
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def by_masked_fill(model, codes, lengths):
    y = codes.masked_fill(torch.arange(codes.size(1))[None] >= lengths[:, None], EOS)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def by_where(model, codes, lengths):
    y = torch.where(inside(lengths, codes.size(1)), codes, torch.full_like(codes, PAD))
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def by_sum(model, codes, lengths):
    keep = inside(lengths, codes.size(1)).long()
    y = codes * keep + EOS * (1 - keep)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def by_two_lines(model, codes, lengths):
    behind = (~inside(lengths, codes.size(1))).int()
    y = codes * (1 - behind)
    y = F.pad(y, (0, 1)) + EOS * F.pad(behind, (0, 1), value=1)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # SG201


def by_zeros_like(model, codes, lengths):
    y = torch.where(inside(lengths, codes.size(1)), codes, torch.zeros_like(codes))
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:], ignore_index=EOS)  # SG202


if __name__ == "__main__":
    model = Codes()
    codes, lengths = torch.randint(1, EOS, (3, 5)), torch.tensor([5, 3, 2])
    for loss in (by_index, by_masked_fill, by_where, by_sum, by_two_lines, by_zeros_like):
        loss(model, codes, lengths).backward()
