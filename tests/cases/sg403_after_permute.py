# (batch, classes, time) is what the loss wants, but the softmax was written for (batch, time, classes)
import torch
from torch import nn


class Wave(nn.Module):
    def __init__(self, levels=32, ch=12):
        super().__init__()
        self.emb = nn.Embedding(levels, ch)
        self.conv = nn.Conv1d(ch, ch, 2)
        self.post = nn.Conv1d(ch, levels, 1)
        self.logp = nn.LogSoftmax(dim=-1)

    def forward(self, x):
        h = self.emb(x).transpose(1, 2)
        h = torch.relu(self.conv(nn.functional.pad(h, (1, 0))))
        return self.logp(self.post(h))


if __name__ == "__main__":
    wave = torch.randint(0, 32, (2, 41))
    net = Wave()
    out = net(wave[:, :-1])
    loss = nn.NLLLoss()(out, wave[:, 1:])  # SG403
    loss.backward()
