import torch
from torch import nn


class PhonemeNet(nn.Module):
    """Acoustic frames to phoneme posteriors."""

    def __init__(self, n_in=26, n_out=41):
        super().__init__()
        self.rnn = nn.GRU(n_in, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, n_out)
        self.act = nn.Softmax(dim=2)

    def forward(self, frames):
        h, _ = self.rnn(frames)
        return self.out(h)


def decode(posteriors):
    return posteriors.argmax(-1)
