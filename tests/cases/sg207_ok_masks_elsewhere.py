import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Pointer(nn.Module):
    """Scores of input positions; padded inputs can never be chosen."""

    def __init__(self, d=12):
        super().__init__()
        self.e = nn.Embedding(20, d)
        self.q = nn.Linear(d, d)

    def forward(self, x):
        h = self.e(x)
        scores = torch.einsum("bd,btd->bt", self.q(h.mean(1)), h)
        return scores.masked_fill(x == 0, -1e9)


class HiddenMasked(nn.Module):
    def __init__(self, d=12):
        super().__init__()
        self.e, self.o = nn.Embedding(20, d), nn.Linear(d, 20)

    def forward(self, x):
        h = self.e(x) * (x != 0).unsqueeze(-1)  # the activations, not the scores
        return self.o(torch.cumsum(h, dim=1))


def allowed_vocabulary(logits, allowed):
    return logits + torch.where(allowed, 0.0, float("-inf"))


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 20, (n,)) for n in (5, 8, 3)], batch_first=True)
    x, y = ids[:, :-1], ids[:, 1:]

    pick = Pointer()(ids)
    loss = F.cross_entropy(pick, torch.tensor([1, 4, 0]))  # ok: SG207, SG101

    logits = HiddenMasked()(x)
    loss = loss + F.cross_entropy(logits.transpose(1, 2), y, ignore_index=0)  # ok: SG207, SG201

    vocab_ok = torch.ones(20, dtype=torch.bool)
    vocab_ok[0] = False
    loss = loss + F.cross_entropy(allowed_vocabulary(logits, vocab_ok).transpose(1, 2), y, ignore_index=0)  # ok: SG207

    # zeroed rows that are dropped right after do no harm
    mask = y != 0
    zeroed = logits * mask.unsqueeze(-1)
    loss = loss + F.cross_entropy(zeroed[mask], y[mask])  # ok: SG207, SG201
    loss = loss + F.cross_entropy(zeroed.flatten(0, 1), y.flatten(), ignore_index=0)  # ok: SG207, SG201

    scaled = logits * torch.tensor(0.5)
    loss = loss + F.cross_entropy(scaled.transpose(1, 2), y, ignore_index=0)  # ok: SG207
    loss.backward()
    print(loss.item())
