import torch
from torch import nn


class Backbone(nn.Module):
    """(batch, time, features) in, (batch, time, features) out."""

    def __init__(self, d, heads=2, layers=2):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d, heads, dim_feedforward=2 * d)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.norm = nn.LayerNorm(d)

    def forward(self, x):
        return self.norm(self.encoder(x))
