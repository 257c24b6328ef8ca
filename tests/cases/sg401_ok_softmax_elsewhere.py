import torch
import torch.nn as nn
import torch.nn.functional as F


class Attentive(nn.Module):
    """softmax inside of the attention, raw scores at the end"""

    def __init__(self, vocab, classes, d=16):
        super().__init__()
        self.e = nn.Embedding(vocab, d)
        self.w = nn.Linear(d, 1)
        self.o = nn.Linear(d, classes)

    def forward(self, x):
        h = self.e(x)
        a = torch.softmax(self.w(h).squeeze(-1), dim=1)
        return self.o(torch.bmm(a.unsqueeze(1), h).squeeze(1))

    def predict(self, x):
        return F.softmax(self(x), dim=-1).argmax(-1)


class EvalSoftmax(Attentive):
    def forward(self, x):
        logits = super().forward(x)
        if not self.training:
            return logits.softmax(-1)
        return logits


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.o = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.o(torch.tanh(self.a(x)) * torch.sigmoid(self.b(x)))


def main():
    x, y = torch.randint(0, 30, (6, 11)), torch.randint(0, 3, (6,))
    net = Attentive(30, 3)
    logits = net(x)
    probs = F.softmax(logits, dim=1)
    print("confidence", probs.max(1).values.mean().item())
    loss = F.cross_entropy(logits, y)  # ok: SG401
    loss = loss + F.nll_loss(torch.log(probs), y)  # ok: SG401, SG402
    loss = loss + nn.CrossEntropyLoss()(EvalSoftmax(30, 3)(x), y)  # ok: SG401
    loss = loss + F.cross_entropy(Gated()(torch.randn(6, 8)), y)  # ok: SG401
    with torch.no_grad():
        soft = net(x).softmax(-1)
    loss = loss + F.cross_entropy(logits, soft)  # ok: SG401, SG105, SG106
    loss = loss + F.binary_cross_entropy(torch.sigmoid(logits), F.one_hot(y, 3).float())
    temperature = 0.7
    loss = loss + F.cross_entropy(logits / temperature, y)  # ok: SG401
    loss.backward()


if __name__ == "__main__":
    main()
