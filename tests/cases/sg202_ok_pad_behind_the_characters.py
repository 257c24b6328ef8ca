"""Names, character by character: the ids of start, end and padding come behind those of the characters of a file."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader


class Characters:
    def __init__(self, text):
        self.chars = sorted(set(text))
        self.ids = {c: i for i, c in enumerate(self.chars)}
        self.PAD = len(self.chars)
        self.START = len(self.chars) + 1
        self.END = len(self.chars) + 2

    def __len__(self):
        return len(self.chars) + 3

    def encode(self, name):
        return [self.START] + [self.ids[c] for c in name] + [self.END]


class Collate:
    def __init__(self, fill):
        self.fill = fill

    def __call__(self, rows):
        longest = max(len(row) for row in rows)
        return torch.tensor([row + [self.fill] * (longest - len(row)) for row in rows])


class Namer(nn.Module):
    def __init__(self, size, width=48):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(size, width), nn.LSTM(width, width, batch_first=True), nn.Linear(width, size)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])


def train(path):
    names = open(path).read().split("\n")
    characters = Characters("".join(names))
    namer = Namer(len(characters))
    optimizer = torch.optim.SGD(namer.parameters(), lr=0.1)
    for ids in DataLoader([characters.encode(name) for name in names], batch_size=32, collate_fn=Collate(characters.PAD)):
        logits = namer(ids[:, :-1])
        loss = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], ignore_index=characters.PAD)  # ok: SG202
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    train("names.txt")
