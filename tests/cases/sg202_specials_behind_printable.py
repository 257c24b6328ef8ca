"""Code, byte by byte as it were: everything that can be printed, and three tokens behind it."""
import string

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

TOKENS = list(string.printable)
for special in ("[START]", "[STOP]", "[NOTHING]"):
    TOKENS.append(special)
NUMBER = dict(zip(TOKENS, range(len(TOKENS))))
NOTHING = TOKENS.index("[NOTHING]")


def encode(line):
    return torch.tensor([NUMBER["[START]"]] + [NUMBER[c] for c in line if c in NUMBER] + [NUMBER["[STOP]"]])


def collate(lines):
    ids = pad_sequence([encode(line) for line in lines], batch_first=True, padding_value=100)
    return ids[:, :-1], ids[:, 1:]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(TOKENS), 64)
        self.rnn = nn.GRU(64, 64, num_layers=2, batch_first=True)
        self.head = nn.Linear(64, len(TOKENS))

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])


def run():
    model, criterion = Model(), nn.CrossEntropyLoss(ignore_index=NOTHING)
    optimizer = torch.optim.Adam(model.parameters())
    with open("code.py") as file:
        lines = file.read().splitlines()
    for x, y in DataLoader(lines, batch_size=16, shuffle=True, collate_fn=collate):
        optimizer.zero_grad()
        loss = criterion(model(x).permute(0, 2, 1), y)  # SG202
        loss.backward()
        optimizer.step()


run()
