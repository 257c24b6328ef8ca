import torch
import torch.nn.functional as F


def token_ce(logits, target, mask):
    logp = F.log_softmax(logits, dim=-1)
    nll = F.nll_loss(logp.transpose(1, 2), target, reduction="none")  # SG301
    return torch.mean(nll * mask)


LOSSES = dict(token=token_ce)
