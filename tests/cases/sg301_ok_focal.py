import torch
import torch.nn as nn
import torch.nn.functional as F


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=None, reduction="mean"):
        super().__init__()
        self.gamma, self.alpha, self.reduction = gamma, alpha, reduction

    def forward(self, inputs, targets):
        ce = F.cross_entropy(inputs, targets, weight=self.alpha, reduction="none")  # ok: SG301, SG201
        pt = torch.exp(-ce)
        loss = (1 - pt) ** self.gamma * ce
        if self.reduction == "mean":
            return loss.mean()
        if self.reduction == "sum":
            return loss.sum()
        return loss


class OHEM(nn.Module):
    """Only the hardest pixels count."""

    def __init__(self, keep=0.25):
        super().__init__()
        self.keep = keep
        self.ce = nn.CrossEntropyLoss(reduction="none")

    def forward(self, logits, target):
        losses = self.ce(logits, target).flatten()  # ok: SG301, SG101
        hard, _ = losses.topk(max(1, int(self.keep * losses.numel())))
        return hard.mean()


if __name__ == "__main__":
    net = nn.Linear(12, 5)
    x, y = torch.randn(30, 12), torch.randint(0, 5, (30,))
    FocalLoss(alpha=torch.tensor([0.1, 1.0, 1.0, 2.0, 1.0]))(net(x), y).backward()
    conv = nn.Conv2d(3, 4, 1)
    OHEM()(conv(torch.rand(2, 3, 6, 6)), torch.randint(0, 4, (2, 6, 6))).backward()
