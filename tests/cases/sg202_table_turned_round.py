"""Phonemes: a table from ids to signs, filled up from data and then turned round; the ids of the marks are an Enum."""
from enum import IntEnum

import torch
from torch import nn
from torch.utils.data import DataLoader


class Mark(IntEnum):
    START = 0
    STOP = 1
    SILENCE = 2


class Phonemes:
    signs = {Mark.START.value: "<start>", Mark.STOP.value: "<stop>", Mark.SILENCE.value: "<silence>"}

    def __init__(self, transcripts):
        self.signs = dict(Phonemes.signs)
        for transcript in transcripts:
            for sign in transcript.split():
                if sign not in self.signs.values():
                    self.signs[len(self.signs)] = sign
        self.ids = {sign: number for number, sign in self.signs.items()}

    def encode(self, transcript):
        return [self.ids["<start>"], *(self.ids[sign] for sign in transcript.split()), self.ids["<stop>"]]


def batch(rows):
    width = max(map(len, rows))
    out = torch.full((len(rows), width), Mark.START.value)
    for i, row in enumerate(rows):
        out[i, : len(row)] = torch.tensor(row)
    return out[:, :-1], out[:, 1:]


class Speaker(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(size, 40), nn.LSTM(40, 40, batch_first=True), nn.Linear(40, size)

    def forward(self, ids):
        states, _ = self.rnn(self.embed(ids))
        return self.head(states)


def train(transcripts):
    phonemes = Phonemes(transcripts)
    speaker = Speaker(len(phonemes.signs))
    criterion = nn.CrossEntropyLoss(ignore_index=phonemes.ids["<silence>"])
    for x, y in DataLoader([phonemes.encode(t) for t in transcripts], batch_size=4, collate_fn=batch):
        logits = speaker(x)
        loss = criterion(logits.flatten(0, 1), y.flatten())  # SG202
        loss.backward()


if __name__ == "__main__":
    train(open("transcripts.txt").read().splitlines())
