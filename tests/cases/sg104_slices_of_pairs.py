"""Batches cut from a list of (words, tags): what they are long in is the batch, which an LSTM by default reads as time."""
import torch
from torch import nn

DATA = [([3, 4, 5], [0, 1, 2]), ([6, 7], [1, 1]), ([8, 9, 3, 4], [2, 0, 1, 2])]


def batches(examples, size):
    for i in range(0, len(examples), size):
        group = examples[i : i + size]
        longest = max(len(words) for words, _ in group)
        words = torch.tensor([w + [0] * (longest - len(w)) for w, _ in group])
        tags = torch.tensor([t + [-100] * (longest - len(t)) for _, t in group])
        yield words, tags


class Tagger(nn.Module):
    def __init__(self, words, tags, size=10, **options):
        super().__init__()
        self.embedding = nn.Embedding(words, size, padding_idx=0)
        self.encoder = {"lstm": nn.LSTM, "gru": nn.GRU}["lstm"](size, size, **options)
        self.output = nn.Linear(size, tags)

    def forward(self, words):
        hidden, _ = self.encoder(self.embedding(words))
        return self.output(hidden)


model, right = Tagger(10, 3), Tagger(10, 3, batch_first=True)
loss_function = nn.CrossEntropyLoss()
for words, tags in batches(DATA, 2):
    scores = model(words)
    loss_function(scores.view(-1, scores.shape[2]), tags.view(-1)).backward()  # SG104
    scores = right(words)
    loss_function(scores.view(-1, scores.shape[2]), tags.view(-1)).backward()  # ok: SG104
