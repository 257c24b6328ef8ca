import torch
from torch import nn
import torch.nn.functional as F


class Seg(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.a = nn.Conv2d(3, 10, 3, padding=1)
        self.b = nn.Conv2d(10, classes, 1)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))


def loss_flat(pred, gt):
    n, c, h, w = pred.shape
    pred = pred.permute(0, 2, 3, 1).contiguous().view(-1, c)
    gt = gt.view(-1)
    keep = gt != 255
    return F.cross_entropy(pred[keep], gt[keep])  # ok: SG103, SG102, SG107


def loss_as_is(pred, gt):
    return F.cross_entropy(pred, gt, ignore_index=255)  # ok: SG103, SG101


def loss_rows(pred, gt):
    # (n, c, h, w) -> (n, c, h*w): only the pixels are merged
    return F.cross_entropy(pred.flatten(2), gt.flatten(1), ignore_index=255)  # ok: SG103, SG101


if __name__ == "__main__":
    model = Seg(6)
    img, gt = torch.rand(2, 3, 9, 7), torch.randint(0, 6, (2, 9, 7))
    gt[:, 0, 0] = 255
    p = model(img)
    print(loss_flat(p, gt).item(), loss_as_is(p, gt).item(), loss_rows(p, gt).item())
