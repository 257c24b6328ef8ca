"""Token log-probabilities with gather: the index has a trailing axis of one by design."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def token_logps(logits, ids):
    logp = logits.log_softmax(-1)
    return logp.gather(-1, ids.unsqueeze(-1)).squeeze(-1)  # ok: SG106, SG102


def nll_from_gather(logits, ids, mask):
    logp = torch.gather(F.log_softmax(logits, dim=2), 2, ids[..., None])[..., 0]  # ok: SG106, SG101
    return -(logp * mask).sum() / mask.sum()


def advanced_index(logits, ids, mask):
    flat, gold = logits.flatten(0, 1).log_softmax(1), ids.flatten()
    picked = flat[torch.arange(gold.numel()), gold]
    return -picked[mask.flatten()].mean()


def reference(logits, ids):
    return F.cross_entropy(logits.transpose(1, 2), ids, ignore_index=0)  # ok: SG101, SG201


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 9, (n,)) for n in (6, 2, 5)], batch_first=True)
    logits = nn.Linear(4, 9)(torch.randn(3, 6, 4))
    mask = ids != 0
    vals = torch.stack([nll_from_gather(logits, ids, mask), advanced_index(logits, ids, mask), reference(logits, ids)])
    assert vals.std() < 1e-5
    assert token_logps(logits, ids).shape == ids.shape
