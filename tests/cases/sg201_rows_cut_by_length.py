"""Rows of a padded batch are cut to their lengths and put behind one another; the same batch is once scored as it is."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def collate(texts):
    rows = [torch.tensor(text) for text in texts]
    fed = pad_sequence([row[:-1] for row in rows], batch_first=True, padding_value=0)
    wanted = pad_sequence([row[1:] for row in rows], batch_first=True, padding_value=0)
    lengths = torch.tensor([len(row) - 1 for row in rows])
    return (fed, lengths), (wanted, lengths)


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, ids, lengths):
        states, _ = self.lstm(self.embedding(ids))
        return self.head(states), lengths


def train(texts, model):
    optimizer = torch.optim.Adam(model.parameters())
    for inputs, outputs in DataLoader(texts, batch_size=4, collate_fn=collate):
        inputs = (part.to("cpu") for part in inputs)
        outputs = (part.to("cpu") for part in outputs)
        scores, lengths = model(*inputs)
        logits = torch.cat([row[:n] for row, n in zip(scores, lengths)], dim=0)
        targets = torch.cat([row[:n] for row, n in zip(*outputs)], dim=0)
        loss = F.cross_entropy(logits, targets)  # ok: SG201
        loss.backward()
        optimizer.step()


def train_on_all(texts):
    model = Decoder(40, 64)
    optimizer = torch.optim.Adam(model.parameters())
    for (fed, lengths), (wanted, _) in DataLoader(texts, batch_size=4, collate_fn=collate):
        logits, _ = model(fed, lengths)
        loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten())  # SG201
        loss.backward()
        optimizer.step()
