import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(30, 16, padding_idx=PAD)
        self.g = nn.GRU(16, 16, batch_first=True)
        self.o = nn.Linear(16, 30)

    def forward(self, x):
        return self.o(self.g(self.e(x))[0])


def masked_loss(logits, targets):
    real = targets.ne(PAD)
    return nn.functional.cross_entropy(logits[real], targets[real])  # ok: SG209


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 30, (n,)) for n in (5, 9, 7)], batch_first=True, padding_value=PAD)
    net = Net()
    masked_loss(net(ids[:, :-1]), ids[:, 1:]).backward()
