from torch import nn

from data import PAD


def build_criterion(name="ce"):
    if name == "ce":
        return nn.CrossEntropyLoss(ignore_index=PAD)
    raise ValueError(name)
