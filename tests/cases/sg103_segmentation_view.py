import torch
from torch import nn

n_classes = 4


class FCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
            nn.Conv2d(8, n_classes, 1),
        )

    def forward(self, x):
        return self.net(x)


def pixel_accuracy(pred, gt):
    return (pred.argmax(1) == gt).float().mean().item()


model = FCN()
weights = torch.tensor([0.2, 1.0, 1.0, 2.0])
criterion = nn.CrossEntropyLoss(weight=weights)

if __name__ == "__main__":
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(2):
        scans = torch.rand(3, 1, 12, 12)
        masks = torch.randint(0, n_classes, (3, 12, 12))
        pred = model(scans)
        loss = criterion(pred.view(-1, n_classes), masks.view(-1))  # SG103
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(epoch, loss.item(), pixel_accuracy(pred, masks))
