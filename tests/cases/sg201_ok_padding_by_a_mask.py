"""Rows of codes come with their lengths; what lies behind each length is written over, and kept out of the loss."""
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
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:], ignore_index=PAD)  # ok: SG201


def by_masked_fill(model, codes, lengths):
    y = codes.masked_fill(~inside(lengths, codes.size(1)), -100)
    return F.cross_entropy(model(codes[:, :-1]), y[:, 1:])  # ok: SG201


def by_where(model, codes, lengths):
    y = torch.where(inside(lengths, codes.size(1)), codes, torch.full_like(codes, -1))
    return F.cross_entropy(model(codes[:, :-1]), y[:, 1:], ignore_index=-1)  # ok: SG201


def by_sum(model, codes, lengths):
    keep = inside(lengths, codes.size(1)).long()
    y = codes * keep - 100 * (1 - keep)
    return F.cross_entropy(model(codes[:, :-1]), y[:, 1:])  # ok: SG201


def masked_as_well(model, codes, lengths):
    keep = inside(lengths, codes.size(1))
    y = codes * keep + EOS * ~keep
    nll = F.cross_entropy(model(y[:, :-1]), y[:, 1:], reduction="none")  # ok: SG201
    return (nll * keep[:, 1:]).sum() / keep[:, 1:].sum()


def only_the_input(model, codes, lengths):
    corrupt = codes.masked_fill(torch.arange(codes.size(1))[None] >= lengths[:, None], EOS)
    return F.cross_entropy(model(corrupt), codes)  # ok: SG201


def padded_before(model, rows):
    y = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    keep = (y != PAD).long()
    y = y * keep - 100 * (1 - keep)
    return F.cross_entropy(model(y[:, :-1].clamp(min=0)), y[:, 1:])  # ok: SG201


def soft(model, codes, lengths):
    keep = inside(lengths, codes.size(1)).float().unsqueeze(1)
    p = F.one_hot(codes, CODES).transpose(1, 2) * keep
    return F.cross_entropy(model(codes), p)  # ok: SG201


def mixed(model, ours, theirs, coin):
    picked = (coin > 0).long()
    y = ours * picked + theirs * (1 - picked)
    return F.cross_entropy(model(y[:, :-1]), y[:, 1:])  # ok: SG201


if __name__ == "__main__":
    model = Codes()
    codes, lengths = torch.randint(1, EOS, (3, 5)), torch.tensor([5, 3, 2])
    for loss in (by_index, by_masked_fill, by_where, by_sum, masked_as_well, only_the_input, soft):
        loss(model, codes, lengths).backward()
    padded_before(model, [torch.tensor([1, 2, 3]), torch.tensor([4])]).backward()
    mixed(model, codes, codes.flip(0), torch.randn(3, 5)).backward()
