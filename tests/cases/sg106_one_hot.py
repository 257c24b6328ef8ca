import torch
import torch.nn.functional as F
from torch import nn


class Activity(nn.Module):
    """sensor windows -> one activity per time step"""

    def __init__(self, channels, activities):
        super().__init__()
        self.gru = nn.GRU(channels, 32, batch_first=True)
        self.head = nn.Linear(32, activities)
        self.activities = activities

    def forward(self, x):
        return self.head(self.gru(x)[0])

    def loss(self, x, y):
        scores = self(x).reshape(-1, self.activities)
        target = F.one_hot(y, self.activities).reshape(-1, self.activities)
        return F.cross_entropy(scores, target)  # SG106


if __name__ == "__main__":
    m = Activity(9, 6)
    m.loss(torch.randn(4, 50, 9), torch.randint(0, 6, (4, 50))).backward()
