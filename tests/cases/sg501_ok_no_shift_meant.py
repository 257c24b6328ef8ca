import torch
import torch.nn as nn
import torch.nn.functional as F

V, MASK = 30, 29


class BiTagger(nn.Module):
    def __init__(self, n_tags, d=16):
        super().__init__()
        self.e, self.r = nn.Embedding(V, d), nn.GRU(d, d, batch_first=True, bidirectional=True)
        self.o = nn.Linear(2 * d, n_tags)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


class Bottleneck(nn.Module):
    """sequence autoencoder: everything passes through one vector"""

    def __init__(self, d=16):
        super().__init__()
        self.e, self.enc, self.dec = nn.Embedding(V, d), nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.o = nn.Linear(d, V)

    def forward(self, x):
        _, h = self.enc(self.e(x))
        z = h[-1].unsqueeze(1).expand(-1, x.size(1), -1)
        return self.o(self.dec(z)[0])


def mask_tokens(ids, p=0.15):
    labels = ids.clone()
    chosen = torch.rand(ids.shape) < p
    chosen[:, 1] = True
    labels[~chosen] = -100
    inputs = ids.clone()
    inputs[chosen] = MASK
    return inputs, labels


if __name__ == "__main__":
    ids = torch.randint(0, MASK, (4, 15))
    tagger = BiTagger(6)
    loss = F.cross_entropy(tagger(ids).transpose(1, 2), torch.randint(0, 6, (4, 15)))  # ok: SG501

    inputs, labels = mask_tokens(ids)
    mlm = BiTagger(V)
    loss = loss + F.cross_entropy(mlm(inputs).view(-1, V), labels.view(-1))  # ok: SG501, SG201, SG202

    auto = Bottleneck()
    loss = loss + F.cross_entropy(auto(ids).transpose(1, 2), ids)  # ok: SG501
    loss.backward()
