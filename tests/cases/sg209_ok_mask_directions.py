import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0
net = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 20))


def main():
    lens = torch.tensor([6, 4, 9])
    ids = pad_sequence([torch.randint(1, 20, (int(n),)) for n in lens], batch_first=True)
    x, y = ids[:, :-1], ids[:, 1:]
    logits = net(x)
    T = y.size(1)
    per = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")  # ok: SG209, SG301

    out = []
    is_pad = y == PAD
    out.append(per[~is_pad].mean())
    out.append((per * (1 - is_pad.float())).sum() / (1 - is_pad.float()).sum())
    out.append(per.masked_fill(is_pad, 0.0).sum() / (~is_pad).sum())

    one_based = torch.arange(1, T + 1)[None, :] <= (lens - 1)[:, None]
    out.append(F.cross_entropy(logits[one_based], y[one_based]))  # ok: SG209, SG201
    last = lens - 2  # index of the last real target
    upto = torch.arange(T)[None, :] <= last[:, None]
    out.append(F.cross_entropy(logits[upto], y[upto]))  # ok: SG209, SG201
    beyond = torch.arange(T)[None, :] >= (lens - 1)[:, None]
    out.append(F.cross_entropy(logits.flatten(0, 1), y.masked_fill(beyond, -100).flatten()))  # ok: SG209, SG201, SG202
    labels = y.clone()
    labels[labels == PAD] = -1
    out.append(F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-1))  # ok: SG209, SG202
    shifted = (ids != PAD)[:, 1:]
    out.append(F.cross_entropy(logits[shifted], y[shifted]))  # ok: SG209, SG201

    # what was masked out on purpose (BERT): only the hidden tokens are scored
    hidden = torch.rand(y.shape) < 0.3
    hidden[:, 0] = True
    mlm = F.cross_entropy(logits[hidden & ~is_pad], y[hidden & ~is_pad])  # ok: SG209
    assert torch.stack(out).std() < 1e-5
    (sum(out) + mlm).backward()


if __name__ == "__main__":
    main()
