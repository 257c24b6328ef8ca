"""Windows of one long text, handed out by a sampler of another library: as long as one another for all that is known; not so sentences."""

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import BatchSampler, DataLoader, RandomSampler
from windows import WindowSampler


class Text:
    def __init__(self, ids):
        self.ids, self.following = ids[:-1], ids[1:]

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, at):
        return torch.tensor(self.ids[at]), torch.tensor(self.following[at])


def collate(batch):
    fed = pad_sequence([pair[0] for pair in batch], batch_first=True, padding_value=0)
    wanted = pad_sequence([pair[1] for pair in batch], batch_first=True, padding_value=0)
    return fed, wanted


model = nn.Sequential(nn.Embedding(500, 32), nn.Linear(32, 500))
criterion = nn.CrossEntropyLoss()


def train(ids):
    for fed, wanted in DataLoader(Text(ids), batch_sampler=WindowSampler(ids, 35, 20, True), collate_fn=collate):
        loss = criterion(model(fed).view(-1, 500), wanted.view(-1))  # ok: SG201
        loss.backward()


def train_on_sentences(sentences):
    data = Text(sentences)
    batches = BatchSampler(RandomSampler(data), batch_size=20, drop_last=True)
    for fed, wanted in DataLoader(data, batch_sampler=batches, collate_fn=collate):
        loss = criterion(model(fed).view(-1, 500), wanted.view(-1))  # SG201
        loss.backward()
