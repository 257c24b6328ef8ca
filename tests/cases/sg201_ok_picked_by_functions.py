"""The log-probabilities of padded targets are picked by torch.gather, and a mask keeps the padding out."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

rows = [torch.randint(1, 9, (n,)) for n in (6, 4, 3)]
targets = pad_sequence(rows, batch_first=True)
mask = torch.ne(targets, 0)
head = nn.Linear(16, 9)
log_probs = F.log_softmax(head(torch.randn(3, 6, 16)), dim=-1)


def masked():
    nll = -torch.gather(log_probs, 2, targets.unsqueeze(2)).squeeze(2)  # ok: SG201
    return torch.sum(nll * mask) / torch.sum(mask)


def selected():
    nll = -torch.gather(input=log_probs, dim=-1, index=targets[..., None]).squeeze(-1)  # ok: SG201
    return torch.masked_select(nll, mask).mean()


def written_through_a_view():
    nll = torch.neg(torch.gather(log_probs, 2, targets[..., None]).squeeze(-1))  # ok: SG201
    rows_of_it = torch.flatten(nll)
    rows_of_it[torch.flatten(targets) == 0] = 0.0
    return torch.sum(nll) / mask.sum()


def filled():
    nll = torch.neg(torch.squeeze(torch.gather(log_probs, 2, targets[..., None]), -1))  # ok: SG201
    return torch.masked_fill(nll, torch.logical_not(mask), 0.0).sum() / mask.sum()


(masked() + selected() + written_through_a_view() + filled()).backward()
