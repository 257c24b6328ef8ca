import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD = 0


class Tagger(nn.Module):
    def __init__(self, words=40, tags=6):
        super().__init__()
        self.tags = tags
        self.e, self.r, self.o = nn.Embedding(words, 12), nn.GRU(12, 12, batch_first=True), nn.Linear(12, tags)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def collate(batch):
    w, t = zip(*batch)
    return (pad_sequence([torch.tensor(a) for a in w], batch_first=True, padding_value=PAD),
            pad_sequence([torch.tensor(a) for a in t], batch_first=True, padding_value=-100))


def test(model, loader):
    crit = nn.CrossEntropyLoss()
    total, seen = 0.0, 0
    for w, t in loader:
        with torch.no_grad():
            loss = crit(model(w).view(-1, model.tags), t.view(-1))  # SG303
        total += loss.item() * w.size(0)
        seen += w.size(0)
    return total / seen


if __name__ == "__main__":
    data = [([3, 4], [0, 1]), ([5], [2]), ([6, 7, 8, 9, 10], [1, 1, 0, 3, 5])]
    print(test(Tagger(), DataLoader(data, batch_size=2, collate_fn=collate)))
