"""Registers its classes when it is imported."""

from registry import register
from torch import nn


@register
class Boundary(nn.Module):
    def __init__(self, chars, labels, dim=8):
        super().__init__()
        self.char = nn.Embedding(chars, dim)
        self.conv = nn.Conv1d(dim, dim, 3, padding="same")
        self.fc = nn.Linear(dim, labels)

    def forward(self, x):
        h = self.conv(self.char(x).permute(0, 2, 1)).relu()
        return self.fc(h.permute(0, 2, 1))
