import math
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def collate(batch):
    ids = pad_sequence([torch.tensor(b) for b in batch], batch_first=True)
    return ids[:, :-1], ids[:, 1:]


class LM(nn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


@torch.no_grad()
def by_sum(model, loader):
    total, tokens = 0.0, 0
    for x, y in loader:
        total += F.cross_entropy(model(x).transpose(1, 2), y, ignore_index=0, reduction="sum").item()  # ok: SG303, SG301
        tokens += (y != 0).sum().item()
    return total / tokens


@torch.no_grad()
def by_weight(model, loader):
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    total, tokens = 0.0, 0
    for x, y in loader:
        loss = criterion(model(x).flatten(0, 1), y.flatten())  # ok: SG303
        n = y.ne(0).sum().item()
        total += loss.item() * n
        tokens += n
    return total / tokens


@torch.no_grad()
def gathered(model, loader):
    losses = []
    for x, y in loader:
        nll = F.cross_entropy(model(x).transpose(1, 2), y, reduction="none")  # ok: SG303, SG301, SG201
        losses.append(nll[y != 0])
    return torch.cat(losses).mean().item()


def accumulate(model, loader, opt):
    batches = list(loader)
    count = sum(int((y != 0).sum()) for _, y in batches)
    for x, y in batches:
        loss = F.cross_entropy(model(x).transpose(1, 2), y, ignore_index=0, reduction="sum") / count  # ok: SG303, SG301
        loss.backward()
    opt.step()


def plain_training(model, loader, opt):
    for x, y in loader:
        loss = F.cross_entropy(model(x).transpose(1, 2), y, ignore_index=0)  # ok: SG303
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


def windows(model, stream, size=8):
    """every window has the same number of tokens"""
    total, n = 0.0, 0
    with torch.no_grad():
        for i in range(0, len(stream) - size - 1, size):
            x, y = stream[None, i:i + size], stream[None, i + 1:i + size + 1]
            total += F.cross_entropy(model(x)[0], y[0]).item()  # ok: SG303, SG201
            n += 1
    return math.exp(total / n)


if __name__ == "__main__":
    rows = [[1, 4, 5, 2], [1, 2], [1, 6, 7, 8, 9, 10, 2], [1, 11, 12, 2]]
    loader = DataLoader(rows, batch_size=2, collate_fn=collate)
    net = LM()
    assert abs(by_sum(net, loader) - by_weight(net, loader)) < 1e-4 > abs(by_sum(net, loader) - gathered(net, loader))
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    accumulate(net, loader, opt)
    plain_training(net, loader, opt)
    windows(net, torch.randint(0, 20, (60,)))
