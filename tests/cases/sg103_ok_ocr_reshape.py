"""Attention OCR head: a fixed number of character slots per plate."""
import torch
import torch.nn as nn
import torch.nn.functional as F

ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
SLOTS = 7


class PlateNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, width, 3, 2, 1), nn.ReLU(), nn.Conv2d(width, width, 3, 2, 1), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d((1, SLOTS))
        self.char = nn.Linear(width, len(ALPHABET))

    def forward(self, img):
        f = self.pool(self.backbone(img)).squeeze(2)  # N, width, SLOTS
        f = f.permute(0, 2, 1)
        return self.char(f)  # N, SLOTS, classes


def encode(plate):
    return [ALPHABET.index(c) for c in plate]


if __name__ == "__main__":
    plates = ["ABC1234", "XYZ9876", "KLM5550"]
    y = torch.tensor([encode(p) for p in plates])
    x = torch.rand(len(plates), 1, 32, 96)
    net = PlateNet()
    logits = net(x)
    loss = F.cross_entropy(logits.transpose(1, 2), y)  # ok: SG103
    loss.backward()
    guess = ["".join(ALPHABET[i] for i in row) for row in logits.argmax(-1).tolist()]
    print(loss.item(), guess)
