"""Sentences of a file with a word a line: each begins with a root and grows, and an empty line ends it."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Sentences(Dataset):
    def __init__(self, path, words):
        self.words = words
        self.sentences = []
        self.read(path)
        self.rows = self.numbered()

    def read(self, path):
        current = [("<root>", -1)]
        with open(path) as lines:
            for line in lines:
                if line == "\n":
                    self.sentences.append(current)
                    current = [("<root>", -1)]
                    continue
                cells = line.split("\t")
                current.append((cells[1], int(cells[6])))

    def numbered(self):
        rows = []
        for sentence in self.sentences:
            words, heads = [], []
            for word, head in sentence:
                words.append(self.words.get(word, 1))
                heads.append(head)
            rows.append((torch.tensor(words), torch.tensor(heads)))
        return rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


class Parser(nn.Module):
    def __init__(self, vocab, hidden=64):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)

    def forward(self, words):
        states, _ = self.lstm(self.embedding(words))
        return states @ states.transpose(1, 2)


def train(path, words):
    model = Parser(len(words))
    criterion = nn.CrossEntropyLoss(ignore_index=-1)
    optimizer = torch.optim.Adam(model.parameters())
    for ids, heads in DataLoader(Sentences(path, words), shuffle=True):
        scores = model(ids)  # scores.shape: (batch, words, words)
        loss = criterion(scores.transpose(1, 2), heads)  # ok: SG102
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    fixed = torch.zeros(1, 9, 9, requires_grad=True)
    for ids, heads in DataLoader(Sentences(path, words)):
        loss = criterion(fixed, heads)  # ok: SG102
        loss.backward()
