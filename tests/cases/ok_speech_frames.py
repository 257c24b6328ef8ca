"""Frame level phone classifier over utterances sorted by length."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.data import DataLoader, Dataset


class Utterances(Dataset):
    def __init__(self, n=9, seed=0):
        rng = np.random.default_rng(seed)
        self.items = []
        for _ in range(n):
            frames = rng.integers(8, 30)
            self.items.append((rng.normal(size=(frames, 13)).astype("float32"), rng.integers(0, 40, size=frames)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    batch = sorted(batch, key=lambda b: -len(b[0]))
    lengths = torch.tensor([len(x) for x, _ in batch])
    longest = int(lengths[0])
    feats = torch.zeros(len(batch), longest, 13)
    labels = torch.full((len(batch), longest), -1, dtype=torch.long)
    for i, (x, y) in enumerate(batch):
        feats[i, : len(x)] = torch.from_numpy(x)
        labels[i, : len(y)] = torch.from_numpy(y)
    return feats, labels, lengths


class Phones(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(13, 24, batch_first=True, bidirectional=True)
        self.out = nn.Linear(48, 40)

    def forward(self, feats, lengths):
        packed = pack_padded_sequence(feats, lengths, batch_first=True)
        h, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        return self.out(h)


@torch.no_grad()
def evaluate(model, loader):
    nll, frames, right = 0.0, 0, 0
    for feats, labels, lengths in loader:
        logits = model(feats, lengths)
        nll += F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=-1, reduction="sum").item()  # ok: SG201, SG202, SG303
        right += (logits.argmax(-1) == labels).sum().item()
        frames += lengths.sum().item()
    return nll / frames, right / frames


if __name__ == "__main__":
    loader = DataLoader(Utterances(), batch_size=3, collate_fn=collate)
    model = Phones()
    for feats, labels, lengths in loader:
        logits = model(feats, lengths)
        loss = F.cross_entropy(logits.reshape(-1, 40), labels.reshape(-1), ignore_index=-1)  # ok: SG201, SG202, SG102, SG204
        loss.backward()
    print(evaluate(model, loader))
