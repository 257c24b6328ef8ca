import torch
from torch import nn, optim

from net import PhonemeNet, decode


def accuracy(out, y):
    return (decode(out) == y).float().mean().item()


def main():
    model = PhonemeNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters())
    for _ in range(2):
        x, y = torch.randn(2, 40, 26), torch.randint(0, 41, (2, 40))
        out = model(x)
        loss = criterion(out.permute(0, 2, 1), y)  # ok: SG401
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(loss.item(), accuracy(out, y))


if __name__ == "__main__":
    main()
