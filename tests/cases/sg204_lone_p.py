"""A vocabulary written out whose first word is P, which fills up what is too short; and a tag set whose first tag is a tag."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PAIRS = [["il fait beau P", "S fine weather", "fine weather E"], ["il pleut P P", "S rainy weather", "rainy weather E"]]
SOURCE = {"P": 0, "il": 1, "fait": 2, "beau": 3, "pleut": 4}
TARGET = {"P": 0, "fine": 1, "rainy": 2, "weather": 3, "S": 4, "E": 5}
TAGS = {"N": 0, "V": 1, "ADJ": 2}


def ids_of(texts, vocab):
    rows = []
    for i in range(len(texts)):
        rows.extend([[vocab[word] for word in texts[i].split()]])
    return torch.LongTensor(rows)


def translate(model):
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    fed, wanted = ids_of([p[1] for p in PAIRS], TARGET), ids_of([p[2] for p in PAIRS], TARGET)
    for x, y in DataLoader(TensorDataset(fed, wanted), batch_size=2, shuffle=True):
        logits = model(x)
        loss = criterion(logits.view(-1, 6), y.view(-1))  # ok: SG204
        loss.backward()


def tag(model, texts, tags):
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    for x, y in DataLoader(TensorDataset(ids_of(texts, SOURCE), ids_of(tags, TAGS)), batch_size=2):
        logits = model(x)
        loss = criterion(logits.view(-1, 3), y.view(-1))  # SG204
        loss.backward()


translate(nn.Sequential(nn.Embedding(6, 8), nn.Linear(8, 6)))
tag(nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 3)), ["il pleut", "il fait"], ["N V", "N V"])
