import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def batch():
    ids = pad_sequence([torch.randint(1, 20, (n,)) for n in (6, 3, 5)], batch_first=True)
    return ids[:, :-1], ids[:, 1:]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)
        self.aux = nn.Linear(8, 3)

    def forward(self, x):
        h, _ = self.r(self.e(x))
        return self.o(h), self.aux(h[:, -1])


def unreduced(logits, y, mask):
    loss = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG206, SG301
    loss = loss * mask
    return loss.sum() / mask.sum()


def weighted_terms(logits, aux, y, kind, lam=0.3):
    main = F.cross_entropy(logits.transpose(1, 2), y, ignore_index=0)  # ok: SG206, SG201
    side = F.cross_entropy(aux, kind) * lam  # ok: SG206
    return main * (1 - lam) + side


def per_row(logits, y, mask, weights):
    # a weight for every sentence, such as an inverse propensity
    loss = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG206, SG301
    row = (loss * mask).sum(1) / mask.sum(1)
    return (row * weights).sum() / weights.sum()


def curriculum(logits, y, step, warmup=100):
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0) * min(1.0, step / warmup)  # ok: SG206


def gated(loss_fn, logits, aux, y, kind):
    use_aux = torch.tensor(float(kind.max() > 0))  # 0 or 1 for the whole batch
    return loss_fn(logits.flatten(0, 1), y.flatten()) + use_aux * F.cross_entropy(aux, kind)  # ok: SG206


if __name__ == "__main__":
    net = Net()
    x, y = batch()
    logits, aux = net(x)
    mask, kind = (y != 0).float(), torch.randint(0, 3, (3,))
    total = unreduced(logits, y, mask) + weighted_terms(logits, aux, y, kind) + per_row(logits, y, mask, torch.rand(3))
    total = total + curriculum(logits, y, 10) + gated(nn.CrossEntropyLoss(ignore_index=0), logits, aux, y, kind)
    total.backward()
