"""Rows that are written out and hold no padding, whose padding is kept out, or of which nothing can be said."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

EN = [[1, 5, 6, 7, 2], [1, 8, 2, 0, 0], [1, 9, 10, 2, 0]]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(20, 16), nn.GRU(16, 16, batch_first=True, bidirectional=True), nn.Linear(32, 20)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


net = Net()


def of_one_length():
    y = torch.tensor([[1, 5, 6, 2], [1, 7, 8, 2], [1, 9, 9, 2]])
    return F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:])  # ok: SG201


def perhaps_data():
    y = torch.tensor([[1, 2, 0], [3, 4, 5]])
    return F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:])  # ok: SG201


def a_class_among_others():
    tags = torch.tensor([[1, 0, 2, 0], [0, 1, 0, 0], [2, 2, 0, 1]])
    return F.cross_entropy(net(tags).transpose(1, 2), tags)  # ok: SG201


def ignored():
    y = torch.tensor(EN)
    return F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:], ignore_index=0)  # ok: SG201


def masked():
    y = torch.tensor(EN)
    nll = F.cross_entropy(net(y[:, :-1]).transpose(1, 2), y[:, 1:], reduction="none")  # ok: SG201
    mask = (y[:, 1:] != 0).float()
    return (nll * mask).sum() / mask.sum()


def labels_of_examples():
    x, labels = torch.randint(0, 20, (6, 5)), torch.tensor([0, 2, 1, 1, 0, 2])
    loss = 0
    for rows, y in DataLoader(TensorDataset(x, labels), batch_size=2):
        loss = loss + F.cross_entropy(net(rows).mean(1), y)  # ok: SG201
    return loss


def passed_over(outputs, targets):
    loss, count = 0.0, 0
    for b in range(targets.size(0)):
        for t in range(targets.size(1)):
            if targets[b, t] == 0:
                continue
            loss = loss + F.cross_entropy(outputs[b, t].unsqueeze(0), targets[b, t].unsqueeze(0))  # ok: SG201
            count += 1
    return loss / count


if __name__ == "__main__":
    ways = (of_one_length, perhaps_data, a_class_among_others, ignored, masked, labels_of_examples)
    y = nn.utils.rnn.pad_sequence([torch.tensor([3, 4, 5, 2]), torch.tensor([6, 2])], batch_first=True)
    (sum(way() for way in ways) + passed_over(net(y), y) + passed_over(net(torch.tensor(EN)), torch.tensor(EN))).backward()
