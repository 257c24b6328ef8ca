"""A model taken from a registry that another module fills: nothing of that module is named here."""

import models  # noqa: F401
import torch
from registry import build
from torch import nn


def main():
    model = build("boundary", chars=20, labels=3)
    loss_fn = nn.CrossEntropyLoss(ignore_index=-100)
    x, y = torch.randint(0, 20, (4, 7)), torch.randint(0, 3, (4, 7))
    pred = model(x)
    loss_fn(pred.reshape(4, 3, 7), y).backward()  # SG103
    loss_fn(model(x).movedim(-1, 1), y).backward()  # ok: SG103


if __name__ == "__main__":
    main()
