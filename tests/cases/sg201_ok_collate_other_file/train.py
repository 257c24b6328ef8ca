import torch
from torch import nn
from torch.utils.data import DataLoader

from data import VOCAB_SIZE, PairDataset, collate
from losses import build_criterion


class Net(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.a, self.b = nn.Embedding(VOCAB_SIZE, d), nn.Embedding(VOCAB_SIZE, d)
        self.enc, self.dec = nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, VOCAB_SIZE)

    def forward(self, s, t):
        _, h = self.enc(self.a(s))
        return self.out(self.dec(self.b(t), h)[0])


def main():
    loader = DataLoader(PairDataset([([5, 6], [7, 8, 9]), ([4], [3])]), batch_size=2, collate_fn=collate)
    net, criterion = Net(), build_criterion()
    for s, t in loader:
        logits = net(s, t[:, :-1])
        loss = criterion(logits.flatten(0, 1), t[:, 1:].flatten())  # ok: SG201, SG202, SG501
        loss.backward()


if __name__ == "__main__":
    main()
