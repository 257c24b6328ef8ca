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


def swapped(rows, ids):
    longest = max(map(len, rows))
    rows = [row + ["<pad>"] * (longest - len(row)) for row in rows]
    return torch.tensor([[-100 if word == "<pad>" else ids[word] for word in row] for row in rows])


def by_default(rows, ids):
    longest = max(map(len, rows))
    known = {word: i for word, i in ids.items() if word != "<pad>"}
    rows = [row + ["<pad>"] * (longest - len(row)) for row in rows]
    return torch.tensor([[known.get(word, -100) for word in row] for row in rows])


def taken_out(rows, ids):
    row = rows[0] + ["<pad>"] * 3
    return torch.tensor([[ids[word] for word in row if word != "<pad>"]])


def train(collate, criterion, sentences, ids):
    model = Tagger(len(ids))
    for batch in DataLoader(sentences, batch_size=8, collate_fn=lambda rows: collate(rows, ids)):
        logits = model(batch[:, :-1].clamp(min=0))
        criterion(logits.transpose(1, 2), batch[:, 1:]).backward()  # ok: SG201


def main(sentences):
    ids = numbered(sentences)
    for collate in (repeated, one_by_one, appended, mapped, lowered):
        train(collate, nn.CrossEntropyLoss(ignore_index=ids["<pad>"]), sentences, ids)
        train(collate, nn.CrossEntropyLoss(ignore_index=3), sentences, ids)
    for collate in (swapped, by_default, taken_out):
        train(collate, nn.CrossEntropyLoss(), sentences, ids)
    others = json.load(open("vocabulary.json"))
    train(repeated, nn.CrossEntropyLoss(ignore_index=others["<pad>"]), sentences, others)
    train(appended, nn.CrossEntropyLoss(ignore_index=0), sentences, others)


if __name__ == "__main__":
    main([line.split() for line in open("words.txt")])
