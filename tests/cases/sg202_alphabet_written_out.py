"""Reading of handwriting: an alphabet that is written out, and special tokens in front of it."""
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


class Alphabet:
    def __init__(self):
        self.specials = ["SOS", "EOS", "PAD", "UNK"]
        self.lower = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w",
                      "x", "y", "z"]
        self.upper = [c.upper() for c in self.lower]
        self.digits = [str(n) for n in range(10)]
        self.marks = [" ", ".", ",", ";", ":", "?", "!", "-", "(", ")"]
        self.signs = self.specials + self.lower + self.upper + self.digits + self.marks
        self.to_id = {sign: n for n, sign in enumerate(self.signs)}
        self.PAD = self.to_id["PAD"]

    def __len__(self):
        return len(self.signs)

    def encode(self, text):
        ids = [self.to_id.get(c, self.to_id["UNK"]) for c in text]
        return [self.to_id["SOS"]] + ids + [self.to_id["EOS"]]


class Lines(Dataset):
    def __init__(self, lines, alphabet):
        self.lines, self.alphabet = lines, alphabet

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, i):
        return torch.randn(64), torch.tensor(self.alphabet.encode(self.lines[i]))


def collate(samples):
    images, texts = zip(*samples)
    return torch.stack(images), pad_sequence(texts, batch_first=True, padding_value=0)


class Reader(nn.Module):
    def __init__(self, signs, width=32):
        super().__init__()
        self.look = nn.Linear(64, width)
        self.embed = nn.Embedding(signs, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, signs)

    def forward(self, images, ids):
        states, _ = self.rnn(self.embed(ids), self.look(images).unsqueeze(0))
        return self.head(states)


class WeightedLoss(nn.Module):
    """The end of a line weighs more."""

    def __init__(self, pad, end, more=5.0):
        super().__init__()
        self.pad, self.end, self.more = pad, end, more
        self.each = nn.CrossEntropyLoss(ignore_index=pad, reduction="none")

    def forward(self, logits, ids):
        losses = self.each(logits.flatten(0, 1), ids.flatten()).view(ids.shape)  # SG202
        losses = torch.where(ids == self.end, losses * self.more, losses)
        real = (ids != self.pad).float()
        return (losses * real).sum() / real.sum().clamp(min=1)


def main(path):
    alphabet = Alphabet()
    lines = open(path).read().splitlines()
    reader = Reader(len(alphabet))
    weighted = WeightedLoss(alphabet.PAD, alphabet.to_id["EOS"])
    optimizer = torch.optim.Adam(reader.parameters())
    for images, texts in DataLoader(Lines(lines, alphabet), batch_size=8, collate_fn=collate):
        optimizer.zero_grad()
        weighted(reader(images, texts[:, :-1]), texts[:, 1:]).backward()
        optimizer.step()


if __name__ == "__main__":
    main("lines.txt")
