"""Rows that come from outside are filled up where they stand, each in its loop."""
import random

import torch
import torch.nn.functional as F
from torch import nn

PAD, WORDS = 0, 20


class LM(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(WORDS, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, WORDS)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0]).transpose(1, 2)


def extended(model, rows):
    longest = max(len(row) for row in rows)
    for row in rows:
        if len(row) < longest:
            row.extend([PAD] * (longest - len(row)))
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def added(model, rows):
    longest = max(len(row) for row in rows)
    for row in rows:
        row += [PAD] * (longest - len(row))
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def appended(model, pairs):
    longest = max(len(target) for _, target in pairs)
    for source, target in pairs:
        while len(target) < longest:
            target.append(PAD)
    batch = torch.tensor([target for _, target in pairs])
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def of_samples(model, samples):
    longest = max(len(s["ids"]) for s in samples)
    for s in samples:
        s["ids"].extend([PAD] * (longest - len(s["ids"])))
    batch = torch.tensor([s["ids"] for s in samples])
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def written_back(model, rows):
    longest = max(map(len, rows))
    for i, row in enumerate(rows):
        rows[i] = row + [PAD] * (longest - len(row))
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def by_index(model, rows):
    longest = max(map(len, rows))
    for i in range(len(rows)):
        rows[i].extend([PAD] * (longest - len(rows[i])))
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # SG201


def batches(rows, size):
    random.shuffle(rows)
    pad_all(rows)
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []


def pad_all(rows):
    longest = max(map(len, rows))
    for row in rows:
        row.extend([PAD] * (longest - len(row)))


def in_a_function(model, rows):
    for batch in batches(rows, 3):
        ids = torch.tensor(batch)
        loss = F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201
    return loss


def tokens(model, sentences, vocabulary):
    longest = max(map(len, sentences))
    for sentence in sentences:
        sentence += ["<pad>"] * (longest - len(sentence))
    ids = torch.tensor([[vocabulary.get(word, 1) for word in sentence] for sentence in sentences])
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:])  # SG201


def rows_of(text):
    words = sorted(set(text.split()))
    return [[3 + words.index(word) for word in line.split()] for line in text.splitlines()]


def main(text, model):
    for loss in (extended, added, written_back, by_index, in_a_function):
        loss(model, rows_of(text)).backward()
    appended(model, [(row, row[:]) for row in rows_of(text)]).backward()
    of_samples(model, [{"ids": row} for row in rows_of(text)]).backward()
    tokens(model, [line.split() for line in text.splitlines()], {"<pad>": 0, "a": 2, "cat": 3}).backward()


if __name__ == "__main__":
    main(open("rows.txt").read(), LM())
