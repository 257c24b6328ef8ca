import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

ACCUM = 4
PAD = 0


def collate(rows):
    return pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)


class Net(nn.Module):
    def __init__(self, v=30, d=16):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.LSTM(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def train(model, loader, opt):
    opt.zero_grad()
    for i, ids in enumerate(loader):
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], ignore_index=PAD)  # SG303
        loss = loss / ACCUM
        loss.backward()
        if (i + 1) % ACCUM == 0:
            opt.step()
            opt.zero_grad()


if __name__ == "__main__":
    rows = [[1] + [5] * n + [2] for n in (1, 9, 3, 2, 7, 4, 4, 1)]
    net = Net()
    train(net, DataLoader(rows, batch_size=2, collate_fn=collate), torch.optim.AdamW(net.parameters()))
