import torch
from torch.utils.data import Dataset


class LMDataset(Dataset):
    """Returns inputs and next tokens."""

    def __init__(self, tokens, length):
        self.tokens, self.length = tokens, length

    def __len__(self):
        return (len(self.tokens) - 1) // self.length

    def __getitem__(self, i):
        piece = self.tokens[i * self.length:i * self.length + self.length + 1]
        return {"input_ids": piece[:-1], "labels": piece[1:]}
