import torch
from torch import nn
from torch.utils.data import DataLoader

PAD = 0


def collate(seqs):
    n = max(len(s) for s in seqs)
    batch = torch.tensor([s + [PAD] * (n - len(s)) for s in seqs])
    return batch[:, :-1], batch[:, 1:]


class LM(nn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.v = v
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def main():
    model = LM()
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, reduction="sum")
    opt = torch.optim.Adam(model.parameters())
    data = [[1, 4, 5, 2], [1, 6, 2], [1, 7, 8, 9, 10, 2], [1, 11, 12, 2]]
    for x, y in DataLoader(data, batch_size=2, collate_fn=collate):
        loss = criterion(model(x).reshape(-1, model.v), y.reshape(-1))  # ok: SG301
        loss = loss / y.ne(PAD).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
