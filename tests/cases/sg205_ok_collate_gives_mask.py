import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def collate(batch):
    src = pad_sequence([torch.tensor(a) for a, _ in batch], batch_first=True)
    tgt = pad_sequence([torch.tensor(b) for _, b in batch], batch_first=True)
    return src, tgt


class Net(nn.Module):
    def __init__(self, n=20, d=12):
        super().__init__()
        self.e = nn.Embedding(n, d)
        self.enc = nn.LSTM(d, d, batch_first=True)
        self.dec = nn.LSTM(d, d, batch_first=True)
        self.o = nn.Linear(d, n)

    def forward(self, s, t):
        _, h = self.enc(self.e(s))
        return self.o(self.dec(self.e(t), h)[0])


def train_epoch(net, loader, criterion, opt):
    for s, t in loader:
        t_in, t_out = t[:, :-1], t[:, 1:]
        target_mask = (t_out != 0).float()
        logits = net(s, t_in)
        loss = criterion(logits.transpose(1, 2), t_out)  # ok: SG205
        loss = (loss * target_mask).sum() / target_mask.sum()
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    pairs = [([4, 5], [1, 6, 7, 8, 2]), ([9, 10, 11], [1, 12, 2]), ([3], [1, 13, 14, 2])]
    net = Net()
    train_epoch(net, DataLoader(pairs, batch_size=3, collate_fn=collate), nn.CrossEntropyLoss(reduction="none"), torch.optim.Adam(net.parameters()))
