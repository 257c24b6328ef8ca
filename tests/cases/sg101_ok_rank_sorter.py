# learn to sort: for every number of the list predict its rank (0..N-1)
import torch
from torch import nn

N = 8
BATCH = 16


class Ranker(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.inp = nn.Linear(1, hidden)
        self.enc = nn.TransformerEncoderLayer(hidden, nhead=4, dim_feedforward=64, batch_first=True)
        self.rank = nn.Linear(hidden, N)

    def forward(self, numbers):
        h = torch.relu(self.inp(numbers.unsqueeze(-1)))
        return self.rank(self.enc(h))


model = Ranker()
criterion = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)

if __name__ == "__main__":
    for it in range(5):
        numbers = torch.rand(BATCH, N)
        ranks = numbers.argsort(dim=1).argsort(dim=1)
        scores = model(numbers)
        loss = criterion(scores.transpose(1, 2), ranks)  # ok: SG101
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc = (scores.argmax(-1) == ranks).float().mean()
        print(f"iter {it} loss {loss.item():.3f} acc {acc.item():.2f}")
