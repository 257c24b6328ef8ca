import torch
import torch.nn as nn
import torch.nn.functional as F


class ProjectionLayer(nn.Module):
    def __init__(self, d_model, vocab_size):
        super().__init__()
        self.proj = nn.Linear(d_model, vocab_size)

    def forward(self, x):
        # (batch, seq_len, d_model) -> (batch, seq_len, vocab_size)
        return torch.log_softmax(self.proj(x), dim=-1)


class LM(nn.Module):
    def __init__(self, vocab_size=30, d_model=16):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)
        self.projection_layer = ProjectionLayer(d_model, vocab_size)

    def forward(self, x):
        return self.projection_layer(self.rnn(self.embed(x))[0])


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.o, self.s = nn.Embedding(30, 8), nn.Linear(8, 4), nn.LogSoftmax(dim=2)

    def forward(self, x):
        return self.s(self.o(self.e(x)))


if __name__ == "__main__":
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    ids = torch.randint(0, 30, (4, 13))
    loss = loss_fn(LM()(ids[:, :-1]).reshape(-1, 30), ids[:, 1:].reshape(-1))  # SG404
    tags = torch.randint(0, 4, (4, 13))
    loss = loss + F.cross_entropy(Tagger()(ids).transpose(1, 2), tags)  # SG404
    net = nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(dim=1))
    x, y = torch.randn(6, 5), torch.randint(0, 3, (6,))
    loss = loss + nn.CrossEntropyLoss()(net(x), y)  # SG404
    h = torch.zeros(6, 8)
    cell, head = nn.GRUCell(5, 8), nn.Linear(8, 3)
    for _ in range(3):
        h = cell(x, h)
        loss = loss + F.cross_entropy(F.log_softmax(head(h), dim=1), y)  # SG404
    loss.backward()
