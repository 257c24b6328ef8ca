"""A file of a model that ends with a first try: drawn ids are given as their own targets, only to see the shapes."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Decoder(nn.Module):
    def __init__(self, size=50, width=16):
        super().__init__()
        self.embed = nn.Embedding(size, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, size)

    def forward(self, ids, targets=None):
        logits = self.head(self.lstm(self.embed(ids))[0])
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


if __name__ == "__main__":
    model = Decoder()
    ids = torch.randint(0, 50, (2, 8))
    logits, loss = model(ids, ids)
    print(logits.shape, loss.item())
