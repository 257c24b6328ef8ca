"""Regression on values or classification on bins, as the flag says."""
import argparse

import torch
from torch import nn

ap = argparse.ArgumentParser()
ap.add_argument("--bins", type=int, default=0)


class Forecaster(nn.Module):
    def __init__(self, bins):
        super().__init__()
        self.rnn = nn.LSTM(3, 16, batch_first=True)
        self.out = nn.Linear(16, bins or 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


def main(bins):
    if bins:
        criterion = nn.CrossEntropyLoss()
    else:
        criterion = nn.MSELoss()
    net = Forecaster(bins)
    x, future = torch.randn(4, 20, 3), torch.rand(4, 20, 1)
    pred = net(x)
    if bins:
        labels = (future.squeeze(-1) * bins).long().clamp(max=bins - 1)
        loss = criterion(pred.transpose(1, 2), labels)  # ok: SG101, SG108
    else:
        loss = criterion(pred, future)
    loss.backward()


if __name__ == "__main__":
    main(ap.parse_args().bins)
    main(8)
