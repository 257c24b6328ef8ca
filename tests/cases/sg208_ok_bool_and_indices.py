import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

V = 6
net = nn.Sequential(nn.Embedding(30, 10), nn.Linear(10, V))


def main():
    x = pad_sequence([torch.randint(1, 30, (n,)) for n in (7, 3, 5)], batch_first=True)
    y = pad_sequence([torch.randint(0, V, (n,)) for n in (7, 3, 5)], batch_first=True)
    attention_mask = (x != 0).long()
    flat, gold, logits = net(x).view(-1, V), y.view(-1), net(x)

    keep = attention_mask.view(-1) == 1
    a = F.cross_entropy(flat[keep], gold[keep])  # ok: SG208, SG201, SG102
    keep = attention_mask.bool()
    b = F.cross_entropy(logits[keep], y[keep])  # ok: SG208, SG201
    idx = attention_mask.view(-1).nonzero(as_tuple=True)[0]
    c = F.cross_entropy(flat[idx], gold[idx])  # ok: SG208, SG201, SG102
    idx = torch.nonzero(attention_mask.flatten()).squeeze(1)
    d = F.cross_entropy(flat.index_select(0, idx), gold.index_select(0, idx))  # ok: SG208, SG201
    rows, cols = torch.where(attention_mask > 0)
    e = F.cross_entropy(logits[rows, cols], y[rows, cols])  # ok: SG208, SG201
    m = attention_mask.float()
    per = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG208, SG301
    f = (per * m).sum() / m.sum()
    losses = torch.stack([a, b, c, d, e, f])
    assert losses.std() < 1e-5
    losses.mean().backward()


if __name__ == "__main__":
    main()
