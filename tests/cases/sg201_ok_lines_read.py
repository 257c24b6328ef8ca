"""Texts of a file that nothing is added to: windows, one line at a time, one id an example, characters and words."""

import random
import re

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, random_split

PATH = "pairs.txt"
EOS = 1


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(60, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 60)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


model = LM()


class Language:
    def __init__(self):
        self.index = {}
        self.size = 2

    def add(self, sentence):
        for word in sentence.split(" "):
            if word not in self.index:
                self.index[word] = self.size
                self.size += 1


def plain(s):
    return re.sub(r"([.!?])", r" \1", s.lower().strip())


def ids_of(language, sentence):
    ids = [language.index[word] for word in sentence.split(" ")]
    ids.append(EOS)
    return torch.tensor(ids, dtype=torch.long).view(-1, 1)


def one_sentence_at_a_time():
    lines = open(PATH, encoding="utf-8").read().strip().split("\n")
    pairs = [[plain(s) for s in line.partition(" ")[::2]] for line in lines]
    language = Language()
    for pair in pairs:
        language.add(pair[1])
    target = ids_of(language, random.choice(pairs)[1])
    loss = 0
    for i in range(target.size(0)):
        loss = loss + F.cross_entropy(model(target[i].unsqueeze(0))[0], target[i])  # ok: SG201
    return loss


def line_by_line():
    text = open(PATH).read()
    stoi = {c: i for i, c in enumerate(sorted(set(text)))}
    loss = 0
    for line in open(PATH):
        ids = torch.tensor([stoi[c] for c in line]).unsqueeze(0)
        loss = loss + F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG201
    return loss


class Windows(Dataset):
    def __init__(self, path, width):
        words = open(path).read().split()
        stoi = {w: i for i, w in enumerate(sorted(set(words)))}
        self.ids, self.width = [stoi[w] for w in words], width

    def __len__(self):
        return len(self.ids) - self.width

    def __getitem__(self, i):
        return torch.tensor(self.ids[i : i + self.width]), torch.tensor(self.ids[i + 1 : i + self.width + 1])


def windows():
    train, _ = random_split(Windows(PATH, 4), [0.5, 0.5])
    loss = 0
    for x, y in DataLoader(train, batch_size=4):
        loss = loss + F.cross_entropy(model(x).flatten(0, 1), y.flatten())  # ok: SG201
    return loss


def letters_after_letters():
    words = open(PATH).read().splitlines()
    stoi = {c: i + 1 for i, c in enumerate(sorted(set("".join(words))))}
    xs, ys = [], []
    for word in words:
        context = [0] * 3
        for letter in word:
            xs.append(context)
            ys.append(stoi[letter])
            context = context[1:] + [stoi[letter]]
    return F.cross_entropy(model(torch.tensor(xs))[:, -1], torch.tensor(ys))  # ok: SG201


def as_strided():
    ids = torch.tensor([ord(c) % 60 for c in open(PATH).read()])
    rows = torch.as_strided(ids, (6, 9), (8, 1))
    return F.cross_entropy(model(rows[:, :-1]).transpose(1, 2), rows[:, 1:])  # ok: SG201


class Labelled(Dataset):
    def __init__(self, path):
        self.lines = open(path).readlines()

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, i):
        text, _, other = self.lines[i].strip().partition(" ")
        return torch.tensor([ord(c) % 60 for c in text[:2]]), len(other) % 3


def one_id_an_example():
    loss = 0
    for x, y in DataLoader(Labelled(PATH), batch_size=4):
        loss = loss + F.cross_entropy(model(x).mean(1), y)  # ok: SG201
    return loss


if __name__ == "__main__":
    ways = (one_sentence_at_a_time, line_by_line, windows, letters_after_letters, as_strided, one_id_an_example)
    sum(way() for way in ways).backward()
