"""Places for an image in front of every caption: as many in each row, so that they are no padding; the captions are padded behind."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

PAD, IMAGE, PLACES, WIDTH = 0, 1, 8, 24


class Captions(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        ids = self.rows[i]
        ids = ids + [PAD] * (WIDTH - len(ids))
        return torch.tensor([IMAGE] * PLACES + ids)


class LeftPadded(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        ids = self.rows[i]
        return torch.tensor([IMAGE] * (WIDTH - len(ids)) + ids)


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, ids):
        states, _ = self.lstm(self.embedding(ids))
        return self.head(states)


def train(rows):
    model = Decoder(1000, 64)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters())
    for ids in DataLoader(Captions(rows), batch_size=16):
        logits = model(ids[:, :-1])
        loss = criterion(logits.reshape(-1, 1000), ids[:, 1:].reshape(-1))  # ok: SG202
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for ids in DataLoader(LeftPadded(rows), batch_size=16):
        logits = model(ids[:, :-1])
        loss = criterion(logits.reshape(-1, 1000), ids[:, 1:].reshape(-1))  # SG202
        loss.backward()
        optimizer.step()
