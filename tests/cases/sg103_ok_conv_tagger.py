import torch
import torch.nn as nn


class DilatedCNN(nn.Module):
    """Iterated dilated convolutions give (batch, tags, time) without any transpose at the end."""

    def __init__(self, vocab, tags, ch=20):
        super().__init__()
        self.emb = nn.Embedding(vocab, ch)
        self.convs = nn.ModuleList(nn.Conv1d(ch, ch, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.last = nn.Conv1d(ch, tags, 1)

    def forward(self, x):
        h = self.emb(x).permute(0, 2, 1)
        for conv in self.convs:
            h = torch.relu(conv(h))
        return self.last(h)


if __name__ == "__main__":
    net = DilatedCNN(90, 7)
    x = torch.randint(0, 90, (4, 21))
    y = torch.randint(0, 7, (4, 21))
    crit = nn.CrossEntropyLoss()
    scores = net(x)
    loss = crit(scores, y)  # ok: SG103, SG101
    flat = scores.transpose(1, 2).reshape(-1, 7)
    loss2 = crit(flat, y.flatten())  # ok: SG103, SG104
    assert torch.allclose(loss, loss2)
    loss.backward()
