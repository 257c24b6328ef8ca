"""The batch is left as it is, and the loss, made when it is first needed, shifts once; or it is shifted, and the loss does not."""

from functools import cached_property

import torch
from losses import NextToken, NextTokenByName, build_loss
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


class Model(nn.Module):
    def __init__(self, size: int = 900) -> None:
        super().__init__()
        self.table = nn.Embedding(size, 64)
        self.rnn = nn.LSTM(64, 64, batch_first=True)
        self.head = nn.Linear(64, size)

    def forward(self, ids):
        return self.head(self.rnn(self.table(ids))[0])


def collate(samples):
    ids = pad_sequence([torch.tensor(s) for s in samples], batch_first=True)
    return {"ids": ids, "labels": ids}


class Trainer:
    def __init__(self, model, data):
        self.model, self.data, self.loss_fn = model, data, None

    def compute_loss(self, batch):
        labels = batch.pop("labels", None)
        logits = self.model(batch["ids"])
        if self.loss_fn is None:
            self.loss_fn = build_loss("generation")
        if labels is None:
            return logits
        loss, _ = self.loss_fn(logits, labels)
        return loss

    def train(self):
        for batch in DataLoader(self.data, batch_size=8, collate_fn=collate):
            self.compute_loss(batch).backward()


class Guarded:
    criterion = None

    def __init__(self, model, data):
        self.model, self.data = model, data

    def step(self, batch):
        if not self.criterion:
            self.criterion = NextTokenByName(pad=0)
        loss, _ = self.criterion(self.model(batch["ids"]), batch["labels"])
        loss.backward()

    def train(self):
        for batch in DataLoader(self.data, batch_size=8, collate_fn=collate):
            self.step(batch)


class Kept:
    def __init__(self, model, data):
        self.model, self.data = model, data
        self._loss = None

    @property
    def loss(self):
        if self._loss is None:
            self._loss = NextToken()
        return self._loss

    def train(self):
        for batch in DataLoader(self.data, batch_size=8, collate_fn=collate):
            value, _ = self.loss(self.model(batch["ids"]), batch["labels"])
            value.backward()


class Cached:
    def __init__(self, model, data):
        self.model, self.data = model, data

    @cached_property
    def loss(self):
        return NextTokenByName()

    def train(self):
        for batch in DataLoader(self.data, batch_size=8, collate_fn=collate):
            value, _ = self.loss(self.model(batch["ids"]), batch["labels"])
            value.backward()


def plain(model, data):
    criterion = None
    for batch in DataLoader(data, batch_size=8, collate_fn=collate):
        criterion = criterion or build_loss("smoothed")
        loss, _ = criterion(model(batch["ids"]), batch["labels"])
        loss.backward()


def main(data):
    Trainer(Model(), data).train()
    Guarded(Model(), data).train()
    Kept(Model(), data).train()
    Cached(Model(), data).train()
    plain(Model(), data)


def shifted(samples):
    ids = pad_sequence([torch.tensor(s) for s in samples], batch_first=True)
    return {"ids": ids[:, :-1], "labels": ids[:, 1:]}


class Tagging:
    def __init__(self, model, data):
        self.model, self.data, self.loss_fn = model, data, None

    def train(self):
        for batch in DataLoader(self.data, batch_size=8, collate_fn=shifted):
            if self.loss_fn is None:
                self.loss_fn = build_loss("tagging")
            loss, _ = self.loss_fn(self.model(batch["ids"]), batch["labels"])
            loss.backward()


def tag(data):
    Tagging(Model(), data).train()
