import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from blocks import Backbone


class Frames(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.randn(25, 10), torch.randint(0, 6, (25,))


class Recognizer(nn.Module):
    def __init__(self, d=16, actions=6):
        super().__init__()
        self.inp, self.body, self.out = nn.Linear(10, d), Backbone(d), nn.Linear(d, actions)

    def forward(self, x):
        return self.out(self.body(self.inp(x)))


if __name__ == "__main__":
    net, criterion = Recognizer(), nn.CrossEntropyLoss()
    for clips, actions in DataLoader(Frames(), batch_size=4):
        scores = net(clips)
        loss = criterion(scores.reshape(-1, scores.size(-1)), actions.reshape(-1))  # ok: SG104, SG102, SG201
        loss.backward()
