"""Items of several codes each: inside of one sample they are one stream, and the next code of the stream is the target."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Codes(Dataset):
    def __init__(self, table: np.ndarray, histories: list[list[int]]):
        self.table = np.zeros((500, 3), dtype=np.int64)
        self.table[: len(table)] = table
        self.histories = histories

    def __len__(self):
        return len(self.histories)

    def __getitem__(self, i):
        stream = self.table[np.array(self.histories[i])].reshape(-1)
        return torch.from_numpy(stream[:-1]), torch.from_numpy(stream[1:])


class Decoder(nn.Module):
    def __init__(self, codes=768, hidden=64):
        super().__init__()
        self.embedding = nn.Embedding(codes, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, codes)

    def forward(self, ids):
        states, _ = self.gru(self.embedding(ids))
        return self.head(states)


def train(table, histories):
    model = Decoder()
    optimizer = torch.optim.Adam(model.parameters())
    for x, y in DataLoader(Codes(table, histories), batch_size=1, shuffle=True):
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, 768), y.reshape(-1))  # ok: SG502
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for x, _ in DataLoader(Codes(table, histories), batch_size=8):
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, 768)[:-1], x.reshape(-1)[1:])  # SG502
        loss.backward()
        optimizer.step()
