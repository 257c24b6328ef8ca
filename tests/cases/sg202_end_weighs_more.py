"""Captions whose last word weighs more: what is done to the losses at the end leaves those of the padding what they are."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

START, END, PAD, WORDS = 1, 2, 3, 500


def collate(rows):
    captions = pad_sequence([torch.tensor([START, *row, END]) for row in rows], batch_first=True, padding_value=0)
    return captions[:, :-1], captions[:, 1:]


class Captioner(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(WORDS, width), nn.GRU(width, width, batch_first=True), nn.Linear(width, WORDS)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])


def in_place(logits, y, more: float):
    flat = y.flatten()
    nll = F.cross_entropy(logits.flatten(0, 1), flat, ignore_index=PAD, reduction="none")  # SG202
    nll[flat == END] *= more
    real = (flat != PAD).float()
    return (nll * real).sum() / real.sum().clamp(min=1)


def written_back(logits, y, more: float):
    flat = y.flatten()
    nll = F.cross_entropy(logits.flatten(0, 1), flat, ignore_index=PAD, reduction="none")  # SG202
    ends = flat == END
    nll[ends] = nll[ends] * more
    real = (flat != PAD).float()
    return (nll * real).sum() / real.sum().clamp(min=1)


def turned_round(logits, y, more: float):
    nll = F.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD, reduction="none")  # SG202
    nll = torch.where(y != END, nll, nll * more)
    real = (y != PAD).float()
    return (nll * real).sum() / real.sum().clamp(min=1)


def train(captions, form):
    model = Captioner()
    optimizer = torch.optim.Adam(model.parameters())
    for x, y in DataLoader(captions, batch_size=8, collate_fn=collate):
        loss = form(model(x), y, 4.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    for one in (in_place, written_back, turned_round):
        train([[7, 8, 9], [10, 11], [12, 13, 14, 15]], one)
