import torch
import torch.nn.functional as F
from torch import nn


class IntentNet(nn.Module):
    def __init__(self, feats=20, intents=6):
        super().__init__()
        self.fc1 = nn.Linear(feats, 32)
        self.fc2 = nn.Linear(32, intents)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=0)


if __name__ == "__main__":
    net = IntentNet()
    x, y = torch.randn(16, 20), torch.randint(0, 6, (16,))
    for _ in range(2):
        loss = F.nll_loss(net(x), y)  # SG403
        loss.backward()
