from torch import nn


class NextToken(nn.Module):
    """Scores each position on the token behind it."""

    def __init__(self, pad: int = 0) -> None:
        super().__init__()
        self.criterion = nn.CrossEntropyLoss(ignore_index=pad)

    def forward(self, logits, ids):
        return self.criterion(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()), {"tokens": ids.numel()}  # ok: SG501


class NextTokenByName(nn.Module):
    """Calls its arguments otherwise."""

    def __init__(self, pad: int = 0) -> None:
        super().__init__()
        self.criterion = nn.CrossEntropyLoss(ignore_index=pad)

    def forward(self, scores, tokens):
        return self.criterion(scores[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()), {"tokens": tokens.numel()}  # ok: SG501


class Smoothed(nn.Module):
    """Counts what it scored."""

    def __init__(self, pad: int = 0) -> None:
        super().__init__()
        self.pad = pad
        self.criterion = nn.CrossEntropyLoss(ignore_index=pad, label_smoothing=0.1)

    def forward(self, logits, ids):
        ahead = ids[:, 1:]
        loss = self.criterion(logits[:, :-1].transpose(1, 2), ahead)  # ok: SG501
        return loss, {"tokens": (ahead != self.pad).sum()}


class PerToken(nn.Module):
    """Scores each position on the label that stands there."""

    def __init__(self, pad: int = 0) -> None:
        super().__init__()
        self.criterion = nn.CrossEntropyLoss(ignore_index=pad)

    def forward(self, logits, labels):
        return self.criterion(logits.flatten(0, 1), labels.flatten()), {"tokens": labels.numel()}


def build_loss(task: str = "generation", **options):
    if task == "generation":
        return NextToken(**options)
    if task == "smoothed":
        return Smoothed(**options)
    if task == "tagging":
        return PerToken(**options)
    raise ValueError(task)
