import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class SequenceCrossEntropy(nn.CrossEntropyLoss):
    """Takes (B, T, V) scores as they come from the decoder."""

    def __init__(self, pad_id=0, **kwargs):
        super().__init__(ignore_index=pad_id, **kwargs)

    def forward(self, scores, gold):
        scores = scores.contiguous().view(-1, scores.size(-1))
        return super().forward(scores, gold.contiguous().view(-1))  # ok: SG101, SG201, SG202


class Summed(SequenceCrossEntropy):
    def __init__(self, pad_id=0):
        super().__init__(pad_id, reduction="sum")

    def forward(self, scores, gold):
        return super().forward(scores, gold) / (gold != self.ignore_index).sum()


class Net(nn.Module):
    def __init__(self, v=17, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 17, (n,)) for n in (5, 9, 3)], batch_first=True)
    logits = Net()(ids[:, :-1])
    a = SequenceCrossEntropy()(logits, ids[:, 1:])
    b = Summed()(logits, ids[:, 1:])
    assert torch.allclose(a, b)
    a.backward()
