import torch
from torch import nn

USE_WEIGHTS = True
NUM_CLASSES = 4


class EEGNet(nn.Module):
    def __init__(self, channels=8, samples=64):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(channels, 16, 5, padding=2), nn.ELU(), nn.AvgPool1d(4))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16 * samples // 4, NUM_CLASSES))

    def forward(self, x):
        logits = self.head(self.features(x))
        return logits


weights = torch.tensor([1.0, 2.0, 2.0, 4.0]) if USE_WEIGHTS else None
criterion = nn.CrossEntropyLoss(weight=weights)

if __name__ == "__main__":
    net = EEGNet()
    x, y = torch.randn(10, 8, 64), torch.randint(0, NUM_CLASSES, (10,))
    out = net(x)
    loss = criterion(out, y)  # ok: SG401
    loss.backward()
    print("pred", out.argmax(1).tolist(), "loss", loss.item())
