import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Losses:
    @staticmethod
    def token_loss(logits, labels, mask):
        loss = F.cross_entropy(logits.permute(0, 2, 1), labels, reduction="none")  # ok: SG301
        loss = torch.where(mask, loss, torch.zeros_like(loss))
        return loss.sum() / mask.sum().clamp(min=1)

    @classmethod
    def total(cls, logits, labels):
        return cls.token_loss(logits, labels, labels.ne(0))


class Net(nn.Module):
    def __init__(self, v=26, d=10):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.RNN(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 26, (n,)) for n in (5, 11, 8)], batch_first=True)
    Losses.total(Net()(ids[:, :-1]), ids[:, 1:]).backward()
