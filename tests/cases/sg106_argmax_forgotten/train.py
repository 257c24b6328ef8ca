import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from data import ACTIONS, Clips


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.GRU(9, 16, batch_first=True), nn.Linear(16, len(ACTIONS))

    def forward(self, x):
        return self.out(self.rnn(x)[0])


if __name__ == "__main__":
    net = Net()
    for x, y in DataLoader(Clips(), batch_size=2):
        logits = net(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(0, 1))  # SG106
        loss.backward()
