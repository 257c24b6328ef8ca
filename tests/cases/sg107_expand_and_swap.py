import torch
from torch import nn
import torch.nn.functional as F


class Ensemble(nn.Module):
    """Several linear heads on one body; the heads are stacked in front."""

    def __init__(self, d=12, classes=5, heads=3):
        super().__init__()
        self.body = nn.GRU(d, d, batch_first=True)
        self.heads = nn.ModuleList(nn.Linear(d, classes) for _ in range(heads))

    def forward(self, x):
        h, _ = self.body(x)
        return torch.stack([head(h) for head in self.heads])  # heads, batch, time, classes


if __name__ == "__main__":
    net = Ensemble()
    x, y = torch.randn(4, 9, 12), torch.randint(0, 5, (4, 9))
    scores = net(x).permute(1, 2, 0, 3).mean(dim=2)
    swapped = scores.transpose(0, 1)
    loss = F.cross_entropy(swapped.view(-1, 5), y.t().reshape(-1))  # SG107
    loss.backward()
