from typing import Optional

import torch
import torch.nn.functional as F
from torch import Tensor


def sequence_loss(logits: Tensor, targets: Tensor, weights: Tensor, average: bool = True) -> Tensor:
    """
    Args:
        logits: (batch, seq_len, vocab)
        targets: (batch, seq_len)
        weights: (batch, seq_len), 1 for real tokens
    """
    b, t, v = logits.shape
    nll = F.cross_entropy(logits.reshape(b * t, v), targets.reshape(b * t), reduction="none")  # ok: SG101, SG102, SG301
    nll = nll.view(b, t) * weights
    return nll.sum() / weights.sum().clamp(min=1e-6) if average else nll.sum(1)


def lm_step(hidden: Tensor, head: Tensor, ids: Tensor, mask: Optional[Tensor] = None) -> Tensor:
    # hidden [batch, seq, dim], head [vocab, dim], ids [batch, seq]
    logits = hidden @ head.t()  # [batch, seq, vocab]
    logits = logits[:, :-1].permute(0, 2, 1)  # [batch, vocab, seq - 1]
    return F.cross_entropy(logits, ids[:, 1:])  # ok: SG101, SG103, SG501


def classify(cls_hidden, w, y):
    # cls_hidden: (N, D), w: (C, D), y: (N,)
    return F.cross_entropy(F.linear(cls_hidden, w), y)  # ok: SG101, SG102


if __name__ == "__main__":
    x = torch.randn(2, 6, 8, requires_grad=True)
    w = torch.randn(11, 8)
    y = torch.randint(0, 11, (2, 6))
    loss = sequence_loss(x @ w.t(), y, torch.ones(2, 6)) + lm_step(x, w, y) + classify(x[:, 0], w, y[:, 0])
    loss.backward()
