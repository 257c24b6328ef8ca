import numpy as np
import torch
from torch import nn

classes = 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 16, batch_first=True)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1])


if __name__ == "__main__":
    features = np.random.rand(12, 10, 6).astype(np.float32)
    labels = np.random.randint(0, classes, size=12)
    x = torch.from_numpy(features)
    y = torch.tensor(labels, dtype=torch.float32)
    net = Net()
    criterion = nn.CrossEntropyLoss()
    loss = criterion(net(x), y)  # SG106
    loss.backward()
