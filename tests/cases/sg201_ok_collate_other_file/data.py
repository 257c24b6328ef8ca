import torch
from torch.utils.data import Dataset

PAD, BOS, EOS = 0, 1, 2
VOCAB_SIZE = 40


class PairDataset(Dataset):
    def __init__(self, pairs):
        self.pairs = pairs

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        src, trg = self.pairs[i]
        return src + [EOS], [BOS] + trg + [EOS]


def pad_rows(rows):
    width = max(len(r) for r in rows)
    return torch.tensor([r + [PAD] * (width - len(r)) for r in rows])


def collate(samples):
    src, trg = zip(*samples)
    return pad_rows(src), pad_rows(trg)
