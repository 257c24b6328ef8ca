import torch
import torch.nn as nn
import torch.nn.functional as F

SPECIALS = ["<pad>", "<s>", "</s>"]
words = "a b c d e f g".split()
itos = SPECIALS + words
stoi = {w: i for i, w in enumerate(itos)}
PAD = stoi["<pad>"]

sentences = ["a b c", "d e", "f g a b"]
rows = [[stoi["<s>"]] + [stoi[w] for w in s.split()] + [stoi["</s>"]] for s in sentences]
width = max(map(len, rows))
ids = torch.tensor([r + [PAD] * (width - len(r)) for r in rows])


class Net(nn.Module):
    def __init__(self, n, d=8):
        super().__init__()
        self.e = nn.Embedding(n, d)
        self.r = nn.GRU(d, d, batch_first=True)
        self.o = nn.Linear(d, n)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


class TiedNet(Net):
    def __init__(self, n, d=8):
        super().__init__(n, d)
        self.o.weight = self.e.weight


if __name__ == "__main__":
    for cls in (Net, TiedNet):
        logits = cls(len(itos))(ids[:, :-1])
        loss = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], ignore_index=PAD)  # ok: SG108, SG202, SG501
        loss.backward()

    # one based dictionary, with room for the zero
    index = {w: i + 1 for i, w in enumerate(words)}
    seq = torch.tensor([[index[w] for w in "a b c d e".split()]])
    small = Net(len(words) + 1)
    loss = F.cross_entropy(small(seq[:, :-1]).flatten(0, 1), seq[:, 1:].flatten())  # ok: SG108, SG201
    loss.backward()

    # ratings are shifted to start at zero
    stars = torch.randint(1, 6, (9,))
    F.cross_entropy(nn.Linear(4, 5)(torch.randn(9, 4)), stars - 1).backward()  # ok: SG108
