import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Trainer:
    def __init__(self, model, pad=0):
        self.model = model
        self.pad = pad
        self.criterion = nn.CrossEntropyLoss(reduction="none")
        self.opt = torch.optim.SGD(model.parameters(), lr=0.1)

    def token_losses(self, batch):
        logits = self.model(batch[:, :-1])
        return self.criterion(logits.transpose(1, 2), batch[:, 1:])  # ok: SG301

    def masked(self, batch):
        return self.token_losses(batch) * (batch[:, 1:] != self.pad)

    def step(self, batch):
        loss = self.masked(batch).sum() / (batch[:, 1:] != self.pad).sum()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


class Net(nn.Module):
    def __init__(self, v=24, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.LSTM(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


if __name__ == "__main__":
    batch = pad_sequence([torch.randint(1, 24, (n,)) for n in (5, 10, 7)], batch_first=True)
    print(Trainer(Net()).step(batch))
