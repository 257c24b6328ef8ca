import torch
from torch import nn


def padding_mask(ids, pad):
    """True at padding, as nn.Transformer wants it."""
    return ids == pad


class MaskedCE(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(reduction="none")

    def forward(self, logits, target, mask):
        loss = self.ce(logits.transpose(1, 2), target)  # ok: SG209
        mask = (~mask).float()
        return torch.sum(loss * mask) / torch.sum(mask)
