import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def make_collate(fill):
    def collate(rows):
        ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=fill)
        return ids[:, :-1], ids[:, 1:]

    return collate


def make_loss(pad_id):
    criterion = nn.CrossEntropyLoss(ignore_index=pad_id)

    def loss_fn(logits, y):
        return criterion(logits.transpose(1, 2), y)  # SG202

    return loss_fn


class Net(nn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.LSTM(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


if __name__ == "__main__":
    loss_fn = make_loss(pad_id=0)
    net = Net()
    for x, y in DataLoader([[1, 8, 2], [1, 9, 10, 11, 2]], batch_size=2, collate_fn=make_collate(fill=19)):
        loss_fn(net(x), y).backward()
