import numpy as np
import torch
from torch.utils.data import Dataset

ACTIONS = ["walk", "sit", "run", "jump"]


class Clips(Dataset):
    """Per frame annotation, stored as one-hot rows by the labelling tool."""

    def __init__(self, n=6, frames=15):
        rng = np.random.default_rng(1)
        self.x = rng.normal(size=(n, frames, 9)).astype(np.float32)
        ids = rng.integers(0, len(ACTIONS), size=(n, frames))
        self.y = np.eye(len(ACTIONS), dtype=np.int64)[ids]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), torch.from_numpy(self.y[i])
