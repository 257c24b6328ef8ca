import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, MASK, CLS, V = 0, 1, 2, 24


def padded(rows):
    return pad_sequence([torch.tensor([CLS] + r) for r in rows], batch_first=True, padding_value=PAD)


def with_chances(rows):
    ids = padded(rows)
    chance = torch.full(ids.shape, 0.5)
    chance.masked_fill_(ids.eq(CLS), 0.0)
    chance.masked_fill_(ids.eq(PAD), 0.0)
    drawn = torch.bernoulli(chance).bool()
    labels = ids.clone()
    labels[~drawn] = -100
    return ids.masked_fill(drawn, MASK), labels


def of_three_masks(rows):
    ids = padded(rows)
    drawn = (torch.rand(ids.shape) < 0.5) * (ids != CLS) * (ids != PAD)
    return ids.masked_fill(drawn, MASK), ids.masked_fill(~drawn, -100)


def by_names(rows):
    ids = padded(rows)
    special = (ids == CLS) | (ids == PAD)
    drawn = (torch.rand(ids.shape) < 0.5) & ~special
    return ids.masked_fill(drawn, MASK), torch.where(drawn, ids, -100)


def chances_set_to_nothing(rows):
    ids = padded(rows)
    chance = torch.rand(ids.shape)
    chance[ids == PAD] = 1.0
    drawn = chance < 0.5
    return ids.masked_fill(drawn, MASK), ids.masked_fill(~drawn, -100)


def drawn_among_the_real(rows):
    ids = padded(rows)
    real = ids != PAD
    drawn = torch.bernoulli(real * 0.5).bool()
    return ids.masked_fill(drawn, MASK), ids.masked_fill(~drawn, -100)


class Encoder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.emb = nn.Embedding(V, dim)
        self.enc = nn.TransformerEncoderLayer(dim, 2, 32, batch_first=True)
        self.head = nn.Linear(dim, V)

    def forward(self, ids):
        return self.head(self.enc(self.emb(ids)))


def train(model: Encoder, rows: list[list[int]]):
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=with_chances):
        F.cross_entropy(model(ids).view(-1, V), labels.view(-1)).backward()  # ok: SG201
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=of_three_masks):
        F.cross_entropy(model(ids).transpose(1, 2), labels, ignore_index=-100).backward()  # ok: SG201
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=by_names):
        F.cross_entropy(model(ids).flatten(0, 1), labels.flatten()).backward()  # ok: SG201
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=chances_set_to_nothing):
        F.cross_entropy(model(ids).flatten(0, 1), labels.flatten()).backward()  # ok: SG201
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=drawn_among_the_real):
        F.cross_entropy(model(ids).flatten(0, 1), labels.flatten()).backward()  # ok: SG201


def of_the_drawn(model: Encoder, rows: list[list[int]]):
    ids = padded(rows)
    drawn = torch.rand_like(ids, dtype=torch.float) < 0.5
    drawn &= ids != PAD
    return F.cross_entropy(model(ids.masked_fill(drawn, MASK))[drawn], ids[drawn])  # ok: SG201


def without_two_ids(model: Encoder, rows: list[list[int]]):
    """Two ids are left out, by one mask."""
    ids = padded(rows)
    losses = F.cross_entropy(model(ids).transpose(1, 2), ids, reduction="none")  # ok: SG201, SG209
    keep = (ids != CLS) & (ids != PAD)
    return (losses * keep).sum() / keep.sum()


def rows_of_one_length(model: Encoder, rows: list[list[int]]):
    """A draw among windows of one size picks no padding."""
    ids = torch.tensor([r[:3] for r in rows])
    drawn = torch.rand(ids.shape) < 0.5
    return F.cross_entropy(model(ids.masked_fill(drawn, MASK)).transpose(1, 2), ids.masked_fill(~drawn, -100))  # ok: SG201


if __name__ == "__main__":
    torch.manual_seed(0)
    rows = [[3 + (i + j) % 20 for j in range(3 + 2 * i)] for i in range(8)]
    net = Encoder()
    train(net, rows)
    (of_the_drawn(net, rows) + without_two_ids(net, rows) + rows_of_one_length(net, rows)).backward()
