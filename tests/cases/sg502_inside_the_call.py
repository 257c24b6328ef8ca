import torch
from torch import nn


class CharModel(nn.Module):
    def __init__(self, n, d=20):
        super().__init__()
        self.n = n
        self.emb = nn.Embedding(n, d)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.fc = nn.Linear(d, n)
        self.loss = nn.CrossEntropyLoss()

    def training_loss(self, batch):
        scores = self.fc(self.lstm(self.emb(batch))[0])
        return self.loss(scores.view(-1, self.n)[:-1, :], batch.view(-1)[1:])  # SG502


if __name__ == "__main__":
    m = CharModel(30)
    m.training_loss(torch.randint(0, 30, (6, 25))).backward()
