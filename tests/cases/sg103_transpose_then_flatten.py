import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class ChunkDataset(Dataset):
    """Equal chunks of one long text."""

    def __init__(self, ids, size):
        self.ids, self.size = ids, size

    def __len__(self):
        return (len(self.ids) - 1) // self.size

    def __getitem__(self, i):
        lo = i * self.size
        return self.ids[lo:lo + self.size], self.ids[lo + 1:lo + self.size + 1]


class ConvLM(nn.Module):
    def __init__(self, vocab_size=64, channels=16, kernel=3):
        super().__init__()
        self.kernel = kernel
        self.emb = nn.Embedding(vocab_size, channels)
        self.conv = nn.Conv1d(channels, channels, kernel)
        self.out = nn.Linear(channels, vocab_size)

    def forward(self, x):
        h = self.emb(x).transpose(1, 2)
        h = F.pad(h, (self.kernel - 1, 0))
        h = F.relu(self.conv(h)).transpose(1, 2)
        logits = self.out(h)
        return logits.transpose(1, 2)  # B V T as the loss likes it


def train(model, loader, opt):
    model.train()
    for x, y in loader:
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, logits.size(1)), y.reshape(-1))  # SG103
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()


if __name__ == "__main__":
    ids = torch.randint(0, 64, (257,))
    net = ConvLM()
    train(net, DataLoader(ChunkDataset(ids, 16), batch_size=4, shuffle=True), torch.optim.SGD(net.parameters(), lr=0.1))
