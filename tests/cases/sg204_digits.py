# street numbers: up to five digits per photo
import torch
import torch.nn as nn
import torch.nn.functional as F

MAX_DIGITS = 5


def digits_of(number):
    ds = [int(c) for c in str(number)]
    return ds + [0] * (MAX_DIGITS - len(ds))


class HouseNumbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5, stride=3)
        self.fc = nn.LazyLinear(MAX_DIGITS * 10)

    def forward(self, img):
        h = torch.relu(self.conv(img)).flatten(1)
        return self.fc(h).view(-1, MAX_DIGITS, 10)


if __name__ == "__main__":
    numbers = [120, 7, 30456, 18]
    y = torch.tensor([digits_of(n) for n in numbers])
    net = HouseNumbers()
    logits = net(torch.rand(len(numbers), 1, 20, 40))
    loss = F.cross_entropy(logits.view(-1, 10), y.view(-1), ignore_index=0)  # SG204
    loss.backward()
