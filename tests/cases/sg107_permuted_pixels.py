import torch
from torch import nn
import torch.nn.functional as F

C = 3
net = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, C, 1))


def step(img, gt):
    logits = net(img).permute(0, 2, 3, 1)
    logits = logits.view(-1, C)
    return F.cross_entropy(logits, gt.view(-1))  # SG107


if __name__ == "__main__":
    step(torch.rand(2, 1, 8, 10), torch.randint(0, C, (2, 8, 10))).backward()
