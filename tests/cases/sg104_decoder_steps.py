import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

VOCAB, LENGTH = 40, 9


class Rows(Dataset):
    def __init__(self):
        self.rows = torch.randint(0, VOCAB, (32, LENGTH))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        row = self.rows[i]
        return row[:-1], row[1:]


class Tagger(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, width)
        self.rnn = nn.LSTM(width, width)
        self.head = nn.Linear(width, VOCAB)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


if __name__ == "__main__":
    model = Tagger()
    for x, y in DataLoader(Rows(), batch_size=4):
        logits = model(x)
        loss = 0
        for t in range(y.size(1)):
            loss = loss + F.cross_entropy(logits[:, t], y[:, t])  # SG104
        loss.backward()
