"""The rows and columns of an image are flattened into one sequence for each image: shifting that is shifting within the image."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

COLOURS = 8
images = torch.randint(0, COLOURS, (32, 4, 4))


class Pixels(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.embed, self.start = nn.Embedding(COLOURS, width), nn.Parameter(torch.zeros(1, 1, width))
        self.rnn, self.head = nn.GRU(width, width, batch_first=True), nn.Linear(width, COLOURS)

    def forward(self, pixels):
        h = self.embed(pixels)
        h = torch.cat([self.start.expand(h.shape[0], 1, -1), h[:, :-1, :]], dim=1)
        return self.head(self.rnn(h)[0])


def rasters():
    model = Pixels()
    for (batch,) in DataLoader(TensorDataset(images), batch_size=8):
        rows = batch.view(batch.shape[0], -1)
        logits = model(rows)
        F.cross_entropy(logits.view(-1, COLOURS), rows.view(-1)).backward()  # ok: SG502


def next_pixels(head=nn.Linear(16, COLOURS), embed=nn.Embedding(COLOURS, 16)):
    for (batch,) in DataLoader(TensorDataset(images), batch_size=8):
        rows = batch.flatten(1, 2)
        logits = head(embed(rows[:, :-1]))
        F.cross_entropy(logits.transpose(1, 2), rows[:, 1:]).backward()  # ok: SG502


if __name__ == "__main__":
    rasters()
    next_pixels()
