import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

V = 14


def blanked(criterion, logits, y, ly):
    mask = torch.arange(y.size(1)).unsqueeze(0) >= ly.unsqueeze(1)
    mask = mask.view(-1)
    loss = criterion(logits.view(-1, V), y.view(-1))  # SG301
    loss = loss.masked_fill_(mask, 0)
    return torch.sum(loss) / mask.sum()


def blanked_right(criterion, logits, y, ly):
    mask = torch.arange(y.size(1)).unsqueeze(0) >= ly.unsqueeze(1)
    mask = mask.view(-1)
    loss = criterion(logits.view(-1, V), y.view(-1))  # ok: SG301
    loss = loss.masked_fill_(mask, 0)
    return torch.sum(loss) / (~mask).sum()


def by_id(criterion, logits, y):
    pad = y.view(-1) == 0
    loss = criterion(logits.view(-1, V), y.view(-1)) * (~pad)  # ok: SG301
    return loss.sum() / torch.logical_not(pad).sum()


if __name__ == "__main__":
    lens = torch.tensor([7, 2, 4])
    y = pad_sequence([torch.randint(1, V, (int(n),)) for n in lens], batch_first=True)
    logits = nn.Linear(5, V)(torch.randn(3, 7, 5))
    criterion = nn.CrossEntropyLoss(reduction="none")
    right = blanked_right(criterion, logits, y, lens)
    assert torch.allclose(right, by_id(criterion, logits, y))
    assert not torch.allclose(right, blanked(criterion, logits, y, lens))
    right.backward()
