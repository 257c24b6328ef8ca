"""The log-probabilities of padded targets are picked by torch.gather, as an operation of the class Tensor, or by names."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

rows = [torch.randint(1, 9, (n,)) for n in (6, 4, 3)]
targets = pad_sequence(rows, batch_first=True)
head = nn.Linear(16, 9)
log_probs = F.log_softmax(head(torch.randn(3, 6, 16)), dim=-1)


def by_function():
    return -torch.gather(log_probs, 2, targets.unsqueeze(2)).mean()  # SG201


def by_names():
    return -torch.mean(torch.gather(input=log_probs, dim=-1, index=torch.unsqueeze(targets, -1)))  # SG201


def by_class():
    picked = torch.Tensor.gather(log_probs, 2, targets[..., None])  # SG201
    return torch.neg(torch.squeeze(picked, -1)).mean()


def summed():
    nll = torch.negative(torch.gather(log_probs, 2, targets[..., None]).squeeze(-1))  # SG201
    return torch.div(torch.sum(nll), 3)


def by_method():
    return -log_probs.gather(2, targets.unsqueeze(2)).mean()  # SG201


(by_function() + by_names() + by_class() + summed() + by_method()).backward()
