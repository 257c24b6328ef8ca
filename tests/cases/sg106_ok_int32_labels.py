import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class BeatDataset(Dataset):
    def __init__(self, n=20, steps=32):
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(n, steps, 2)).astype("float32")
        self.y = rng.integers(0, 5, size=(n, steps)).astype(np.int64)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), torch.from_numpy(self.y[i])


net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 5))
criterion = nn.CrossEntropyLoss()

if __name__ == "__main__":
    for x, y in DataLoader(BeatDataset(), batch_size=4):
        logits = net(x)
        loss = criterion(logits.flatten(0, 1), y.flatten())  # ok: SG106
        loss.backward()
