import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, MASK, V = 0, 1, 24


def hidden(rows):
    """Masked residues: padding is drawn as often as residues are."""
    ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)
    drawn = torch.rand(ids.shape) < 0.5
    labels = ids.clone()
    labels[~drawn] = -100
    return ids.masked_fill(drawn, MASK), labels


def with_chances(rows):
    """The mask token is spared, padding is not."""
    ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)
    chance = torch.full(ids.shape, 0.5)
    chance.masked_fill_(ids == MASK, 0.0)
    drawn = torch.bernoulli(chance).bool()
    return torch.where(drawn, MASK, ids), torch.where(drawn, ids, -100)


class Encoder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.emb = nn.Embedding(V, dim)
        self.enc = nn.TransformerEncoderLayer(dim, 2, 32, batch_first=True)
        self.head = nn.Linear(dim, V)

    def forward(self, ids):
        return self.head(self.enc(self.emb(ids)))


def train(model: Encoder, rows: list[list[int]], optimizer):
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=hidden):
        loss = F.cross_entropy(model(ids).view(-1, V), labels.view(-1))  # SG201
        loss.backward()
    for ids, labels in DataLoader(rows, batch_size=4, collate_fn=with_chances):
        loss = F.cross_entropy(model(ids).transpose(1, 2), labels, ignore_index=-100)  # SG201
        loss.backward()
    optimizer.step()


def of_the_drawn(model: Encoder, rows: list[list[int]]):
    ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)
    drawn = torch.rand_like(ids, dtype=torch.float) < 0.5
    return F.cross_entropy(model(ids.masked_fill(drawn, MASK))[drawn], ids[drawn])  # SG201


def each_by_itself(model: Encoder, rows: list[list[int]]):
    ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)
    drawn = torch.rand(ids.shape).lt(0.5)
    losses = F.cross_entropy(model(ids.masked_fill(drawn, MASK)).transpose(1, 2), ids, reduction="none")  # SG201
    return (losses * drawn).sum() / drawn.sum()


if __name__ == "__main__":
    torch.manual_seed(0)
    rows = [[2 + (i + j) % 20 for j in range(3 + 2 * i)] for i in range(8)]
    net = Encoder()
    train(net, rows, torch.optim.Adam(net.parameters()))
    of_the_drawn(net, rows).backward()
    each_by_itself(net, rows).backward()
