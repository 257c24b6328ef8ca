import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LINES = [[4, 5, 6], [7, 8], [9, 10, 11, 12], [5, 9]]


def windows(lines):
    out = []
    for line in lines:
        for end in range(2, len(line) + 1):
            out.append(line[:end])
    return out


def left_padded(rows):
    width = max(len(row) for row in rows)
    return torch.tensor([[0] * (width - len(row)) + row for row in rows], dtype=torch.long)


class NextWord(nn.Module):
    def __init__(self, vocab=16, dim=12):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, x):
        _, (last, _) = self.lstm(self.embed(x))
        return self.out(last.squeeze(0))


if __name__ == "__main__":
    rows = left_padded(windows(LINES))
    x, y = rows[:, :-1], rows[:, -1]
    model, criterion = NextWord(), nn.CrossEntropyLoss()
    for bx, by in DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True):
        loss = criterion(model(bx), by)  # ok: SG201
        loss.backward()
