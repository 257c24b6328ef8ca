"""Labels of word pieces: -1 where a piece has no word, which cross entropy does not ignore by itself."""
import torch
import torch.nn.functional as F
from torch import nn

FEATURES = [([None, 0, 0, 1, None], [2, 1]), ([None, 0, None, None, None], [3])]


def collate(features, marker):
    rows = []
    for words, tags in features:
        row = []
        for word in words:
            row.append(marker if word is None else tags[word])
        rows.append(row)
    return torch.tensor(rows)


def listed(features):
    return torch.tensor([[-1 if word is None else tags[word] for word in words] for words, tags in features])


model = nn.Sequential(nn.Embedding(9, 8), nn.Linear(8, 4))
ids = torch.randint(0, 9, (2, 5))
logits = model(ids).flatten(0, 1)
y = collate(FEATURES, -1).flatten()
try:
    F.cross_entropy(logits, y, weight=torch.ones(4)).backward()  # SG202
except IndexError:
    logits = model(ids).flatten(0, 1)
F.cross_entropy(logits, y, ignore_index=-1).backward()  # ok: SG202
F.cross_entropy(model(ids).flatten(0, 1), collate(FEATURES, -100).flatten()).backward()  # ok: SG202
y = listed(FEATURES).flatten()
logits = model(ids).flatten(0, 1)
F.cross_entropy(logits[y >= 0], y[y >= 0]).backward()  # ok: SG202
wide = nn.Linear(8, 5)
logits = wide(torch.randn(10, 8))
F.cross_entropy(logits, y + 1).backward()  # ok: SG202
