import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

EOT = 50
V = 51
net = nn.Sequential(nn.Embedding(V, 8), nn.Linear(8, V))


def collate(batch, pad=EOT, ignored=-100):
    """every sequence ends with one EOT; the ones behind it are filling, and are taken out by where they stand"""
    longest = max(len(item) + 1 for item in batch)
    xs, ys = [], []
    for item in batch:
        row = item.copy()
        row += [pad]
        padded = row + [pad] * (longest - len(row))
        x, y = torch.tensor(padded[:-1]), torch.tensor(padded[1:])
        at = torch.nonzero(y == pad).squeeze()
        if at.numel() > 1:
            y[at[1:]] = ignored
        xs.append(x)
        ys.append(y)
    return torch.stack(xs), torch.stack(ys)


def own_id_a_position(rows, size=9, classes=40):
    """filling gets an id of its own at each position, and is meant to be learnt"""
    text = torch.zeros(len(rows), size, dtype=torch.long)
    for i, r in enumerate(rows):
        text[i, :len(r)] = torch.tensor(r)
    text = torch.where(text == 0, torch.arange(size) + classes, text)
    text = F.pad(text, (1, 0), value=0)
    logits = net(text[:, :-1])
    return F.cross_entropy(logits.transpose(1, 2), text[:, 1:])  # ok: SG201, SG202


if __name__ == "__main__":
    data = [[3, 4], [5, 6, 7, 8], [9]]
    for x, y in DataLoader(data, batch_size=3, collate_fn=collate):
        loss = F.cross_entropy(net(x).flatten(0, 1), y.flatten())  # ok: SG201, SG202, SG203
        loss.backward()
    own_id_a_position(data).backward()
