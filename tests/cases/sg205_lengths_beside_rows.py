"""The length of each row is written down while its stages are, and only the model is told."""
import torch
import torch.nn.functional as F
from torch import nn


def stages_of(rows, width):
    y = torch.zeros(len(rows), width, dtype=torch.long)
    lengths = torch.zeros(len(rows), dtype=torch.long)
    for i, row in enumerate(rows):
        lengths[i] = len(row)
        for j, stage in enumerate(row):
            y[i, j] = stage
    return y, lengths


class Stages(nn.Module):
    def __init__(self, stages=5):
        super().__init__()
        self.rnn = nn.GRU(4, 8, batch_first=True)
        self.head = nn.Linear(8, stages)

    def forward(self, frames, lengths):
        keep = torch.arange(frames.size(1)) < lengths.unsqueeze(1)
        return self.head(self.rnn(frames * keep.unsqueeze(-1))[0])


def unused(model, frames, rows):
    y, lengths = stages_of(rows, frames.size(1))
    scores = model(frames, lengths)
    return F.cross_entropy(scores.view(-1, scores.size(-1)), y.view(-1))  # SG205


def used(model, frames, rows):
    y, lengths = stages_of(rows, frames.size(1))
    scores = model(frames, lengths)
    keep = torch.arange(frames.size(1)) < lengths.unsqueeze(1)
    return F.cross_entropy(scores[keep], y[keep])  # ok: SG205


def used_by_row(model, frames, rows):
    y, lengths = stages_of(rows, frames.size(1))
    scores = model(frames, lengths)
    nll = F.cross_entropy(scores.transpose(1, 2), y, reduction="none")  # ok: SG205
    keep = torch.arange(frames.size(1)) < lengths.unsqueeze(1)
    return (nll * keep).sum() / keep.sum()


def ignored(model, frames, rows):
    y, lengths = stages_of(rows, frames.size(1))
    scores = model(frames, lengths)
    y[torch.arange(frames.size(1)) >= lengths.unsqueeze(1)] = -100
    return F.cross_entropy(scores.transpose(1, 2), y)  # ok: SG205


if __name__ == "__main__":
    frames, rows = torch.randn(2, 4, 4), [[1, 2, 3, 4], [2, 3]]
    for loss in (unused, used, used_by_row, ignored):
        loss(Stages(), frames, rows).backward()
