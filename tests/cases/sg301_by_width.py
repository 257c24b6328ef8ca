import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Net(nn.Module):
    def __init__(self, v=21, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def masked_loss(model, ids):
    targets = ids[:, 1:]
    logits = model(ids[:, :-1])
    B, T, V = logits.shape
    nll = F.cross_entropy(logits.reshape(B * T, V), targets.reshape(B * T), reduction="none").view(B, T)  # SG301
    mask = targets.ne(0)
    return (nll * mask).sum() / (B * T)


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 21, (n,)) for n in (4, 8, 6)], batch_first=True)
    masked_loss(Net(), ids).backward()
