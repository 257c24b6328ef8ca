"""Sentences that are padded with a token, and looked up in a vocabulary after that."""
import json

import torch
from torch import nn
from torch.utils.data import DataLoader


class Tagger(nn.Module):
    def __init__(self, words, width=32):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(words, width), nn.GRU(width, width, batch_first=True), nn.Linear(width, words)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])


def repeated(rows, ids):
    longest = max(len(row) for row in rows)
    padded = [["<s>"] + row + ["</s>"] + ["<pad>"] * (longest - len(row)) for row in rows]
    return torch.tensor([[ids[word] for word in row] for row in padded])


def one_by_one(rows, ids):
    longest, out = max(map(len, rows)), []
    for row in rows:
        tokens = ["<s>"] + row
        tokens += ["<pad>"] * (longest + 1 - len(tokens))
        out.append([ids[token] for token in tokens])
    return torch.tensor(out)


def appended(rows, ids):
    longest, out = max(map(len, rows)), []
    for row in rows:
        tokens = list(row)
        while len(tokens) < longest:
            tokens.append("<pad>")
        out.append([ids[token] for token in tokens])
    return torch.tensor(out)


def mapped(rows, ids):
    longest = max(map(len, rows))
    rows = [row + ["<pad>"] * (longest - len(row)) for row in rows]
    return torch.tensor([list(map(ids.get, row)) for row in rows])


def lowered(rows, ids):
    longest = max(map(len, rows))
    rows = [row + ["<PAD>"] * (longest - len(row)) for row in rows]
    rows = [[word.lower() for word in row] for row in rows]
    return torch.tensor([[ids[word] for word in row] for row in rows])


def numbered(sentences):
    words = sorted({word for sentence in sentences for word in sentence})
    return {word: i for i, word in enumerate(["<unk>", "<s>", "</s>", "<pad>"] + words)}


def train(collate, criterion, sentences, ids):
    model = Tagger(len(ids))
    for batch in DataLoader(sentences, batch_size=8, collate_fn=lambda rows: collate(rows, ids)):
        logits = model(batch[:, :-1])
        criterion(logits.transpose(1, 2), batch[:, 1:]).backward()  # SG201


def forgotten(sentences):
    ids = numbered(sentences)
    train(repeated, nn.CrossEntropyLoss(), sentences, ids)
    train(one_by_one, nn.CrossEntropyLoss(), sentences, ids)


def train_at_once(sentences):
    """The same with a vocabulary of a file, whatever id its padding has."""
    ids = json.load(open("vocabulary.json"))
    model = Tagger(len(ids))
    criterion = nn.CrossEntropyLoss()
    for batch in DataLoader(sentences, batch_size=8, collate_fn=lambda rows: appended(rows, ids)):
        criterion(model(batch[:, :-1]).transpose(1, 2), batch[:, 1:]).backward()  # SG201


def unknown_words_ignored(sentences):
    ids = numbered(sentences)
    model = Tagger(len(ids))
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    for batch in DataLoader(sentences, batch_size=8, collate_fn=lambda rows: mapped(rows, ids)):
        criterion(model(batch[:, :-1]).transpose(1, 2), batch[:, 1:]).backward()  # SG202


def another_id(sentences):
    ids = numbered(sentences)
    model = Tagger(len(ids))
    criterion = nn.CrossEntropyLoss(ignore_index=2)
    for batch in DataLoader(sentences, batch_size=8, collate_fn=lambda rows: lowered(rows, ids)):
        criterion(model(batch[:, :-1]).transpose(1, 2), batch[:, 1:]).backward()  # SG202


if __name__ == "__main__":
    texts = [line.split() for line in open("words.txt")]
    forgotten(texts)
    train_at_once(texts)
    unknown_words_ignored(texts)
    another_id(texts)
