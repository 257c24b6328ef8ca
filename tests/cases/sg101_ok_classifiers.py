import torch
import torch.nn as nn
import torch.nn.functional as F


class SentimentLSTM(nn.Module):
    """Many to one: only the last hidden state is classified."""

    def __init__(self, vocab, classes=3):
        super().__init__()
        self.e = nn.Embedding(vocab, 16)
        self.l = nn.LSTM(16, 20, batch_first=True)
        self.c = nn.Linear(20, classes)

    def forward(self, x):
        _, (h, _) = self.l(self.e(x))
        return self.c(h[-1])


class MeanPool(SentimentLSTM):
    def forward(self, x):
        out, _ = self.l(self.e(x))
        return self.c(out.mean(dim=1))


class LastStep(SentimentLSTM):
    def forward(self, x):
        out, _ = self.l(self.e(x))
        return self.c(out[:, -1])


def fit(model, xs, ys):
    opt = torch.optim.Adam(model.parameters())
    logits = model(xs)
    loss = F.cross_entropy(logits, ys)  # ok: SG101, SG102
    opt.zero_grad()
    loss.backward()
    opt.step()
    return (logits.argmax(1) == ys).float().mean()


if __name__ == "__main__":
    xs, ys = torch.randint(1, 60, (6, 13)), torch.randint(0, 3, (6,))
    for cls in (SentimentLSTM, MeanPool, LastStep):
        print(cls.__name__, fit(cls(60), xs, ys).item())
