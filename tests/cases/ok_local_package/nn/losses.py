"""Our own losses; the names are torch's, the arguments are not."""
import torch
import torch.nn.functional as F


class CrossEntropyLoss(torch.nn.Module):
    """Takes (B, T, V) logits, (B, T) targets and an optional mask."""

    def __init__(self, pad_id=0):
        super().__init__()
        self.pad_id = pad_id

    def forward(self, logits, targets, mask=None):
        if mask is None:
            mask = targets != self.pad_id
        nll = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # ok: SG101, SG201, SG301
        return (nll * mask).sum() / mask.sum().clamp(min=1)


def cross_entropy(targets, logits, pad_id=0):
    """Targets first."""
    return CrossEntropyLoss(pad_id)(logits, targets)
