from torch import nn


class Backbone(nn.Module):
    def __init__(self, d, heads=2, layers=1):
        super().__init__()
        layer = nn.TransformerEncoderLayer(d, heads, dim_feedforward=2 * d, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)

    def forward(self, x):
        return self.encoder(x)
