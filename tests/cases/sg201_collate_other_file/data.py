import torch
from torch.utils.data import Dataset

from vocab import BOS, EOS, PAD


class TranslationSet(Dataset):
    def __init__(self, pairs):
        self.pairs = pairs

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        src, trg = self.pairs[i]
        return {"src": src + [EOS], "trg": [BOS] + trg + [EOS]}


def _pad(rows):
    width = max(len(r) for r in rows)
    out = torch.full((len(rows), width), PAD, dtype=torch.long)
    for i, r in enumerate(rows):
        out[i, :len(r)] = torch.tensor(r)
    return out


def collate(samples):
    return _pad([s["src"] for s in samples]), _pad([s["trg"] for s in samples])
