"""A call of a newer release is tried first: it is refused, and its loss never computed; the one that trains leaves the padding out."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

tags = {"PAD": 0, "O": 1, "PER": 2, "LOC": 3}


class Tagger(nn.Module):
    def __init__(self, words: int, classes: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, 16)
        self.lstm = nn.LSTM(16, 16, batch_first=True)
        self.head = nn.Linear(16, classes)

    def forward(self, words):
        return self.head(self.lstm(self.embed(words))[0])

    def plain(self, words, gold):
        return F.cross_entropy(self(words).flatten(0, 1), gold.flatten())


def batches():
    for sizes in ((5, 3), (4, 6)):
        words = pad_sequence([torch.randint(1, 30, (n,)) for n in sizes], batch_first=True)
        gold = pad_sequence([torch.randint(1, 4, (n,)) for n in sizes], batch_first=True, padding_value=tags["PAD"])
        yield words, gold


if __name__ == "__main__":
    model = Tagger(30, len(tags))
    optimizer = torch.optim.Adam(model.parameters())
    for words, gold in batches():
        try:
            loss = model.plain(words, gold, lengths=(words != 0).sum(1))
        except TypeError:
            loss = F.cross_entropy(model(words).flatten(0, 1), gold.flatten(), ignore_index=tags["PAD"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
