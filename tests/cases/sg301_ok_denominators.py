import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def nll_of(logits, y):
    return F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG301, SG201, SG205


def by_count(logits, y, mask):
    return (nll_of(logits, y) * mask).sum() / mask.sum()


def by_selection(logits, y, mask):
    return nll_of(logits, y)[mask].mean()


def by_masked_select(logits, y, mask):
    return nll_of(logits, y).masked_select(mask).mean()


def rescaled(logits, y, mask):
    per = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG301
    return (per * mask).mean() * (mask.numel() / mask.sum())


def sum_and_count(logits, y):
    total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0, reduction="sum")  # ok: SG301
    return total / (y != 0).sum()


def lengths_known(logits, y, lengths):
    total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0, reduction="sum")  # ok: SG301
    return total / lengths.sum()


def torch_does_it(logits, y):
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0)  # ok: SG301


def mean_without_padding(logits_full, y_full):
    return F.cross_entropy(logits_full.transpose(1, 2), y_full, reduction="none").mean()  # ok: SG301, SG201


if __name__ == "__main__":
    lens = [6, 2, 5]
    y = pad_sequence([torch.randint(1, 9, (n,)) for n in lens], batch_first=True)
    head = nn.Linear(4, 9)
    logits, mask = head(torch.randn(3, 6, 4)), y != 0
    vals = [by_count(logits, y, mask), by_selection(logits, y, mask), by_masked_select(logits, y, mask), rescaled(logits, y, mask),
            sum_and_count(logits, y), lengths_known(logits, y, torch.tensor(lens)), torch_does_it(logits, y)]
    assert torch.stack(vals).std() < 1e-5
    mean_without_padding(head(torch.randn(2, 7, 4)), torch.randint(0, 9, (2, 7))).backward()
