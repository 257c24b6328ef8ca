import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

EPS = 1e-8


def clamped(logits, y, mask):
    nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG302, SG301
    return (nll * mask).sum() / mask.sum().clamp(min=1)


def epsilon(logits, y, mask):
    nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG302
    return (nll * mask).sum() / (mask.sum() + EPS)


def python_max(logits, y, mask):
    nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG302
    return (nll * mask).sum() / max(mask.sum().item(), 1.0)


def torch_maximum(logits, y, mask):
    nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG302
    n = torch.clamp_min(mask.sum(), 1.0)
    return torch.sum(nll * mask) / n


def early_return(logits, y, mask):
    if mask.sum() == 0:
        return logits.sum() * 0.0
    nll = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG302
    return (nll * mask).sum() / mask.sum()


def skipped(logits, y, mask):
    n = mask.sum()
    total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0, reduction="sum")  # ok: SG302
    if n > 0:
        total = total / n
    return total


def no_padding(logits, y):
    # full windows: the count is the size, never zero
    return F.cross_entropy(logits.transpose(1, 2), y, reduction="none").sum() / y.numel()  # ok: SG302, SG301


if __name__ == "__main__":
    y = pad_sequence([torch.randint(1, 9, (n,)) for n in (6, 2, 5)], batch_first=True)
    logits = nn.Linear(4, 9)(torch.randn(3, 6, 4))
    mask = (y != 0).float()
    vals = [f(logits, y, mask) for f in (clamped, epsilon, python_max, torch_maximum, early_return, skipped)]
    assert torch.stack(vals).std() < 1e-5
    no_padding(nn.Linear(4, 9)(torch.randn(2, 5, 4)), torch.randint(0, 9, (2, 5))).backward()
