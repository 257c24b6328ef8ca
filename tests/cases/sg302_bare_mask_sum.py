import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def masked_cross_entropy(logits, target, mask):
    nll = F.cross_entropy(logits.transpose(1, 2), target, reduction="none")  # SG302
    return (nll * mask).sum() / mask.sum()


def selected(logits, target, mask):
    nll = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")  # SG302
    m = mask.flatten()
    return torch.sum(nll * m) / torch.sum(m)


def summed(logits, target):
    total = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0, reduction="sum")  # SG302
    return total / target.ne(0).sum()


class MaskedLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(reduction="none")

    def forward(self, logits, y):
        keep = (y != 0).float()
        loss = self.ce(logits.transpose(1, 2), y) * keep  # SG302
        n = keep.sum()
        return loss.sum() / n


if __name__ == "__main__":
    y = pad_sequence([torch.randint(1, 9, (n,)) for n in (6, 2, 5)], batch_first=True)
    logits = nn.Linear(4, 9)(torch.randn(3, 6, 4))
    mask = (y != 0).float()
    print(masked_cross_entropy(logits, y, mask), selected(logits, y, mask), summed(logits, y), MaskedLoss()(logits, y))
