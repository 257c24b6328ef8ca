import torch
import torch.nn as nn


class Tagger(nn.Module):
    def __init__(self, words=30, tags=5):
        super().__init__()
        self.e, self.o = nn.Embedding(words, 8), nn.Linear(8, tags)

    def forward(self, x):
        return self.o(self.e(x))


def active(scores, tags, lengths):
    rows, gold = [], []
    for i, n in enumerate(lengths):
        for j in range(n):
            rows.append(scores[i, j])
            gold.append(tags[i, j])
    return torch.stack(rows), torch.stack(gold)


if __name__ == "__main__":
    x, tags, lengths = torch.randint(1, 30, (3, 7)), torch.randint(0, 5, (3, 7)), [7, 3, 5]
    net = Tagger()
    rows, gold = active(net(x), tags, lengths)
    loss = nn.CrossEntropyLoss()(rows, gold)  # SG601
    loss.backward()
