import torch
from torch import nn

# 9 tags; id 9 marks padding and is never scored
NUM_TAGS, TAG_PAD = 9, 9


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 16)
        self.enc = nn.GRU(16, 16, batch_first=True, bidirectional=True)
        self.out = nn.Linear(32, NUM_TAGS)

    def forward(self, x):
        return self.out(self.enc(self.emb(x))[0])


def pad(rows, value):
    n = max(len(r) for r in rows)
    return torch.tensor([list(r) + [value] * (n - len(r)) for r in rows])


def main():
    words = pad([[3, 4, 5], [6, 7], [8, 9, 10, 11]], 0)
    tags = pad([[0, 1, 2], [8, 0], [0, 0, 3, 4]], TAG_PAD)
    net = Tagger()
    crit = nn.CrossEntropyLoss(ignore_index=TAG_PAD)
    loss = crit(net(words).view(-1, NUM_TAGS), tags.view(-1))  # ok: SG108, SG204, SG202
    keep = tags != TAG_PAD
    loss = loss + nn.functional.cross_entropy(net(words)[keep], tags[keep])  # ok: SG108, SG201

    # the mask id is an input only
    noisy = torch.where(torch.rand(2, 8) < 0.3, 20, torch.randint(0, 20, (2, 8)))
    head = nn.Sequential(nn.Embedding(21, 8), nn.Linear(8, 20))
    clean = torch.randint(0, 20, (2, 8))
    loss = loss + nn.functional.cross_entropy(head(noisy).transpose(1, 2), clean)  # ok: SG108
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
