"""Lists full of one id at first: nothing of it is left, it is the ignored one, it is a class, or it marks what counts."""

import torch
import torch.nn.functional as F
from torch import nn

LENGTH = 32


class Tagger(nn.Module):
    def __init__(self, size: int = 500) -> None:
        super().__init__()
        self.table = nn.Embedding(size, 64)
        self.rnn = nn.GRU(64, 64, batch_first=True)
        self.head = nn.Linear(64, size)

    def forward(self, ids):
        return self.head(self.rnn(self.table(ids))[0])


def whole(words, numbers):
    row = [0] * len(words)
    row[:] = [numbers[w] for w in words]
    return row


def as_long(words, numbers):
    row = [0] * len(words)
    row[: len(words)] = [numbers[w] for w in words]
    return row


def entries_of_its_own_length(words, numbers):
    row = [0] * len(words)
    for place, word in enumerate(words):
        row[place] = numbers[word]
    return row


def between_start_and_end(words, numbers):
    row = [1] * (len(words) + 2)
    row[1:-1] = [numbers[w] for w in words]
    return row


def spans(words, found):
    tags = [0] * LENGTH
    for start, end, tag in found:
        tags[start:end] = [tag] * (end - start)
    return tags


def some(words, names):
    tags = [0] * LENGTH
    for place, word in enumerate(words):
        if word in names:
            tags[place] = 1
    return tags


def window(stream, start):
    row = [0] * LENGTH
    row[:LENGTH] = stream[start : start + LENGTH]
    return row


def every_entry(stream, numbers):
    row = [0] * LENGTH
    for place in range(LENGTH):
        row[place] = numbers[stream[place]]
    return row


def ignored(words, numbers):
    row = [-100] * LENGTH
    row[: len(words)] = [numbers[w] for w in words]
    return row


def marks(words):
    row = [0] * LENGTH
    row[: len(words)] = [1] * len(words)
    return row


def padded(words, numbers):
    row = [0] * LENGTH
    row[: len(words)] = [numbers[w] for w in words]
    return row


def score(model, rows):
    y = torch.stack([torch.as_tensor(row) for row in rows])
    return model(torch.randint(1, 500, y.shape)).flatten(0, 1), y.flatten()


def train(texts, numbers, found, names, stream):
    model = Tagger()
    sentences = [text.split() for text in texts]
    for s in sentences:
        loss = F.cross_entropy(*score(model, [whole(s, numbers)]))  # ok: SG201
        loss += F.cross_entropy(*score(model, [as_long(s, numbers)]))  # ok: SG201
        loss += F.cross_entropy(*score(model, [entries_of_its_own_length(s, numbers)]))  # ok: SG201
        loss += F.cross_entropy(*score(model, [between_start_and_end(s, numbers)]))  # ok: SG201
        loss.backward()
    loss = F.cross_entropy(*score(model, [spans(s, found) for s in sentences]))  # ok: SG201
    loss += F.cross_entropy(*score(model, [some(s, names) for s in sentences]))  # ok: SG201
    loss += F.cross_entropy(*score(model, [window(stream, at) for at in range(0, 1000, LENGTH)]))  # ok: SG201
    loss += F.cross_entropy(*score(model, [every_entry(s, numbers) for s in sentences]))  # ok: SG201
    loss += F.cross_entropy(*score(model, [ignored(s, numbers) for s in sentences]))  # ok: SG201
    logits, y = score(model, [padded(s, numbers) for s in sentences])
    loss += F.cross_entropy(logits, y, ignore_index=0)  # ok: SG201
    keep = torch.tensor([marks(s) for s in sentences]).flatten()
    each = F.cross_entropy(logits, y, reduction="none")  # ok: SG201
    loss += (each * keep).sum() / keep.sum()
    loss.backward()
